"""The back end of `cinder_backend.py` with replication by datamotion. Runs in an environment that has Cinder installed.

    python datamotion_cinder_backend.py FOLDER-OF-THE-DISTRIBUTION native|eventlet cinder.conf BACKEND [ACTIVE]

`ACTIVE` is the back end that it was failed over to when the service was started. What Cinder's NFS and block drivers do
after a failover is done here as they do it.
"""

from __future__ import annotations

import sys

sys.path.append(sys.argv[1])
if sys.argv[2] == "eventlet":
    import eventlet  # type: ignore[import-not-found]

    eventlet.monkey_patch()

from typing import Any  # what follows is imported as the service does it, patched or not

import cinder_backend  # type: ignore[import-not-found]
from calls import answer  # type: ignore[import-not-found]
from cinder import coordination, objects
from oslo_config import cfg

objects.register_all()

from datamotion_cinder.mixin import Replication  # noqa: E402


class Backend(Replication, cinder_backend.Backend):  # type: ignore[misc]
    """The driver of one node."""

    def housekeeping(self) -> None:
        """What a driver does every ten minutes."""
        if self.failed_over:
            self._see_to_what_was_overtaken()
        else:
            self.ensure_snapmirrors(self.configuration, self.backend_name, self.ssc_library.get_ssc_flexvol_names())

    def failover_host(self, volumes: list[dict[str, str]], target: str | None) -> Any:
        active, updates, groups = self._failover(None, volumes, target, None)
        self._failover_completed(None, active)
        return active, updates, groups


def main() -> None:
    configuration, name, *active = sys.argv[3:]
    cfg.CONF(["--config-file", configuration], project="cinder")
    coordination.COORDINATOR.start()
    answer(lambda: Backend(name, *active))


if __name__ == "__main__":
    main()
