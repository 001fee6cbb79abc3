"""What tests of the doors share: exports, and what a host is refused."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from ontaplab.doors.errors import DoorError
from ontaplab.doors.nfs import NfsClient
from tests.ontaplab.resources.labs import Asker

HOST = "192.0.2.50"
ALL: Mapping[str, Any] = {"clients": [{"match": "0.0.0.0/0"}], "ro_rule": ["any"], "rw_rule": ["any"]}
HOUR = timedelta(hours=1)


def host(at: Asker, address: str = HOST) -> NfsClient:
    """An NFS host of that cluster."""
    return at.doors.nfs(address)


async def policy(at: Asker, name: str, *rules: Mapping[str, Any]) -> dict[str, Any]:
    """A new export policy of `svm1`."""
    return await at.post("/protocols/nfs/export-policies", {"name": name, "svm.name": "svm1", "rules": list(rules)})


async def shared(at: Asker, name: str, **properties: Any) -> dict[str, Any]:
    """A new volume of `svm1`, mounted at its name, that every host may read and write."""
    if not await at.get("/protocols/nfs/export-policies", name="open"):
        await policy(at, "open", ALL)
    return await at.volume(name, {"nas": {"path": f"/{name}", "export_policy": {"name": "open"}}, **properties})


async def assign(at: Asker, volume: Mapping[str, Any], name: str) -> None:
    """The volume has that export policy."""
    await at.patch(f"/storage/volumes/{volume['uuid']}", {"nas": {"export_policy": {"name": name}}})


async def passes(at: Asker, time: timedelta) -> None:
    """On the lab's clock."""
    await at.cluster.clock.sleep(time.total_seconds())


async def refused(request: Awaitable[object]) -> str:
    """The name of the error number that a host's request fails with."""
    with pytest.raises(DoorError) as caught:
        await request
    return errno.errorcode[caught.value.errno or 0]
