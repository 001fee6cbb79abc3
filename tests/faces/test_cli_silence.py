"""Clusters that do not answer, or answer no: what can still be seen is shown, and the status tells the two apart."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.faces.labs import Tree, World, a_password
from tests.faces.terminal import Typed, typed

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _cut_off_handshakes() -> Iterator[None]:
    """httpcore leaves a connection that is cancelled in the middle of its TLS handshake to the garbage collector."""
    yield
    gc.collect()


@contextmanager
def a_port_that_accepts() -> Iterator[int]:
    """The system completes every connection there; no program ever says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def a_server_that_hangs_after_tls(folder: Path) -> Iterator[tuple[int, Path]]:
    """Its port and the CA of its certificate: it shakes hands, reads, and never answers."""
    authority = trustme.CA()
    ca = folder / "hung-ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    connections: list[socket.socket] = []

    def shake_hands(listener: socket.socket) -> None:
        while True:
            try:
                connections.append(context.wrap_socket(listener.accept()[0], server_side=True))
            except ssl.SSLError:
                continue
            except OSError:
                return  # the listener was closed

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands, args=[listener])
        thread.start()
        try:
            yield listener.getsockname()[1], ca
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()


def a_closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def with_paris_at(world: World, port: int, ca: Path | None = None) -> Path:
    """paris is looked for at that port, and waited for as shortly as can be configured."""

    def change(tree: Tree) -> None:
        paris = tree["clusters"]["paris"]
        paris |= {"url": f"https://127.0.0.1:{port}", "connect_timeout": "1s", "read_timeout": "1s"}
        if ca is not None:
            paris["ca_file"] = str(ca)

    return world.configured(change)


def says_paris_is_silent(world: World, config: Path, told: str) -> None:
    """`status` and `apply` tell it and end with 4; `failover`, which does not need paris, does not ask it."""
    with world.unchanged():
        status, apply = typed("status", "-c", config), typed("apply", "--yes", "-c", config)
        for each in (status, apply):
            assert (each.status, each.err) == (4, ""), each
            assert told in each.out, each.out
        assert "gold-paris cannot be seen" in status.out
        failover = typed("failover", "gold", "--yes", "-c", config)
        assert (failover.status, told in failover.out) == (3, False)


def test_a_plan_and_a_check_with_a_silent_cluster_tell_what_could_not_be_looked_at(world: World) -> None:
    config = with_paris_at(world, a_closed_port())
    with world.unchanged():
        check, plan = typed("check", "-c", config), typed("plan", "-c", config)
        assert (check.status, plan.status) == (4, 4)
        assert lines(check, "ok") == [
            "lyon: answers as lyon, ONTAP 9.15.1",
            "lyon: runs ONTAP 9.11.1 or later",
            "lyon: its clock agrees with ours",
            "lyon: has a SnapMirror licence",
            "lyon: account admin may do all that the commands ask for, by role admin",
            "lyon: an intercluster interface is up on lyon-01",
            "gold-lyon: SVM svm_gold_dr is running on lyon",
            "gold-lyon: policy MirrorAllSnapshots is on lyon, of type async",
            "gold-lyon: policy MirrorAllSnapshots carries the newest writes",
            "gold-lyon: schedule hourly is on lyon",
            "gold-lyon: mirrors are updated often enough for an RPO of 2 h, by hourly",
            "gold-lyon: mirrors are updated at most every 5 min",
            "gold-lyon: aggregate aggr1_lyon is on lyon",
            "this machine: the store can be written",
            f"this machine: the lock of gold can be taken in {world.folder}",
        ]
        assert check.out.startswith("not ready: ")
        assert len(lines(check, "unseen")) >= 3, "what could not be looked at is never told as passed"
        (report,) = typed("plan", "-c", config, "-o", "json").report
        assert report["verdict"] == "no answer"


def lines(shown: Typed, word: str) -> list[str]:
    """What is told of the findings of one kind."""
    return [line.removeprefix(word).strip() for line in shown.out.splitlines() if line.startswith(word)]


def test_a_closed_port_is_silence(world: World) -> None:
    says_paris_is_silent(world, with_paris_at(world, a_closed_port()), "refused the connection")


def test_a_cluster_that_hangs_before_tls_is_silence(world: World) -> None:
    with a_port_that_accepts() as port:
        says_paris_is_silent(world, with_paris_at(world, port), "did not accept a connection within 1 s")


def test_a_cluster_that_hangs_after_tls_is_silence(world: World) -> None:
    with a_server_that_hangs_after_tls(world.folder) as (port, ca):
        says_paris_is_silent(world, with_paris_at(world, port, ca), "did not answer within 1 s")


def with_wrong_password(world: World, *clusters: str) -> Path:
    wrong = a_password(world.folder / "wrong")
    return world.configured(lambda tree: [tree["clusters"][name].update(password={"file": wrong}) for name in clusters])


@pytest.mark.parametrize(("command", "verdict"), [("status", "needs attention"), ("check", "failed")])
def test_a_wrong_password_is_a_no_and_not_silence(world: World, command: str, verdict: str) -> None:
    config = with_wrong_password(world, "paris", "lyon")
    with world.unchanged():
        shown = typed(command, "-c", config)
        assert (shown.status, shown.err) == (1, "")
        assert "User is not authorized" in shown.out
        assert typed(command, "-c", config, "-o", "json").report["verdict"] == verdict


@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--yes"), ("update",), ("failover", "gold", "--yes")], ids=lambda words: words[0]
)
def test_a_wrong_password_stops_what_would_change_something_and_is_not_silence(
    world: World, command: tuple[str, ...]
) -> None:
    with world.unchanged():
        shown = typed(*command, "-c", with_wrong_password(world, "paris", "lyon"))
        assert "User is not authorized" in shown.out
        assert shown.status == 1


def test_a_wrong_password_for_the_home_shows_the_target_all_the_same(world: World) -> None:
    config = with_wrong_password(world, "paris")
    with world.unchanged():
        report = typed("status", "-c", config, "-o", "json").report
    assert {each["name"]: (each["answers"], each["detail"] is None) for each in report["clusters"]} == {
        "paris": (True, False),
        "lyon": (True, True),
    }


def test_a_certificate_of_another_authority_is_no_silence(world: World) -> None:
    ca = world.folder / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(ca))
    config = world.configured(lambda tree: [each.update(ca_file=str(ca)) for each in tree["clusters"].values()])
    with world.unchanged():
        for command in (
            ("check",),
            ("plan",),
            ("status",),
            ("update",),
            ("apply", "--yes"),
            ("failover", "gold", "--yes"),
        ):
            shown = typed(*command, "-c", config)
            assert (shown.status, shown.err) == (1, ""), shown
            assert f"not signed by {ca}" in shown.out
