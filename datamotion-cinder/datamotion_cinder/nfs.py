"""The NFS driver, with replication by datamotion."""

from __future__ import annotations

from typing import Any

from cinder import interface
from cinder.volume.drivers.netapp.dataontap.nfs_cmode import NetAppCmodeNfsDriver

from datamotion_cinder.mixin import Replication, section_of


@interface.volumedriver
class NfsDriver(Replication, NetAppCmodeNfsDriver):  # type: ignore[misc]
    """Cinder's, but for what mirrors its pools, fails them over and back."""

    def do_setup(self, context: Any) -> None:
        """As Cinder's, also where it starts with a client for a target. Raises: as that.

        It reads an option of the home's section (`netapp_performance_cache_expiry_duration`) that is known only once a
        client was made for the home. Cinder's own makes one to look for mirrors of others there; nothing of ours does.
        """
        section_of(self.backend_name)
        super().do_setup(context)
