"""The iSCSI and FC drivers, with replication by datamotion: there it is the business of a library that they have."""

from __future__ import annotations

from typing import Any

from cinder import interface
from cinder.volume.drivers.netapp.dataontap.block_cmode import NetAppBlockStorageCmodeLibrary
from cinder.volume.drivers.netapp.dataontap.fc_cmode import NetAppCmodeFibreChannelDriver
from cinder.volume.drivers.netapp.dataontap.iscsi_cmode import NetAppCmodeISCSIDriver

from datamotion_cinder.mixin import Replication


class BlockLibrary(Replication, NetAppBlockStorageCmodeLibrary):  # type: ignore[misc]
    """Cinder's, but for what mirrors its pools, fails them over and back."""


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
