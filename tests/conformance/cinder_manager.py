"""The volume service of OpenStack Cinder for one back end, driven line by line. Runs in an environment that has Cinder.

    python cinder_manager.py FOLDER-OF-THE-DISTRIBUTION native|eventlet cinder.conf BACKEND

Everything is Cinder's: the service with its manager, the driver that the configuration names, its loops, its database
and its messages, which stay within this process. What a person asks for goes in where the API does it. Calls come as
`calls.py` beside this file tells.
"""

from __future__ import annotations

from cinder_mode import IS_PATCHED  # type: ignore[import-not-found]

# isort: split
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from calls import answer  # type: ignore[import-not-found]
from cinder import context, objects
from cinder import service as services
from cinder.cmd import volume as _  # noqa: F401  # `cluster` is known from here on
from cinder.common import config, constants  # noqa: F401  # all of Cinder's options are known from here on
from cinder.volume import api
from eventlet.greenio import GreenPipe  # type: ignore[import-not-found]
from oslo_config import cfg
from oslo_log import log

BINARY = constants.VOLUME_BINARY
_LONGEST_S = 600.0


class Node:
    """One node's cinder-volume."""

    def __init__(self, backend: str) -> None:
        self._context = context.get_admin_context()
        self._context.user_id = self._context.project_id = "operator"
        self._host = f"{cfg.CONF.host}@{backend}"
        self._cluster = f"{cfg.CONF.cluster}@{backend}" if cfg.CONF.cluster else None
        self._service = services.Service.create(
            host=self._host,
            service_name=backend,
            binary=BINARY,
            coordination=True,
            report_interval=10,
            cluster=self._cluster,
        )
        self._service.start()

    @property
    def _manager(self) -> Any:
        return self._service.manager

    def is_working(self) -> bool:
        """Whether the driver came up."""
        return bool(self._manager.is_working())

    def row(self) -> dict[str, Any]:
        """What the database says of the service."""
        row = objects.Service.get_by_args(self._context, self._host, BINARY)
        return {
            "replication_status": row.replication_status,
            "active_backend_id": row.active_backend_id or None,
            "disabled": row.disabled,
            "disabled_reason": row.disabled_reason or None,
        }

    def volumes(self) -> dict[str, dict[str, Any]]:
        """What the database says of each volume, by its name."""
        rows = objects.VolumeList.get_all(self._context)
        return {
            row.display_name: {
                "status": row.status,
                "replication_status": row.replication_status,
                "migration": row.migration_status,
                "backend": row.host.partition("@")[2].partition("#")[0],
                "pool": row.host.partition("#")[2],
                "location": row.provider_location,
                "file": row.name,
            }
            for row in rows
        }

    def create(self, name: str, pool: str) -> None:
        """As the scheduler asks for one, with that pool chosen."""
        volume = objects.Volume(
            self._context,
            display_name=name,
            host=f"{self._host}#{pool}",
            size=1,
            status="creating",
            attach_status="detached",
            availability_zone="nova",
            cluster_name=self._cluster and f"{self._cluster}#{pool}",
            user_id="operator",
            project_id="operator",
            volume_type_id=objects.VolumeType.get_by_name_or_id(self._context, "__DEFAULT__").id,
        )
        volume.create()
        self._manager.create_volume(self._context, volume, allow_reschedule=False)

    def migrate(self, name: str, backend: str, pool: str) -> None:
        """As the scheduler has the service do it, to a pool of another back end, whose service runs as well."""
        host, there = self._pool(backend, pool)
        objects.Service(self._context, host=host, binary=BINARY, topic=BINARY, availability_zone="nova").create()
        self._manager.migrate_volume(self._context, self._volume(name), there)

    def offer(self, name: str, backend: str, pool: str) -> Any:
        """Whether the driver migrates that volume there, and what it says of it then; else a host of Cinder's does."""
        return self._manager.driver.migrate_volume(self._context, self._volume(name), self._pool(backend, pool)[1])

    def _pool(self, backend: str, pool: str) -> tuple[str, dict[str, str]]:
        host = f"{cfg.CONF.host}@{backend}"
        return host, {"host": f"{host}#{pool}"}

    def _volume(self, name: str) -> Any:
        return next(each for each in objects.VolumeList.get_all(self._context) if each.display_name == name)

    def pools(self) -> list[str]:
        """What the scheduler is told of."""
        stats = self._manager.driver.get_volume_stats(refresh=True)
        return sorted(each["pool_name"] for each in stats["pools"])

    def housekeeping(self) -> None:
        """What the driver does every ten minutes."""
        driver = self._manager.driver
        getattr(driver, "library", driver)._handle_housekeeping_tasks()

    def failover(self, target: str | None) -> dict[str, Any]:
        """`cinder failover-host`, and what the service's row says once that is over."""
        api.API().failover(self._context, self._host, self._cluster, target)
        _eventually(lambda: self.row()["replication_status"] != "failing-over")
        return self.row()

    def carry_over(self, target: str | None) -> dict[str, Any]:
        """What the message to one node of several has it do. The API sends no second one while it goes on."""
        before = self.row()
        self._manager.failover(self._context, target)
        _eventually(lambda: self.row() != before)  # it tells all nodes, itself among them, by a message
        return self.row()

    def hear(self, row: dict[str, Any]) -> dict[str, Any]:
        """What another node of several tells this one by a message, once it has failed over: what its row says."""
        self._manager.failover_completed(self._context, row)
        return self.row()


def _eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {_LONGEST_S} s")
        time.sleep(0.02)


def _lines() -> Iterable[str]:
    """Standard input. Patched, reading it must not keep Cinder's loops from running."""
    return GreenPipe(sys.stdin.fileno(), "r") if IS_PATCHED else sys.stdin


def main() -> None:
    configuration, backend = sys.argv[3:]
    cfg.CONF(["--config-file", configuration], project="cinder")
    log.setup(cfg.CONF, "cinder")
    try:
        answer(lambda: Node(backend), _lines())
    except Exception:  # noqa: BLE001  # it is told in the log
        log.getLogger(__name__).exception("It ended.")
    finally:
        os._exit(0)  # as when it is killed: Cinder's loops and messages are in the middle of something


if __name__ == "__main__":
    main()
