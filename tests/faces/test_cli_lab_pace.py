"""`datamotion lab pace`: jobs and transfers of a cluster that is a process wait as told, and go on when released."""

from __future__ import annotations

import pytest

from tests.faces.labs import World
from tests.faces.terminal import typed
from tests.ontaplab.site.labs import client_of, eventually

pytestmark = pytest.mark.slow


def pace(world: World, *words: object) -> str:
    """What was printed."""
    done = typed("lab", "pace", *words, "--dir", world.site.folder)
    assert done.status == 0, done.err
    return done.out + done.err


def test_jobs_of_a_route_are_held_until_they_are_released(world: World) -> None:
    assert "pace 1 is set" in pace(world, "set", "lyon", "--route", "POST /svm/svms", "--held")
    with client_of(world.site, "lyon") as client:
        job = client.post("/svm/svms", json={"name": "later"}).json()["job"]["uuid"]
        other = client.post("/snapmirror/policies?return_timeout=10", json={"name": "at_once"})
        assert other.status_code == 201, "jobs of other routes go on"
        assert client.get(f"/cluster/jobs/{job}").json()["state"] == "running"
        assert client.get("/svm/svms?name=later").json()["num_records"] == 0
        shown = pace(world, "list", "lyon")
        assert "jobs of POST /svm/svms" in shown
        assert "held" in shown
        pace(world, "clear", "lyon", 1)
        eventually(lambda: client.get(f"/cluster/jobs/{job}").json()["state"] == "success")
        for path in ("/svm/svms?name=later", "/snapmirror/policies?name=at_once"):
            client.delete(path, params={"return_timeout": 10})
    assert "everything is at once" in pace(world, "list", "lyon")


def test_a_pace_of_transfers_is_set_shown_and_cleared(world: World) -> None:
    pace(world, "set", "lyon", "--relationship", "*", "--after", 1.5)
    shown = pace(world, "list", "lyon")
    assert "all transfers" in shown
    assert "1.5 s" in shown
    assert "does everything at once" in pace(world, "clear", "lyon")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", "lyon", "--held"), ("--route or --relationship",)),
        (("set", "lyon", "--route", "POST /svm/svms", "--relationship", "*", "--held"), ("not both",)),
        (("set", "lyon", "--route", "POST /svm/svms"), ("--after or --held",)),
        (("set", "lyon", "--route", "POST /svm/svms", "--held", "--after", 3), ("--after or --held",)),
        (("set", "lyon", "--route", "svms", "--held"), ("is no route", "PATCH /snapmirror/*")),
        (("set", "rome", "--relationship", "*", "--held"), ("no cluster rome", "paris, lyon")),
        (("clear", "lyon", 7), ("entry doesn't exist", "lab pace list lyon")),
    ],
)
def test_what_is_no_pace_is_told_and_nothing_is_set(
    world: World, words: tuple[str | int, ...], told: tuple[str, ...]
) -> None:
    typed("lab", "pace", *words, "--dir", world.site.folder).failed_cleanly(2, *told)
    assert world.site.pace("lyon") == []
