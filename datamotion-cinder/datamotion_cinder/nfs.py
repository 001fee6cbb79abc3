"""The NFS driver, with replication by datamotion."""

from __future__ import annotations

from cinder import interface
from cinder.volume.drivers.netapp.dataontap.nfs_cmode import NetAppCmodeNfsDriver

from datamotion_cinder.mixin import Replication


@interface.volumedriver
class NfsDriver(Replication, NetAppCmodeNfsDriver):  # type: ignore[misc]
    """Cinder's, but for what mirrors its pools, fails them over and back."""
