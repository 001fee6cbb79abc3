"""The NFS driver, with replication by datamotion."""

from __future__ import annotations

from typing import Any

from cinder import interface
from cinder.volume.drivers.netapp.dataontap.nfs_cmode import NetAppCmodeNfsDriver

from datamotion_cinder.mixin import Replication, section_of


@interface.volumedriver
class NfsDriver(Replication, NetAppCmodeNfsDriver):  # type: ignore[misc]
    """Cinder's, but for what mirrors its pools, fails them over and back, and copies volumes to other back ends."""

    def do_setup(self, context: Any) -> None:
        """As Cinder's, also where it starts with a client for a target. Raises: as that.

        It reads an option of the home's section (`netapp_performance_cache_expiry_duration`) that is known only once a
        client was made for the home. Cinder's own makes one to look for mirrors of others there; nothing of ours does.
        """
        section_of(self.backend_name)
        super().do_setup(context)

    def _copy_file(
        self,
        file_name: str,
        volume_id: str,
        src_ontap_volume: str,
        src_vserver: str,
        dest_ontap_volume: str,
        dest_vserver: str,
        dest_file_name: str | None = None,
        dest_backend_name: str | None = None,
        cancel_on_error: bool = False,
    ) -> None:
        """To another SVM: Cinder's looks for the other volume at its own. Raises: NetAppDriverException."""
        if dest_vserver != src_vserver and dest_backend_name and dest_file_name is None:
            self._brought(file_name, src_ontap_volume, dest_backend_name, dest_ontap_volume)
            return
        super()._copy_file(
            file_name,
            volume_id,
            src_ontap_volume,
            src_vserver,
            dest_ontap_volume,
            dest_vserver,
            dest_file_name=dest_file_name,
            dest_backend_name=dest_backend_name,
            cancel_on_error=cancel_on_error,
        )
