"""A volume of Cinder's brought to another back end by the whole of cinder-volume. `make conformance`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.cinder_cloud import AT_HOME, CINDERS, MODES, OURS, Cloud, failed_over, set_up
from tests.conformance.cinder_host import share
from tests.conformance.openstack import HOME, SVMS, Failed
from tests.ontaplab.site.labs import records

ANNEX, SVM, POOL = "annex", "svm_annex", "vol_3"
EACH = pytest.mark.parametrize(
    "cloud", [f"{mode}-{protocol}" for protocol in ("nfs", "iscsi") for mode in MODES], indirect=True
)


def with_an_annex(cloud: Cloud, at: str = HOME) -> None:
    """A back end more: an SVM of that cluster with one volume."""
    world = cloud.world
    world.write(at, "POST", "/svm/svms", {"name": SVM})
    volume = {"name": POOL, "svm.name": SVM, "aggregates": [{"name": f"aggr1_{at}"}], "size": "3GB"}
    world.write(at, "POST", "/storage/volumes", {**volume, "nas.path": f"/{POOL}", "guarantee.type": "none"})
    text = world.configuration.read_text()
    _, _, section = text.partition(f"[{at}]\n")
    lines = [each for each in section.partition("\n[")[0].splitlines() if "replication" not in each]
    annex = "\n".join(lines).replace(SVMS[at], SVM)
    annex = annex.replace(f"volume_backend_name = {at}", f"volume_backend_name = {ANNEX}\nvolume_driver = {OURS}")
    world.configuration.write_text(f"{text}\n[{ANNEX}]\n{annex}\n")


def places(cloud: Cloud, name: str) -> list[Path]:
    """Where at the home's cluster something of that name is, whatever goes before and after it there."""
    pools = ((SVMS[HOME], "vol_1"), (SVM, POOL))
    folders = [cloud.world.site.volume_path(HOME, svm, volume) for svm, volume in pools]
    return [path for folder in folders for path in folder.iterdir() if name in path.name]


def goal(cloud: Cloud) -> str:
    return share(POOL) if cloud.protocol == "nfs" else POOL


def are_peers(cloud: Cloud, *applications: str) -> None:
    """The home's SVM and that one may do these things with each other."""
    peer = {"svm.name": SVMS[HOME], "peer": {"svm": {"name": SVM}, "cluster": {"name": HOME}}}
    cloud.world.write(HOME, "POST", "/svm/peers", {**peer, "applications": applications})


@EACH
def test_a_volume_goes_to_another_svm_of_the_cluster_whose_peers_are_for_something_else(cloud: Cloud) -> None:
    with_an_annex(cloud)
    are_peers(cloud, "snapmirror")
    with cloud.cinder() as cinder:
        cinder("create", "a", cloud.pool("vol_1"))
        cloud.write(HOME, cinder, "a", b"written before")
        name = cinder("volumes")["a"]["file"]
        cinder("migrate", "a", ANNEX, goal(cloud))
        row = cinder("volumes")["a"]
        told = (row["status"], row["migration"], row["backend"], row["pool"])
        assert told == ("available", "success", ANNEX, goal(cloud))
        assert row["location"] == (goal(cloud) if cloud.protocol == "nfs" else None)
        (there,) = places(cloud, name)
        assert there == cloud.world.site.volume_path(HOME, SVM, POOL) / name
        assert there.stat().st_size == 1024**3
        with there.open("rb") as file:
            assert file.read(64).rstrip(b"\0") == b"written before"
        assert cinder("row") == AT_HOME
    found = records(cloud.world.site, HOME, "/svm/peers", fields="applications", **{"svm.name": SVMS[HOME]})
    between = [set(each["applications"]) for each in found if each["name"] == SVM]
    assert between == [{"snapmirror", "file_copy" if cloud.protocol == "nfs" else "lun_copy"}]


@EACH
def test_what_cannot_be_copied_stays_as_it_was_and_nothing_of_it_elsewhere(cloud: Cloud) -> None:
    with_an_annex(cloud)
    with cloud.cinder() as cinder:
        cinder("create", "a", cloud.pool("vol_1"))
        cloud.write(HOME, cinder, "a", b"written before")
        name = cinder("volumes")["a"]["file"]
        route = "/storage/file/copy" if cloud.protocol == "nfs" else "/storage/luns"
        cloud.world.site.add_fault(HOME, {"kind": "job_failure", "route": route})
        with pytest.raises(Failed) as failed:
            cinder("migrate", "a", ANNEX, goal(cloud))
        assert failed.value.kind == "NetAppDriverException"
        row = cinder("volumes")["a"]
        assert (row["migration"], row["backend"], row["pool"]) == ("error", HOME, cloud.pool("vol_1"))
        assert places(cloud, name) == [cloud.disk(HOME, cinder, "a")]
        cloud.world.site.clear_faults(HOME)
        with pytest.raises(Failed, match="vol_4") as refused:
            cinder("offer", "a", ANNEX, goal(cloud).replace(POOL, "vol_4"))
        assert refused.value.kind == "NetAppDriverException"
        assert places(cloud, name) == [cloud.disk(HOME, cinder, "a")]
        assert cloud.read(HOME, cinder, "a") == b"written before"


@pytest.mark.parametrize("cloud", ["native-nfs", "native-iscsi"], indirect=True)
def test_to_another_cluster_cinder_copies_by_a_host(cloud: Cloud) -> None:
    with_an_annex(cloud, "nice")
    with cloud.cinder() as cinder:
        cinder("create", "a", cloud.pool("vol_1"))
        assert cinder("offer", "a", ANNEX, goal(cloud)) == [False, {}]
        assert cloud.disk(HOME, cinder, "a").exists()


@pytest.mark.parametrize("cloud", ["native-nfs", "native-iscsi"], indirect=True)
def test_cinders_own_driver_does_not_find_what_it_is_to_copy_to_another_svm(cloud: Cloud) -> None:
    """It looks for the pool of a file's copy at its own SVM, and for the LUN that it copies at the other one."""
    with_an_annex(cloud)
    are_peers(cloud, "file_copy", "lun_copy")
    cloud.driven_by(CINDERS)
    with cloud.cinder() as cinder:
        cinder("create", "a", cloud.pool("vol_1"))
        why = "Could not find unique volume" if cloud.protocol == "nfs" else "was not found"
        with pytest.raises(Failed, match=why):
            cinder("offer", "a", ANNEX, goal(cloud))
        assert cloud.disk(HOME, cinder, "a").exists()


@pytest.mark.parametrize("cloud", ["native-nfs", "native-iscsi"], indirect=True)
def test_what_the_home_does_not_serve_is_not_copied_from_there(cloud: Cloud) -> None:
    with_an_annex(cloud)
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        assert cinder("failover", "nice") == failed_over("nice")
        with pytest.raises(Failed, match="failed over to nice"):
            cinder("offer", "a", ANNEX, goal(cloud))
        assert cloud.read("nice", cinder, "a") == b"first"
