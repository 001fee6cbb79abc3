"""`datamotion lab fault`: clusters that are processes misbehave as told, and do so no longer when told."""

from __future__ import annotations

import httpx
import pytest

from tests.faces.labs import World
from tests.faces.terminal import typed
from tests.ontaplab.site.labs import client_of, eventually, status_of

pytestmark = pytest.mark.slow


def fault(world: World, *words: object) -> None:
    done = typed("lab", "fault", *words, "--dir", world.site.folder)
    assert done.status == 0, done.err


def test_an_answer_is_lost_once_and_the_list_tells_it(world: World) -> None:
    fault(world, "add", "lyon", "lost_answer", "--route", "POST /cluster/schedules", "--count", 1)
    with client_of(world.site, "lyon") as client:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.post("/cluster/schedules", json={"name": "often", "cron": {"minutes": [5]}})
        found = client.get("/cluster/schedules?name=often").json()["records"]
        assert client.delete(f"/cluster/schedules/{found[0]['uuid']}").status_code == 200
    shown = typed("lab", "fault", "list", "lyon", "--dir", world.site.folder).out
    assert "lost_answer" in shown
    assert "POST /cluster/schedules" in shown
    assert "less than it was set to" not in shown
    fault(world, "clear", "lyon")
    assert "lost_answer" not in typed("lab", "fault", "list", "lyon", "--dir", world.site.folder).out


def test_connections_are_refused_or_hang_while_the_fault_is_set(world: World) -> None:
    fault(world, "add", "lyon", "refuse", "--route", "GET /cluster")
    fault(world, "add", "lyon", "hang", "--route", "GET /svm/*")
    with client_of(world.site, "lyon") as client:
        with pytest.raises(httpx.TransportError):
            client.get("/cluster")
        with pytest.raises(httpx.ReadTimeout):
            client.get("/svm/svms", timeout=0.3)
        fault(world, "clear", "lyon", 1)
        assert client.get("/cluster").status_code == 200
    fault(world, "clear", "lyon")
    assert "Traceback" not in (world.site.folder / "lyon" / "cluster.log").read_text()


def test_a_cluster_kills_itself_once_after_the_effect(world: World) -> None:
    fault(world, "add", "lyon", "kill", "--when", "after", "--route", "POST /cluster/schedules", "--count", 1)
    with client_of(world.site, "lyon") as client, pytest.raises(httpx.TransportError):
        client.post("/cluster/schedules", json={"name": "often", "cron": {"minutes": [5]}})
    eventually(lambda: status_of(world.site, "lyon").pid is None)
    world.site.start("lyon")
    with client_of(world.site, "lyon") as client:
        found = client.get("/cluster/schedules?name=often").json()["records"]
        assert len(found) == 1
        assert client.delete(f"/cluster/schedules/{found[0]['uuid']}").status_code == 200
        assert client.post("/cluster/schedules", json={}).status_code == 400, "it does not die again"
    fault(world, "clear", "lyon")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lyon", "flood"), ("no fault 'flood'", "lost_answer")),
        (("lyon", "status"), ("status", "fault add --help")),
        (("lyon", "status", "--status", 404), ("404", "fault add --help")),
        (("lyon", "hang", "--peer", "paris"), ("peer", "fault add --help")),
        (("lyon", "partition", "--peer", "rome"), ("no cluster 'rome'", "paris, lyon")),
        (("lyon", "hang", "--route", "cluster"), ("is no route", "PATCH /snapmirror/*")),
        (("rome", "hang"), ("no cluster rome", "paris, lyon")),
    ],
)
def test_what_is_no_fault_is_told_and_nothing_is_set(
    world: World, words: tuple[object, ...], told: tuple[str, ...]
) -> None:
    typed("lab", "fault", "add", *words, "--dir", world.site.folder).failed_cleanly(2, *told)
    assert world.site.faults("lyon") == []


def test_a_fault_that_is_not_there_is_told_with_where_to_look(world: World) -> None:
    done = typed("lab", "fault", "clear", "lyon", 99, "--dir", world.site.folder)
    done.failed_cleanly(2, "entry doesn't exist", "lab fault list lyon")
