"""A replicated back end of OpenStack Cinder, driven line by line. Runs in an environment that has Cinder installed.

    python cinder_backend.py cinder.conf BACKEND

Everything that talks to a cluster is Cinder's: its REST client, its storage service catalogue and its data-motion
mixin. What is here is what its NFS and iSCSI drivers put around the mixin, without the host that they need.

Calls come as `calls.py` beside this file tells.
"""

from __future__ import annotations

import sys
from typing import Any

from calls import answer  # type: ignore[import-not-found]
from cinder.volume.drivers.netapp.dataontap.utils import utils as backends
from cinder.volume.drivers.netapp.dataontap.utils.capabilities import (
    CapabilitiesLibrary,
)
from cinder.volume.drivers.netapp.dataontap.utils.data_motion import (
    DataMotionMixin,
)
from oslo_config import cfg

_PROTOCOL = "nfs"


class Backend(DataMotionMixin):  # type: ignore[misc]
    """The attributes that the mixin expects of a driver, and calls to what the driver would call."""

    def __init__(self, name: str, active: str | None = None) -> None:
        """`active` is where it had failed over to when the service was started."""
        self.backend_name = name
        self.host = f"host@{name}"
        self.failed_over = active is not None
        self.failed_over_backend_name = active
        self.configuration = backends.get_backend_configuration(name)
        self.zapi_client = backends.get_client_for_backend(active or name)
        self.ssc_library = CapabilitiesLibrary(
            _PROTOCOL, self.zapi_client.vserver, self.zapi_client, self.configuration
        )
        self.ssc_library.check_api_permissions()
        self._update_zapi_client(active or name)

    def _update_zapi_client(self, backend_name: str) -> None:
        """From now on the driver speaks with that back end; the mixin calls this after a failover."""
        self.zapi_client = backends.get_client_for_backend(backend_name)
        self.vserver = self.zapi_client.vserver
        pools = {name: {"pool_name": name} for name in self.zapi_client.list_flexvols()}
        self.ssc_library._update_for_failover(self.zapi_client, pools)

    def setup(self) -> None:
        """What a driver does at its start: look for mirrors of others, then see to its own."""
        names = self.ssc_library.get_ssc_flexvol_names()
        self.validate_no_conflicting_snapmirrors(self.configuration, self.backend_name, names)
        self.ensure_snapmirrors(self.configuration, self.backend_name, names)

    def stats(self) -> dict[str, Any]:
        """What the scheduler is told: of the back end, and of each of its pools."""
        pools = {}
        for name, catalogue in self.ssc_library.get_ssc().items():
            capacity = self.zapi_client.get_flexvol_capacity(flexvol_name=name)
            pools[name] = {
                **catalogue,
                **capacity,
                "aggregate": self.zapi_client.get_aggregate_capacities([catalogue["netapp_aggregate"]]),
                "dedupe_percent": self.zapi_client.get_flexvol_dedupe_used_percent(name),
                "node": self.zapi_client.get_node_for_aggregate(catalogue["netapp_aggregate"]),
            }
        return {"pools": pools, **self.get_replication_backend_stats(self.configuration)}

    def mirrors(self, target: str) -> list[dict[str, Any]]:
        """The relationships that end at that target."""
        found: list[dict[str, Any]] = self.get_snapmirrors(self.backend_name, target)
        return found

    def update(self) -> None:
        self.update_snapmirrors(self.configuration, self.backend_name, self.ssc_library.get_ssc_flexvol_names())

    def break_all(self, target: str) -> list[str]:
        """As in a failover to that target. Returns what could not be broken off there."""
        names = self.ssc_library.get_ssc_flexvol_names()
        failed: list[str] = self.break_snapmirrors(self.configuration, self.backend_name, names, target)
        return failed

    def choose(self, *targets: str) -> str | None:
        names = self.ssc_library.get_ssc_flexvol_names()
        chosen: str | None = self._choose_failover_target(self.backend_name, names, list(targets))
        return chosen

    def peer(self, backend: str, svm: str, applications: list[str]) -> None:
        """The SVM of this back end and another one are peers, as before a volume is migrated."""
        self.create_vserver_peer(self.vserver, backend, svm, applications)

    def peers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.zapi_client.get_vserver_peers(self.vserver)
        return found

    def failover(self, volumes: list[dict[str, str]], target: str | None) -> Any:
        return self._failover_host(volumes, secondary_id=target)

    def speaks_with(self) -> list[Any]:
        """The SVM that the driver uses now, whether it failed over, and where to."""
        return [self.vserver, self.failed_over, self.failed_over_backend_name]


def main() -> None:
    configuration, name = sys.argv[1:]
    cfg.CONF(["--config-file", configuration], project="cinder")
    answer(lambda: Backend(name))


if __name__ == "__main__":
    main()
