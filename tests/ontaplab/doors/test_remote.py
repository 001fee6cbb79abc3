"""The doors of a cluster that is a process, over HTTP."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ontaplab.doors.access import Host
from ontaplab.doors.errors import DoorError
from ontaplab.site import Site, SiteError
from tests.ontaplab.doors.hosts import ALL, HOST
from tests.ontaplab.site.labs import a_lab, client_of

pytestmark = pytest.mark.slow
SVM = {"name": "svm_gold"}


@pytest.fixture(scope="module")
def paris(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A lab of one cluster, whose volume `vol_1` every host may use, by NFS and by the share `docs`."""
    with a_lab(tmp_path_factory.mktemp("doors") / "lab", "paris") as site, client_of(site, "paris") as http:
        asked(http, "POST", "/protocols/nfs/export-policies", {"name": "open", "svm": SVM, "rules": [ALL]})
        place = {"svm": SVM, "aggregates": [{"name": "aggr1_paris"}], "size": "1GB"}
        nas = {"path": "/vol_1", "export_policy": {"name": "open"}}
        asked(http, "POST", "/storage/volumes", {"name": "vol_1", "nas": nas, **place})
        asked(http, "POST", "/protocols/cifs/services", {"name": "files", "svm": SVM, "workgroup": "LAB"})
        asked(http, "POST", "/protocols/cifs/shares", {"name": "docs", "svm": SVM, "path": "/vol_1"})
        yield site


def asked(http: httpx.Client, method: str, path: str, body: dict[str, Any]) -> None:
    http.request(method, path, json=body, params={"return_timeout": 60}).raise_for_status()


def number(request: Callable[[], object]) -> int | None:
    """Of the error that the request must meet."""
    with pytest.raises(DoorError) as caught:
        request()
    return caught.value.errno


def test_a_host_does_all_that_it_does_inside_of_a_process(paris: Site) -> None:
    seen = paris.exports("paris", "svm_gold") / "vol_1"
    with paris.doors("paris") as doors:
        vol_1 = doors.nfs(Host(address=HOST, protocol="nfs4")).open("svm_gold", "/vol_1")
        docs = doors.smb(HOST, "anna").connect("svm_gold", "docs")
        for root, name in ((vol_1, "nfs"), (docs, "smb")):
            root.make_directory(name)
            root.write(bytes(range(256)), f"{name}/file")
            file = root.open(name).open("file")
            file.write(b"end", offset=-1)
            file.write(b"\xff", offset=0)
            assert (seen / name / "file").read_bytes() == b"\xff" + bytes(range(1, 256)) + b"end"
            assert file.read(offset=255) == b"\xffend"
            root.open(name).rename("file", "other")
            assert root.list(name) == ["other"]
            root.remove(f"{name}/other")
            root.remove(name)
        assert vol_1.list() == []


def test_what_a_host_is_refused_has_its_number_and_reason(paris: Site) -> None:
    with paris.doors("paris") as doors:
        vol_1 = doors.nfs(HOST).open("svm_gold", "/vol_1")
        vol_1.write(b"", "file")
        file = vol_1.open("file")
        vol_1.remove("file")
        assert number(file.read) == errno.ESTALE
        assert number(lambda: vol_1.read("file")) == errno.ENOENT
        assert number(lambda: doors.nfs("2001:db8::5").open("svm_gold", "/vol_1")) == errno.EACCES
        with pytest.raises(DoorError, match="export policy open does not let 2001:db8::5 read"):
            doors.nfs("2001:db8::5").open("svm_gold", "/vol_1")
        assert number(lambda: doors.smb(HOST).connect("svm_gold", "none")) == errno.ENOENT


def test_requests_that_make_no_sense_are_refused_by_name(paris: Site) -> None:
    host = {"address": HOST}
    with client_of(paris, "paris") as http:
        for door, body, target in (
            ("nfs", {"host": {"address": "nobody"}, "do": "open", "svm": "svm_gold"}, "host.address"),
            ("nfs", {"host": host, "do": "mount"}, "do"),
            ("nfs", {"host": host, "do": "list", "svm": "svm_gold"}, "handle"),
            ("nfs", {"host": host, "do": "open"}, "svm"),
            ("nfs", {"host": host, "do": "open", "svm": "svm_gold", "file": "x"}, "file"),
            ("smb", {"host": host, "do": "list", "svm": "svm_gold"}, "share"),
        ):
            answer = http.post(http.base_url.copy_with(path=f"/lab/{door}"), json=body)
            assert (answer.status_code, answer.json()["error"]["target"]) == (400, target)


def test_a_cluster_that_was_killed_answers_no_host_and_forgets_who_was_connected(paris: Site) -> None:
    with paris.doors("paris") as doors, client_of(paris, "paris") as http:
        vol_1 = doors.nfs(HOST).open("svm_gold", "/vol_1")
        paris.kill("paris")
        with pytest.raises(SiteError, match="does not answer"):
            vol_1.list()
        paris.start("paris")
        assert http.get("/protocols/nfs/connected-clients").json()["records"] == []
        vol_1.write(b"as before", "file")
        assert vol_1.read("file") == b"as before"
