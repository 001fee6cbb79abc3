"""`check` before the first `apply`: whatever is not as it has to be in the lab is told, and nothing is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datamotion.errors import ConfigError
from datamotion.service.check import Ways, check
from datamotion.service.check_reports import CheckKind, CheckLine, CheckReport, Finding
from ontaplab.faults.scripted import scripted
from tests.ontaplab.resources.logins import PASSWORD, ROLES, make
from tests.together.stories import Story, play
from tests.together.world import SVMS, create_volumes

TARGET = "gold-lyon"
Break = Callable[[Story], Awaitable[Story | None]]


async def looked(story: Story, ways: Ways | None = None) -> CheckReport:
    """What a check says; it writes nothing."""
    before = await calls(story, "writes")
    report = await check(story.place.session, (), ways or Ways())
    assert await calls(story, "writes") == before
    return report


async def calls(story: Story, which: str) -> int:
    return sum([(await asker.http.get("/lab/calls")).json()[which] for asker in story.at.values()])


async def cost(story: Story) -> int:
    before = await calls(story, "reads")
    await check(story.place.session)
    return await calls(story, "reads") - before


def unpassed(report: CheckReport) -> list[CheckLine]:
    return [each for each in report.lines if each.finding in (Finding.FAILED, Finding.NOT_LOOKED)]


def configured(**target: Any) -> Break:
    async def change(story: Story) -> Story:
        return story.configured(lambda tree: tree["groups"]["gold"]["targets"][0].update(target))

    return change


def of_release(release: str) -> Break:
    async def change(story: Story) -> None:
        await story.at["lyon"].http.put("/lab/traits", json={"version": release})

    return change


async def newest_and_oldest(story: Story) -> None:
    for cluster, release in (("paris", "9.18.1"), ("lyon", "9.12.1")):
        await story.at[cluster].http.put("/lab/traits", json={"version": release})


async def without_a_licence(story: Story) -> None:
    await story.at["lyon"].delete("/cluster/licensing/licenses/snapmirror")


async def interfaces_down(story: Story) -> None:
    for each in await story.at["lyon"].get("/network/ip/interfaces", services="intercluster_core"):
        await story.at["lyon"].patch(f"/network/ip/interfaces/{each['uuid']}", {"enabled": False})


async def a_node_more(story: Story) -> None:
    await story.at["lyon"].http.put("/lab/traits", json={"nodes": 2})


async def not_peered(story: Story) -> None:
    (peer,) = await story.at["lyon"].get("/cluster/peers")
    await story.at["lyon"].delete(f"/cluster/peers/{peer['uuid']}")


async def svm_stopped(story: Story) -> None:
    (svm,) = await story.at["lyon"].get("/svm/svms")
    await story.at["lyon"].patch(f"/svm/svms/{svm['uuid']}", {"state": "stopped"})


async def every_minute(story: Story) -> Story | None:
    minutes = list(range(60))
    await story.at["lyon"].post("/cluster/schedules", {"name": "always", "cron": {"minutes": minutes}})
    return await configured(schedule="always")(story)


async def svms_suspended(story: Story) -> None:
    await story.protected("vol_2")
    (peer,) = await story.at["lyon"].get("/svm/peers")
    await story.at["lyon"].patch(f"/svm/peers/{peer['uuid']}", {"state": "suspended"})


async def many_others(story: Story) -> None:
    """Somebody else mirrors the volume to eight other places."""
    paris, lyon = story.at["paris"], story.at["lyon"]
    await lyon.svm("other")
    peer = {"svm": {"name": SVMS["paris"]}, "cluster": {"name": "paris"}}
    asked = {"svm.name": "other", "name": "theirs", "peer": peer, "applications": ["snapmirror"]}
    await lyon.post("/svm/peers", asked)
    (offered,) = await paris.get("/svm/peers")
    await paris.patch(f"/svm/peers/{offered['uuid']}", {"state": "peered"})
    for number in range(8):
        name = f"copy_{number}"
        body = {"name": name, "svm.name": "other", "aggregates": ["aggr1"], "type": "dp", "size": "100MB"}
        await lyon.post("/storage/volumes", body)
        ends = {"source": {"path": "theirs:vol_1"}, "destination": {"path": f"other:{name}"}}
        await lyon.post("/snapmirror/relationships", ends)


async def no_room(story: Story) -> None:
    """All but 50 MiB of the target's aggregate is taken; the volume, which is thick, has 100."""
    lyon = story.at["lyon"]
    await story.change("paris", "vol_1", {"guarantee": {"type": "volume"}})
    (aggregate,) = await lyon.get("/storage/aggregates", fields="space.block_storage.available")
    size = aggregate["space"]["block_storage"]["available"] - 50 * 2**20
    thick = {"name": "other", "svm.name": SVMS["lyon"], "size": size, "guarantee": {"type": "volume"}}
    await lyon.post("/storage/volumes", {**thick, "aggregates": ["aggr1"]})


async def nothing_selected(story: Story) -> Story:
    return story.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["nope_*"]))


async def no_store(story: Story) -> Story:
    return story.configured(lambda tree: tree.update(store="/proc/nowhere/datamotion.db"))


async def name_taken(story: Story) -> None:
    await create_volumes(story.place.lab["lyon"], ["vol_1"])


async def as_an_account(story: Story, *privileges: tuple[str, str]) -> Story:
    """That of lyon has but these privileges."""
    granted = [{"path": path, "access": access} for path, access in privileges]
    await story.at["lyon"].post(ROLES, {"name": "lesser", "privileges": granted})
    await make(story.at["lyon"], "lesser", "lesser")
    place = story.place.configured(
        lambda tree: tree["clusters"]["lyon"].update(user="lesser", password={"env": "LESSER_PASSWORD"})
    )
    world = replace(place.session.world, environ={**place.session.world.environ, "LESSER_PASSWORD": PASSWORD})
    return Story(replace(place, session=replace(place.session, world=world)), story.at)


async def who_may_only_read(story: Story) -> Story:
    return await as_an_account(story, ("/api", "readonly"))


async def who_may_not_see_itself(story: Story) -> Story:
    return await as_an_account(story, ("/api", "all"), ("/api/security", "none"))


async def who_may_see_no_nodes(story: Story) -> Story:
    return await as_an_account(story, ("/api", "all"), ("/api/cluster/nodes", "none"))


async def who_may_see_no_licences(story: Story) -> Story:
    return await as_an_account(story, ("/api", "all"), ("/api/cluster/licensing", "none"))


@pytest.mark.parametrize(
    ("happen", "kind", "subject", "detail", "hint"),
    [
        (of_release("9.10.1"), CheckKind.VERSION, "lyon", "ONTAP 9.10.1", "upgrade it"),
        (newest_and_oldest, CheckKind.VERSION, TARGET, "they are 6 releases apart", "upgrade lyon"),
        (without_a_licence, CheckKind.LICENCE, "lyon", "it tells none", "system license add"),
        (interfaces_down, CheckKind.INTERFACES, "lyon", "lyon-01_ic1 is down", "network interface show"),
        (a_node_more, CheckKind.INTERFACES, "lyon", "it has none", "network interface show"),
        (not_peered, CheckKind.CLUSTER_PEER, TARGET, "no cluster peer that calls itself paris", "cluster peer create"),
        (svm_stopped, CheckKind.SVM, TARGET, "it is stopped", "vserver start"),
        (configured(policy="Nope"), CheckKind.POLICY, TARGET, "there is none", "correct `policy`"),
        (configured(schedule="nope"), CheckKind.SCHEDULE, TARGET, "there is none", "correct `schedule`"),
        (configured(schedule="daily"), CheckKind.RPO, TARGET, "daily lets up to 1 d pass", "fires more often"),
        (every_minute, CheckKind.LIMITS, TARGET, "always fires 1 min apart", "fires less often"),
        (configured(aggregates=["nope"]), CheckKind.AGGREGATE, TARGET, "there is none", "correct `aggregates`"),
        (configured(aggregates={"other": "aggr1"}), CheckKind.MIRRORS, TARGET, "for which gold-lyon names no", "add `"),
        (svms_suspended, CheckKind.SVM_PEER, TARGET, "the peering is suspended", "vserver peer resume"),
        (many_others, CheckKind.LIMITS, "gold", "vol_1 has 8 of others and 1 of gold", "fewer places"),
        (no_room, CheckKind.MIRRORS, TARGET, "has no room for vol_1, which is thick", "make room there"),
        (nothing_selected, CheckKind.MEMBERS, "gold", "no volume at gold-paris matches", "correct `volumes`"),
        (no_store, CheckKind.STORE, "this machine", "cannot", "store"),
        (no_store, CheckKind.LOCK, "this machine", "No such file", "make the folder writable"),
        (name_taken, CheckKind.MIRRORS, TARGET, "cannot become the mirror of vol_1", "rename one of the two"),
        (who_may_only_read, CheckKind.PRIVILEGES, "lyon", "it lacks /api/protocols/cifs/sessions all", "role"),
        (who_may_not_see_itself, CheckKind.PRIVILEGES, "lyon", "may not read accounts and roles", "datamotion role"),
        (who_may_see_no_nodes, CheckKind.INTERFACES, "lyon", "it tells no nodes", "datamotion role"),
        (who_may_see_no_licences, CheckKind.LICENCE, "lyon", "it tells no licences", "datamotion role"),
    ],
)
def test_what_is_not_as_it_has_to_be_is_told_and_nothing_is_written(
    tmp_path: Path, happen: Break, kind: CheckKind, subject: str, detail: str, hint: str
) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        report = await looked(await happen(story) or story)
        assert (report.ready, report.verdict.exit_status) == (False, 1)
        told = [line for line in unpassed(report) if (line.kind, line.subject) == (kind, subject)]
        assert any(detail in (line.detail or "") and hint in (line.hint or "") for line in told), unpassed(report)

    play(tmp_path, main)


def test_all_is_ready_before_the_first_apply_and_after_it(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1", "vol_2"])
        report = await looked(story)
        assert (report.ready, unpassed(report)) == (True, [])
        of_more = {CheckKind.COMMON_GROUND, CheckKind.EXPORT_POLICY}  # of two targets, of one with a policy
        assert {line.kind for line in report.lines} == set(CheckKind) - of_more
        assert any("room for 2 new volumes" in line.what for line in report.lines)
        await story.apply()
        report = await looked(story)
        assert (report.ready, unpassed(report)) == (True, [])

    play(tmp_path, main)


def test_a_silent_cluster_is_not_ready_and_ends_with_4(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        writes = await calls(story, "writes")
        story.place.lose("lyon")
        report = await check(story.place.session)
        assert (report.ready, report.verdict.exit_status) == (False, 4)
        assert await calls(story, "writes") == writes

    play(tmp_path, main)


def test_it_takes_the_same_calls_for_one_volume_and_for_thirty(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        assert await cost(story) == 42
        await create_volumes(story.place.lab["paris"], [f"vol_{number}" for number in range(2, 31)])
        assert await cost(story) == 42

    play(quick_path, main)


def test_what_a_group_does_not_mirror_is_a_mistake(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        for ways, message in (
            (Ways(target="gold-paris"), "no group mirrors to gold-paris"),
            (Ways(source=TARGET, target=TARGET), f"no group mirrors from {TARGET} to {TARGET}"),
            (Ways(source="gold-rome"), "there is no back end 'gold-rome'"),
        ):
            with pytest.raises(ConfigError) as mistake:
                await check(story.place.session, (), ways)
            assert message in mistake.value.message
        assert (await looked(story, Ways(source="gold-paris", target=TARGET))).lines

    play(tmp_path, main)


@pytest.mark.parametrize("limit", ["2s", "5s", "2m"])
def test_a_cluster_that_is_too_busy_has_answered_to_check_and_to_status_alike(limit: str, quick_path: Path) -> None:
    """A check asks for more, and waits longer before it asks again: the look may come to its limit meanwhile."""

    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story = story.configured(lambda tree: tree["clusters"]["lyon"].update(look_timeout=limit))
        async with scripted(story.at["lyon"].http, kind="status", status=503, route="GET /*"):
            checked, shown = await check(story.place.session), await story.status()
        assert (checked.verdict.exit_status, shown.verdict.exit_status) == (1, 1)
        assert [each.answers for each in shown.clusters] == [True, True]

    play(quick_path, story, schedule=None)
