"""The iSCSI and FC drivers, with replication by datamotion: there it is the business of a library that they have."""

from __future__ import annotations

from typing import Any

from cinder import interface
from cinder.volume.drivers.netapp.dataontap.block_cmode import NetAppBlockStorageCmodeLibrary
from cinder.volume.drivers.netapp.dataontap.fc_cmode import NetAppCmodeFibreChannelDriver
from cinder.volume.drivers.netapp.dataontap.iscsi_cmode import NetAppCmodeISCSIDriver

from datamotion_cinder.mixin import Replication


class BlockLibrary(Replication, NetAppBlockStorageCmodeLibrary):  # type: ignore[misc]
    """Cinder's, but for what mirrors its pools, fails them over and back, and copies volumes to other back ends."""

    def _copy_lun(
        self,
        volume: Any,
        src_ontap_volume: str,
        src_vserver: str,
        dest_ontap_volume: str,
        dest_vserver: str,
        dest_lun_name: str | None = None,
        dest_backend_name: str | None = None,
        cancel_on_error: bool = False,
    ) -> None:
        """To another SVM, which is all that Cinder asks for: its own names no SVM for the source.

        Raises: NetAppDriverException.
        """
        self._brought(volume.name, src_ontap_volume, dest_backend_name or self.backend_name, dest_ontap_volume)


@interface.volumedriver
class IscsiDriver(NetAppCmodeISCSIDriver):  # type: ignore[misc]
    """Cinder's, with that library."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.library = BlockLibrary(self.DRIVER_NAME, "iSCSI", **kwargs)


@interface.volumedriver
class FibreChannelDriver(NetAppCmodeFibreChannelDriver):  # type: ignore[misc]
    """Cinder's, with that library."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.library = BlockLibrary(self.DRIVER_NAME, "FC", **kwargs)
