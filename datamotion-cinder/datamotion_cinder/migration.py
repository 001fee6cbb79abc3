"""What Cinder's drivers do to bring a volume to another SVM of its cluster, done by datamotion."""

from __future__ import annotations

from collections.abc import Sequence

from cinder.volume.drivers.netapp import utils as netapp_utils
from oslo_log import log

from datamotion_cinder.bridge import DONE, NotToBeBridged

LOG = log.getLogger(__name__)


class Migration:
    """What is to go where, and what becomes of the old one, is decided by Cinder's own driver or library."""

    def create_vserver_peer(
        self, src_vserver: str, src_backend_name: str, dest_vserver: str, peer_applications: Sequence[str]
    ) -> None:
        """Nothing is done yet: `_brought` makes peers of the SVMs, or adds what they are to be peers for."""

    def _brought(self, name: str, pool: str, to_backend: str, to_pool: str) -> None:
        """A LUN or file of the home is at that pool as well, whole; it is where it was until Cinder deletes it there.

        Where that fails nothing of it stays. It is refused where the home does not serve. Waits for nothing else
        that is done for the back end, nor keeps it waiting. Raises: NetAppDriverException.
        """
        path, to = f"{pool}/{name}", f"{to_backend}:{to_pool}"
        if self.failed_over:  # type: ignore[attr-defined]
            elsewhere = self.failed_over_backend_name  # type: ignore[attr-defined]
            why = f"{self.backend_name} is failed over to {elsewhere}; a host can copy it"  # type: ignore[attr-defined]
            raise netapp_utils.NetAppDriverException(f"{path} was not copied to {to}: {why}")
        try:
            longest_s = self._option("netapp_migrate_volume_timeout")  # type: ignore[attr-defined]
            bridge = self._bridge()  # type: ignore[attr-defined]
            answer = bridge.migrate(path, to, ["--keep-source"], longest_s)
            if answer.status != DONE:
                undone = bridge.migrate(path, to, ["--keep-source", "--abort"], longest_s)
                if undone.status != DONE:
                    LOG.warning("datamotion migrate %s --to %s --abort: %s", path, to, undone.why)
        except (NotToBeBridged, OSError) as error:
            raise netapp_utils.NetAppDriverException(f"{path} was not copied to {to}: {error}") from error
        if answer.status != DONE:
            raise netapp_utils.NetAppDriverException(f"{path} was not copied to {to}: {answer.why}")
