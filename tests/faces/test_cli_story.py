"""The quick start as it is typed, from nothing to a failed-over group and back to a fenced home."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.labs import Lab, done, names, some_files
from tests.faces.terminal import Typed
from tests.ontaplab.site.labs import client_of, contents, eventually, processes_in

pytestmark = pytest.mark.slow

VOLUMES = ["vol_1", "vol_2", "vol_3", "vol_4"]


def test_the_quick_start_from_nothing_to_a_home_that_mirrors_again(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"))
    before_mirrors(lab)
    mirrored(lab)
    (lab.at_home("vol_1") / "ledger.txt").write_text("carried by an update\n")
    updated(lab)
    at_update = {volume: contents(lab.at_home(volume)) for volume in VOLUMES}
    (lab.at_home("vol_1") / "ledger.txt").write_text("carried by an update\nand by no transfer\n")
    a_volume_without_a_mirror_is_not_failed_over_silently(lab, tmp_path)

    lab.lab("kill", "paris")
    home_is_silent(lab)
    failed_over(lab)
    assert {volume: contents(lab.served_at_target() / volume) for volume in VOLUMES} == at_update

    lab.lab("start", "paris")
    home_is_back(lab)
    fenced(lab)
    held = (lab.at_home("vol_1") / "ledger.txt").read_text()
    assert held == "carried by an update\nand by no transfer\n", "fencing keeps what only the home holds"
    mirrored_back(lab)
    held = (lab.at_home("vol_1") / "ledger.txt").read_text()
    assert held == "carried by an update\n", "as it is served"

    lab.lab("down", "--remove")
    assert names(tmp_path) == ["files", "new"]
    eventually(lambda: not processes_in(lab.folder))


def test_a_target_that_holds_a_part_is_failed_over_to_only_where_that_was_agreed_to(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    done(lab.typed("apply", "--yes"))
    a_volume_without_a_mirror_is_not_failed_over_silently(lab, tmp_path)
    with client_of(lab.site, "lyon") as lyon:
        comment = f"[datamotion group=gold volume=vol_new_1 origin={uuid_at_home(lab, 'vol_new_1')} path=/vol_new_1]"
        bare = {**BARE_VOLUME, "comment": comment}
        for path, body in (("storage/volumes", bare), ("snapmirror/relationships", BARE_MIRROR)):
            lyon.post(f"/{path}?return_timeout=60", json=body).raise_for_status()
    for to in ((), ("--to", "gold-lyon")):
        shown, in_json = lab.looked("failover", "gold", "--yes", *to)
        assert shown.status == 3
        assert "gold-lyon holds only a part of gold: " in shown.out
        assert "--to gold-lyon --allow-partial fails over the other 1 volume" in shown.out
        assert [report["verdict"] for report in in_json.report] == ["refused"]
    shown = lab.typed("failover", "gold", "--yes", "--allow-partial")
    assert shown.status == 1, "a part is not all"
    assert "gold-lyon serves 1 volume" in shown.out, shown.out
    assert names(lab.served_at_target()) == ["vol_1"]


BARE_VOLUME = {
    "name": "vol_new_1",
    "type": "dp",
    "size": "64MB",
    "svm": {"name": "svm_gold_dr"},
    "aggregates": [{"name": "aggr1_lyon"}],
}
BARE_MIRROR = {"source": {"path": "svm_gold:vol_new_1"}, "destination": {"path": "svm_gold_dr:vol_new_1"}}
"""A mirror of a member that nothing has been carried from yet."""


def uuid_at_home(lab: Lab, volume: str) -> str:
    with client_of(lab.site, "paris") as paris:
        return str(paris.get(f"/storage/volumes?name={volume}").json()["records"][0]["uuid"])


def before_mirrors(lab: Lab) -> None:
    shown, in_json = lab.looked("check")
    verdict, *told = shown.out.splitlines()
    lines = [line for line in told if not line.lstrip().startswith("hint: ")]
    assert (shown.status, len(lines)) == (0, len(in_json.report["lines"]))
    assert (verdict.partition(":")[0], in_json.report["ready"]) == ("ready", True)
    unpassed = {line["what"]: line["finding"] for line in in_json.report["lines"] if line["finding"] != "passed"}
    assert unpassed == {"its SVM is peered with that of gold-paris": "note"}, "apply makes that"
    shown, in_json = lab.looked("check", "gold", "--from", "gold-paris", "--to", "gold-lyon")
    assert (shown.status, in_json.report["ready"]) == (0, True)
    assert lab.typed("check", "--to", "gold-paris").status == 2, "nothing mirrors to the home"
    shown, in_json = lab.looked("status")
    assert shown.status == 1
    assert "! gold-paris vol_1, vol_2, vol_3, vol_4: no mirror: nothing mirrors what gold-paris serves" in shown.out
    assert {copy["trouble"] for copy in copies(in_json, "gold-lyon")} == {"not mirrored here"}
    plan, plan_in_json = lab.looked("plan")
    dry_run, dry_run_in_json = lab.looked("apply", "--dry-run")
    validated, validated_in_json = lab.looked("apply", "--validate")
    assert (validated.status, "What the clusters say beforehand: asked about" in validated.out) == (0, True)
    assert validated_in_json.plan["clusters_say"]["objections"] == []
    assert (plan.out, plan_in_json.report) == (dry_run.out, dry_run_in_json.report)
    steps = plan_in_json.plan["steps"]
    facts = [fact for step in steps for fact in (step["title"], step["because"], *(a["text"] for a in step["acts"]))]
    assert len(facts) > 20
    assert all(fact in plan.out for fact in facts)


def mirrored(lab: Lab) -> None:
    applied = done(lab.typed("apply", "--yes"))
    assert "Protect gold: gold-paris to gold-lyon: done in" in applied.out
    assert f"done: {', '.join(VOLUMES)}" in applied.out
    assert "ok  lyon: Initialize (vol_1, vol_2, vol_3, vol_4)" in applied.err, (
        "what happens is told as it goes, apart from the report"
    )
    shown, in_json = lab.looked("plan")
    assert (shown.status, "Nothing to do" in shown.out) == (0, True)
    assert in_json.report[0]["plan"]["changes"] is False
    assert lab.typed("plan", "--exit-code").status == 0
    shown, in_json = lab.looked("status")
    assert shown.status == 0
    assert "gold is served by gold-paris since " in shown.out
    assert "4 volumes, all mirrored, the oldest mirror is " in shown.out
    assert "active /vol_1" in shown.out
    assert " old" in shown.out
    (group,) = in_json.report["groups"]
    assert (group["serving"], group["epoch"], group["concerns"]) == ("gold-paris", 1, [])
    assert [copy["state"] for copy in copies(in_json, "gold-lyon")] == ["snapmirrored"] * 4


def updated(lab: Lab) -> None:
    dry_run, in_json = lab.looked("update", "--dry-run")
    assert (dry_run.status, in_json.plan["changes"]) == (0, True)
    (report,) = done(lab.typed("update", "-o", "json")).report
    assert (report["verdict"], [each["outcome"] for each in report["run"]["volumes"]]) == ("done", ["done"] * 4)


def a_volume_without_a_mirror_is_not_failed_over_silently(lab: Lab, folder: Path) -> None:
    """A new volume is not mirrored yet: only the home knows of it, so a check on the way shows it."""
    (folder / "new").mkdir()
    (folder / "new" / "note").write_text("not mirrored yet\n")
    lab.site.seed("paris", folder / "new", volumes=1, prefix="vol_new_")
    shown, _ = lab.looked("status")
    assert "! gold-paris vol_new_1: no mirror: nothing mirrors what gold-paris serves" in shown.out


def home_is_silent(lab: Lab) -> None:
    shown, in_json = lab.looked("status")
    assert shown.status == 4
    assert "taken by " in shown.out
    assert ", as far as is known: it cannot be seen" in shown.out
    assert "! gold-paris cannot be seen" in shown.out
    assert "if it is lost: datamotion failover gold" in shown.out
    for row in (line for line in shown.out.splitlines() if line.startswith("  vol_")):
        assert "64 MiB" in row
        assert "not seen" in row
        assert "snapmirrored, " in row
    assert [copy["backend"] for copy in copies(in_json)] == ["gold-lyon"] * 4
    for words in (("plan",), ("apply", "--yes")):
        shown = lab.typed(*words)
        assert (shown.status, "hint: if gold-paris is lost: datamotion failover gold" in shown.out) == (4, True)
    shown, _ = lab.looked("failover", "gold", "--dry-run")
    assert shown.status == 0
    assert "What this gives up" in shown.out
    for limit, status, said in (
        ("1s", 3, "--max-loss 1m accepts that"),
        ("any", 0, "What this gives up"),
        ("soon", 2, "--max-loss 'soon' is no time"),
    ):
        shown = lab.typed("failover", "gold", "--dry-run", "--max-loss", limit)
        assert (shown.status, said in shown.out + shown.err) == (status, True), shown


def failed_over(lab: Lab) -> None:
    shown = done(lab.typed("failover", "gold", "--yes"))
    assert "gold-lyon serves gold, epoch 2" in shown.out
    assert names(lab.served_at_target()) == VOLUMES
    assert all(f"    {volume}: " in shown.out.split("recovery points:")[1] for volume in VOLUMES)
    again, in_json = lab.looked("failover", "gold", "--yes")
    assert (again.status, "Nothing to do" in again.out) == (0, True)
    assert in_json.report[0]["plan"]["changes"] is False
    shown, in_json = lab.looked("status")
    assert shown.status == 4, "the home is still silent"
    assert "gold is served by gold-lyon since " in shown.out
    assert "; its home is gold-paris" in shown.out
    assert {copy["trouble"] for copy in copies(in_json, "gold-lyon")} == {None}


def home_is_back(lab: Lab) -> None:
    shown, in_json = lab.looked("status")
    assert shown.status == 1
    assert "overtaken by gold-lyon (epoch 2), not fenced yet: clients may still write here" in shown.out
    assert "! overtaken /vol_1" in shown.out
    (group,) = in_json.report["groups"]
    assert (group["serving"], group["epoch"]) == ("gold-lyon", 2)
    assert lab.served_at_home() == [*VOLUMES, "vol_new_1"], "looking fences nothing"
    shown, _ = lab.looked("plan")
    assert "Fence the overtaken copies at paris" in shown.out
    assert "Nothing is mirrored back there" in shown.out


def fenced(lab: Lab) -> None:
    done(lab.typed("apply", "--yes"))
    assert not set(lab.served_at_home()) & set(VOLUMES)
    assert names(lab.served_at_target()) == VOLUMES
    shown, in_json = lab.looked("plan")
    assert (shown.status, "Nothing to do" in shown.out) == (0, True)
    assert in_json.report[0]["plan"]["changes"] is False
    shown, in_json = lab.looked("status")
    assert "fenced (not mounted)" in shown.out
    assert "not fenced" not in shown.out, "what the target does not serve is not overtaken"
    assert "unprotected since " in shown.out
    roles = {copy["role"] for copy in copies(in_json, "gold-paris", of=VOLUMES)}
    assert (shown.status, roles) == (1, {"fenced"})


def mirrored_back(lab: Lab) -> None:
    """The home was lost with a write that no other copy has."""
    shown, in_json = lab.looked("reprotect", "gold", "--yes")
    assert (shown.status, [report["verdict"] for report in in_json.report]) == (3, ["refused"])
    told = " ".join(shown.out.split())
    assert "vol_1 at gold-paris may hold writes of its own; making it a mirror gives up all that" in told
    assert "datamotion reprotect gold --discard-divergent gold-paris gives that up; a clone of it is kept" in told
    consent = ("--discard-divergent", "gold-paris")
    shown = done(lab.typed("reprotect", "gold", *consent, "--no-keep-divergent", "--yes"))
    assert "ok  paris: Resync (vol_1, vol_2, vol_3, vol_4)" in shown.err
    again, _ = lab.looked("reprotect", "gold", "--yes")
    assert (again.status, "Nothing to do: all is as wanted." in again.out) == (0, True)
    shown, in_json = lab.looked("status")
    assert (shown.status, {copy["role"] for copy in copies(in_json, "gold-paris", of=VOLUMES)}) == (0, {"mirror"})
    shown, _ = lab.looked("plan")
    assert "Protect gold: gold-lyon to gold-paris" in shown.out
    assert "Nothing is mirrored back there" not in shown.out


def copies(in_json: Typed, backend: str | None = None, of: list[str] | None = None) -> list[dict[str, object]]:
    """The copies that a status tells of, at one back end or all, of some volumes or all."""
    (group,) = in_json.report["groups"]
    return [
        copy
        for volume in group["volumes"]
        for copy in volume["copies"]
        if (backend is None or copy["backend"] == backend) and (of is None or volume["volume"] in of)
    ]
