"""Mistakes in the command line and the configuration: told on standard error, status 2, before anything is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from trustme import CA

from datamotion.clock import SystemClock
from datamotion.store.lock import hold_group
from tests.faces.labs import Tree, World, a_password, calls
from tests.faces.terminal import typed

pytestmark = pytest.mark.slow

COMMANDS = (
    ("check",),
    ("plan",),
    ("status",),
    ("update",),
    ("apply", "--yes"),
    ("apply", "--dry-run"),
    ("failover", "gold", "--yes"),
    ("failover", "gold", "--dry-run"),
)
"""Every command that reads the configuration."""


def refuses_to_start(world: World, config: Path, *told: str) -> None:
    """Every command says so, as text and as JSON, and contacts nobody."""
    before = [calls(world.site, name) for name in world.site.clusters]
    with world.unchanged():
        for command in COMMANDS:
            typed(*command, "-c", config).failed_cleanly(2, "error: ", *told)
            in_json = typed(*command, "-c", config, "-o", "json")
            in_json.failed_cleanly(2)
            assert in_json.error["code"] == "config"
            assert all(each in in_json.error["message"] + (in_json.error["hint"] or "") for each in told)
    assert [calls(world.site, name) for name in world.site.clusters] == before


def test_a_missing_configuration_is_named_with_what_makes_one(world: World) -> None:
    refuses_to_start(world, world.folder / "absent.yaml", "no configuration file", "absent.yaml", "lab up")


def test_a_malformed_configuration_is_told_with_its_line(world: World) -> None:
    config = world.folder / "datamotion.yaml"
    config.write_text("clusters:\n  paris: {url: [\n")
    refuses_to_start(world, config, f"{config}:3", "not valid YAML")


def test_an_unknown_key_is_told_with_its_path(world: World) -> None:
    def misspell(tree: Tree) -> None:
        tree["groups"]["gold"]["rpoo"] = "2h"

    refuses_to_start(world, world.configured(misspell), "groups.gold.rpoo")


def test_a_secret_that_is_not_set_is_told_with_how_to_set_it(world: World) -> None:
    def from_environment(tree: Tree) -> None:
        for cluster in tree["clusters"].values():
            cluster["password"] = {"env": "LAB_PASSWORD"}

    refuses_to_start(world, world.configured(from_environment), "LAB_PASSWORD is not set", "export LAB_PASSWORD")


def each_cluster(key: str, value: object) -> Callable[[Tree], None]:
    def change(tree: Tree) -> None:
        for cluster in tree["clusters"].values():
            cluster[key] = value

    return change


def test_a_secret_file_that_is_missing_is_told(world: World) -> None:
    absent = str(world.folder / "absent")
    refuses_to_start(world, world.configured(each_cluster("password", {"file": absent})), absent, "cannot be read")


def test_a_secret_file_that_others_can_read_is_told_with_what_closes_it(world: World) -> None:
    path = a_password(world.folder / "open", mode=0o644)
    refuses_to_start(world, world.configured(each_cluster("password", {"file": path})), "open to others", "chmod 600")


def test_a_ca_file_that_is_missing_is_told(world: World) -> None:
    absent = str(world.folder / "absent.pem")
    refuses_to_start(world, world.configured(each_cluster("ca_file", absent)), absent, "cannot be read")


def test_a_ca_file_without_a_certificate_is_told(world: World) -> None:
    path = world.folder / "note.pem"
    path.write_text("to do: ask for the certificate\n")
    refuses_to_start(world, world.configured(each_cluster("ca_file", str(path))), "no certificate in PEM form")


def test_a_home_whose_certificate_is_not_trusted_is_not_taken_for_lost(world: World) -> None:
    path = world.folder / "other.pem"
    CA().cert_pem.write_to_path(str(path))
    config = world.configured(lambda tree: tree["clusters"]["paris"].update(ca_file=str(path)))
    with world.unchanged():
        shown = typed("status", "-c", config)
        told = " ".join(shown.out.split())
        assert "gold-paris cannot be seen, though its cluster answers: paris" in told
        assert "presents a certificate that is not signed by" in told
        assert "Set `ca_file` to the CA that signed the cluster's certificate." in told
        assert shown.status == 1, shown


@pytest.mark.parametrize("command", [("plan",), ("status",), ("update",), ("apply", "--yes"), ("failover", "--yes")])
def test_an_unknown_group_is_told_with_those_there_are(world: World, command: tuple[str, ...]) -> None:
    config = world.configured()
    with world.unchanged():
        typed(*command, "silver", "-c", config).failed_cleanly(2, "no group 'silver'", "gold")
        assert typed(*command, "silver", "-c", config, "-o", "json").error["code"] == "config"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("statsu",), "No such command 'statsu'. Did you mean 'status'"),
        (("status", "--bogus"), "--bogus"),
        (("status", "-o", "xml"), "'xml' is not one of"),
        (("explain",), "Missing argument 'GROUP'"),
        (("explain", "gold", "silver"), "unexpected extra argument"),
        (("lab", "seed", "--volumes", "0"), "--volumes"),
        (("lab", "up", "--port", "many"), "--port"),
    ],
)
def test_a_command_line_that_cannot_be_read_is_told(words: tuple[str, ...], told: str) -> None:
    typed(*words).failed_cleanly(2, "error: ", told, "--help")


def test_a_command_line_that_cannot_be_read_is_told_in_json_when_that_was_asked_for() -> None:
    in_json = typed("status", "--bogus", "--output=json")
    in_json.failed_cleanly(2)
    assert (in_json.error["code"], "--bogus" in in_json.error["message"]) == ("usage", True)


@pytest.mark.parametrize("words", [(), ("lab",)])
def test_a_command_line_without_a_command_gets_the_help(words: tuple[str, ...]) -> None:
    shown = typed(*words)
    assert (shown.status, shown.err) == (2, "")
    assert "Usage: datamotion" in shown.out


@pytest.mark.parametrize("command", [("apply",), ("failover", "gold")])
@pytest.mark.parametrize("form", ["text", "json"])
def test_without_a_terminal_to_ask_on_nothing_is_begun(world: World, command: tuple[str, ...], form: str) -> None:
    with world.unchanged():
        ended = typed(*command, "-c", world.configured(), "-o", form)
        ended.failed_cleanly(2, "no terminal to ask on", "--yes", "--dry-run")


@pytest.mark.parametrize(
    "words",
    [
        ("failover", "gold", "--to"),
        ("failover", "gold", "--to", "gold-lyon", "--overrule"),
        ("settle", "gold", "--keep"),
    ],
)
def test_only_back_ends_of_the_group_are_served_from(world: World, words: tuple[str, ...]) -> None:
    with world.unchanged():
        ended = typed(*words, "gold-oslo", "--yes", "-c", world.configured())
        ended.failed_cleanly(2, "gold-oslo is no back end of gold", "its back ends: gold-paris, gold-lyon")


def test_a_store_that_cannot_be_made_stops_an_apply_before_anything_is_asked_for(world: World) -> None:
    (world.folder / "plain").write_text("a file, where the store's folder should be\n")
    config = world.configured(lambda tree: tree.update(store="plain/datamotion.db"))
    with world.unchanged():
        ended = typed("apply", "--yes", "-c", config, "-o", "json")
        assert (ended.status, ended.out) == (2, "")
        assert "plain" in ended.error["message"]


def test_an_operation_on_a_held_group_is_refused_and_told_who_holds_it(world: World) -> None:
    config = world.configured()
    with world.unchanged(), hold_group(world.folder, "gold", "update", SystemClock().now()) as hold:
        ended = typed("apply", "--yes", "-c", config)
        assert ended.status == 3
        assert f"error: {hold.holder} holds gold" in ended.err
        in_json = typed("apply", "--yes", "-c", config, "-o", "json")
        in_json.failed_cleanly(3)
        assert in_json.error["code"] == "refused"


def test_nothing_is_failed_over_to_a_target_without_mirrors(world: World) -> None:
    config = world.configured()
    with world.unchanged():
        for words in (("failover", "gold", "--yes"), ("failover", "gold", "--to", "gold-lyon", "--yes")):
            shown = typed(*words, "-c", config)
            assert (shown.status, shown.err) == (3, "")
            assert "gold-lyon" in shown.out
            assert "it holds no copy" in shown.out
            (report,) = typed(*words, "-c", config, "-o", "json").report
            assert (report["verdict"], report["plan"]["changes"], report["run"]) == ("refused", False, None)


def test_nothing_is_updated_before_there_are_mirrors(world: World) -> None:
    with world.unchanged():
        shown = typed("update", "-c", world.configured())
        assert shown.status == 3
        assert "nothing mirrors vol_1, which gold-paris serves" in shown.out
        assert "hint: datamotion apply gold" in shown.out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--abort", "--to", "gold-lyon"), "--abort goes back"),
        (("--abort", "--unplanned"), "--abort goes back"),
        (("--planned", "--max-loss", "5m"), "--planned loses nothing"),
        (("--planned", "--at", "2h"), "--planned carries everything over"),
        (("--planned", "--grace", "2m"), "--planned carries everything over"),
        (("--unplanned", "--best-effort"), "--best-effort is about"),
        (("--keep-newer",), "--keep-newer is about"),
        (("--overrule", "gold-paris"), "--overrule needs --to"),
        (("--at", "2031-05-04T02:00"), "is no time"),
        (("--at", "9999-05-04T02:00Z"), "has yet to come"),
        (("--grace", "soon"), "--grace 'soon'"),
    ],
)
def test_options_of_a_failover_that_contradict_each_other_are_told(
    world: World, options: tuple[str, ...], why: str
) -> None:
    config = world.configured()
    with world.unchanged():
        typed("failover", "gold", *options, "--yes", "-c", config).failed_cleanly(2, why)
