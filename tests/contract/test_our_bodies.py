"""All that datamotion sends is something that NetApp's schemas know, and what only looks sends no write."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, get_args

import anyio
import httpx
import pytest
import trio
from trio.testing import MockClock

from datamotion.model.acts import Act, Change, RunHook
from datamotion.policy.drills.drills import DrillChoice
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.kinds import KINDS
from datamotion.policy.selection import Selection
from datamotion.service import drills, failing_over, migrations, mirrors, preparing, protecting, removal
from datamotion.service.check import check
from datamotion.service.intents import Intent
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from tests.contract.choices import wrong_choices
from tests.contract.resources import CLIENTS, ClientClass, collection_of, route_of
from tests.datamotion.ontap.schemas import assert_fits, knows
from tests.ontaplab.resources.labs import Asker
from tests.ontaplab.resources.oracle import complaints
from tests.together.world import (
    GROUP,
    HOME,
    SVMS,
    Place,
    Quiet,
    a_configuration,
    a_place,
    create_volumes,
    make_strangers,
    succeed,
)

pytestmark = [
    pytest.mark.slow,
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]

CLUSTERS = (HOME, "lyon", "oslo")
_OF_ANY_COLLECTION = {
    "fields",
    "max_records",
    "return_timeout",
    "return_records",
    "continue_on_failure",
    "validate_only",
}
_OF_RELATIONSHIPS = {
    "source_only",
    "source_info_only",
    "destination_only",
    "list_destinations_only",
}
_OF_LUNS = {"allow_delete_while_mapped"}
_OF_FILES = {"return_metadata"}
_OPTIONS = _OF_RELATIONSHIPS | _OF_LUNS | _OF_FILES  # and no fields
"""Parameters of every query that are no fields; ONTAP's REST guide, "Record retrieval" and "Query-based operations"."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request of ours. `body` is None where there was none."""

    method: str
    route: str
    query: Mapping[str, str]
    body: Mapping[str, Any] | None

    @property
    def resource(self) -> ClientClass:
        return CLIENTS[collection_of(self.route)]

    @property
    def bodies(self) -> Sequence[Mapping[str, Any]]:
        """What is asked for each object: the body, or its `records` without the uuids that say whose they are."""
        assert self.body is not None, self
        records: Sequence[Mapping[str, Any]] | None = self.body.get("records")
        if records is None:
            return [self.body]
        return [{name: value for name, value in each.items() if name != "uuid"} for each in records]


class Tap(httpx.AsyncBaseTransport):
    """A wire that notes what goes to the cluster and passes it on."""

    def __init__(self, wire: httpx.AsyncBaseTransport, sent: list[Sent]) -> None:
        self._wire = wire
        self._sent = sent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        self._sent.append(
            Sent(
                method=request.method,
                route=route_of(request.url.raw_path.partition(b"?")[0].decode()),
                query=dict(request.url.params),
                body=json.loads(content) if content else None,
            )
        )
        return await self._wire.handle_async_request(request)


class Noting(Quiet):
    """A watcher that notes what kinds of change a run asks for."""

    def __init__(self) -> None:
        self.asked: set[type[Change]] = set()

    def asking(self, acts: Sequence[Act]) -> None:
        self.asked |= {type(act.change) for act in acts}


@dataclass(frozen=True, kw_only=True)
class Look:
    """Something that only looks: the requests that it sent, and the writes that the clusters counted meanwhile."""

    what: str
    requests: int
    writes: int


@dataclass
class Story:
    """A place whose wires are tapped, and what happened in it."""

    place: Place
    sent: list[Sent] = field(default_factory=list)
    watcher: Noting = field(default_factory=Noting)
    looks: list[Look] = field(default_factory=list)

    async def carry_out(self, intent: Intent) -> None:
        report = await self.place.run(intent, self.watcher)
        assert report.verdict is Verdict.DONE, report

    async def by_hand(self, method: str, path: str, body: object) -> None:
        """Somebody else does something at lyon."""
        async with self.place.lab["lyon"].client() as client:
            await succeed(client.request(method, path, json=body, params={"return_timeout": "60"}))

    async def relationship(self) -> str:
        """The first relationship of lyon."""
        async with self.place.lab["lyon"].client() as client:
            answer = await succeed(client.get("/api/snapmirror/relationships"))
        uuid: str = answer.json()["records"][0]["uuid"]
        return uuid

    async def writes(self) -> int:
        """How many the clusters have counted."""
        total = 0
        for name in CLUSTERS:
            async with self.place.lab[name].client() as client:
                total += (await succeed(client.get("/lab/calls"))).json()["writes"]
        return total

    async def look(self) -> None:
        """Everything that only looks has looked."""
        session = self.place.session
        group = session.group(GROUP)
        await self._look("check", lambda: check(session))
        await self._look("status", lambda: status(session))
        for intent in (
            protecting.protect(group),
            protecting.update(group),
            failing_over.failover(group, FailoverChoice()),
            mirrors.reprotect(group),
            drills.start(group, DrillChoice()),
        ):
            await self._look(f"plan {intent.operation}", partial(self._plan, intent))
        await self._look("apply --validate", partial(self._validate, protecting.protect(group)))

    async def _plan(self, intent: Intent) -> None:
        async with preparing.prepare(self.place.session, [intent]) as (prepared,):
            assert prepared.report.group == GROUP

    async def _validate(self, intent: Intent) -> None:
        async with preparing.prepare(self.place.session, [intent]) as (prepared,):
            assert (await prepared.validated()).clusters_say is not None

    async def _look(self, what: str, act: Callable[[], Awaitable[object]]) -> None:
        asked, written = len(self.sent), await self.writes()
        await act()
        self.looks.append(Look(what=what, requests=len(self.sent) - asked, writes=await self.writes() - written))


def tapped(story: Story) -> None:
    """From now on the story notes what its place sends."""
    session = replace(story.place.session, passphrases={"lyon": "that both of them know"})
    wires = {name: Tap(wire, story.sent) for name, wire in session.world.wires.items()}
    story.place = replace(story.place, session=replace(session, world=replace(session.world, wires=wires)))


def rescheduled(story: Story, schedule: str) -> None:
    """The configuration was edited."""
    configuration = a_configuration(story.place.root, CLUSTERS, schedule)
    story.place = replace(story.place, session=replace(story.place.session, configuration=configuration))


async def peered_for_something_else(place: Place) -> None:
    """The SVMs of the home and of oslo are peers, and not for SnapMirror."""
    async with place.lab["oslo"].client() as at_oslo, place.lab[HOME].client() as at_home:
        oslo, home = Asker(place.lab["oslo"], at_oslo), Asker(place.lab[HOME], at_home)
        peer = {"svm": {"name": SVMS[HOME]}, "cluster": {"name": HOME}}
        asked_for = {"svm.name": SVMS["oslo"], "name": "home", "peer": peer, "applications": ["flexcache"]}
        await oslo.post("/svm/peers", asked_for)
        asked = await home.one("/svm/peers")
        await home.patch(f"/svm/peers/{asked['uuid']}", {"state": "peered"})


async def come_in_by_other_doors(place: Place) -> None:
    """Clients of the home are connected by SMB, and have a qtree with an export policy of its own."""
    async with place.lab[HOME].client() as client:
        home, svm = Asker(place.lab[HOME], client), {"svm.name": SVMS[HOME]}
        await home.post("/protocols/nfs/export-policies", {"name": "guests", **svm})
        await home.post("/storage/qtrees", {"name": "q", "volume.name": "vol_1", "export_policy.name": "guests", **svm})
        service = {"name": "files", "workgroup": "LAB", **svm}
        await succeed(client.post("/api/protocols/cifs/services", json=service, params={"return_timeout": "60"}))
        await home.post("/protocols/cifs/shares", {"name": "share", "path": "/vol_1", **svm})
        share = await place.lab[HOME].doors.smb("192.0.2.50").connect(SVMS[HOME], "share")
        await share.write(b"connected", "file")


def carrying_labels(place: Place, count: int = 3) -> Place:
    """Both targets have a policy that carries what is kept common to them, and keeps so many."""

    def change(tree: dict[str, Any]) -> None:
        for target in tree["groups"][GROUP]["targets"]:
            target["policy"] = "Common"
        tree["policies"] = {"Common": {"retention": [{"label": "datamotion", "count": count}]}}

    return place.configured(change)


async def common_ground(story: Story) -> None:
    """A snapshot is kept common to both targets; a newer one takes its place, and it goes."""
    as_before = story.place
    story.place = carrying_labels(story.place, count=2)
    await story.carry_out(protecting.protect(story.place.session.group(GROUP)))
    story.place = carrying_labels(story.place)
    group = story.place.session.group(GROUP)
    for _ in range(2):
        await story.carry_out(protecting.protect(group))
        await story.carry_out(protecting.update(group))
        await anyio.sleep(3 * 3600)
    await story.carry_out(protecting.protect(group))
    story.place = as_before
    await story.carry_out(protecting.protect(story.place.session.group(GROUP)))


async def every_change(root: Path) -> Story:
    """A group's life: everything that datamotion can do to a cluster is done, looking in between."""
    async with a_place(root, targets=CLUSTERS[1:]) as place:
        await create_volumes(place.lab[HOME], ["vol_1", "vol_2", "vol_3"])
        await peered_for_something_else(place)
        await with_needs(place)
        await make_strangers(place.lab, HOME, "lyon")
        story = Story(place)
        tapped(story)
        group = story.place.session.group(GROUP)
        await story.look()
        await story.carry_out(protecting.protect(group, makes_peers=True))
        await story.carry_out(protecting.update(group))
        await story.look()
        await story.carry_out(drills.start(group, DrillChoice()))
        await story.carry_out(drills.stop(group))
        await common_ground(story)
        lyon = Selection(at="gold-lyon")
        await story.carry_out(mirrors.break_off(group, lyon))
        await story.carry_out(mirrors.resync(group, lyon, discard="gold-lyon"))
        story.place = story.place.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["!vol_3"]))
        leaving = removal.unprotect(story.place.session.group(GROUP), ["vol_3"], delete_copies=True)
        await story.carry_out(leaving)

        one = f"/api/snapmirror/relationships/{await story.relationship()}"
        await story.by_hand("PATCH", one, {"state": "paused"})
        rescheduled(story, "daily")
        await story.carry_out(protecting.protect(story.place.session.group(GROUP)))
        await story.look()

        await story.by_hand("PUT", "/lab/transfers", {"held": True})
        await story.by_hand("POST", f"{one}/transfers", {})
        await story.look()
        await come_in_by_other_doors(place)
        await story.carry_out(failing_over.failover(group, FailoverChoice()))
        await story.look()
        await story.place.run(protecting.protect(group), story.watcher)  # oslo follows the home still: not all is done
        await story.look()
        await story.by_hand("PUT", "/lab/transfers", {"held": False})
        await story.carry_out(mirrors.reprotect(group, discard=["gold-paris", "gold-oslo"]))
        await story.look()
    await every_write_comes_along(story, root / "planned")
    await what_shares_nothing_is_set_aside(story, root / "aside")
    await volumes_are_moved(story, root / "moved")
    await luns_are_moved(story, root / "luns")
    return story


async def with_needs(place: Place) -> None:
    """A volume has what no mirror carries."""
    async with place.lab[HOME].client() as client:
        needs = {"qos": {"policy": {"name": "extreme"}}, "efficiency": {"dedupe": "background"}}
        await Asker(place.lab[HOME], client).patch("/storage/volumes", needs, name="vol_1")


async def every_write_comes_along(story: Story, root: Path) -> None:
    """Another group's: it is failed over as planned."""
    async with a_place(root, targets=CLUSTERS[1:]) as place:
        await create_volumes(place.lab[HOME], ["vol_1"])
        async with place.lab[HOME].client() as client:
            lun = {"name": "/vol/vol_1/disk", "svm.name": SVMS[HOME], "os_type": "linux", "space": {"size": 2**24}}
            await Asker(place.lab[HOME], client).post("/storage/luns", lun)
            body = {"lun.name": lun["name"], "igroup.name": "hosts", "svm.name": SVMS[HOME]}
            await hosts_come_in(place, HOME)
            await Asker(place.lab[HOME], client).post("/protocols/san/lun-maps", body)
            share = {"name": "share", "path": "/vol_1", "comment": "all", "svm.name": SVMS[HOME]}
            await Asker(place.lab[HOME], client).post("/protocols/cifs/shares", share)
        await hosts_come_in(place, "lyon")
        another = Story(place, story.sent, story.watcher)
        tapped(another)
        group = another.place.session.group(GROUP)
        await another.carry_out(protecting.protect(group))
        await another.carry_out(failing_over.failover(group, FailoverChoice(is_planned=True)))


async def hosts_come_in(place: Place, name: str) -> None:
    """An SVM serves SMB, and has an igroup."""
    async with place.lab[name].client() as client:
        svm = {"svm.name": SVMS[name]}
        await Asker(place.lab[name], client).post(
            "/protocols/san/igroups", {"name": "hosts", "os_type": "linux", **svm}
        )
        service = {"name": f"files{name}", "workgroup": "LAB", **svm}
        await Asker(place.lab[name], client).post("/protocols/cifs/services", service)


async def what_shares_nothing_is_set_aside(story: Story, root: Path) -> None:
    """Another group's: with the relationship goes all that its two copies had in common."""
    async with a_place(root) as place:
        await create_volumes(place.lab[HOME], ["vol_1"])
        another = Story(place, story.sent, story.watcher)
        tapped(another)
        group = place.session.group(GROUP)
        await another.carry_out(protecting.protect(group))
        await another.carry_out(failing_over.failover(group, FailoverChoice()))
        async with place.lab["lyon"].client() as client:
            lyon = Asker(place.lab["lyon"], client)
            (mirror,) = await lyon.get("/snapmirror/relationships")
            await lyon.delete(f"/snapmirror/relationships/{mirror['uuid']}")
        await another.carry_out(mirrors.reprotect(group, discard=["gold-paris"]))


async def volumes_are_moved(story: Story, root: Path) -> None:
    """To another aggregate: a move that is held is aborted, and one that waited for it is cut over; to another site."""
    async with a_place(root, targets=CLUSTERS[1:], aggregates=("aggr1", "aggr2")) as place:
        await create_volumes(place.lab[HOME], ["vol_1"])
        another = Story(place, story.sent, story.watcher)
        tapped(another)
        session = another.place.session
        at = session.world.clock.now() + timedelta(hours=1)
        move = migrations.migration_of(session, "gold-paris:vol_1", aggregates=("aggr2",), cutover_at=at)
        with trio.move_on_after(1800):
            await another.carry_out(migrations.migrate(move))
        await another.carry_out(migrations.abort(move))
        await another.carry_out(migrations.migrate(move))
        to_lyon = migrations.migration_of(session, "gold-paris:vol_1", to="gold-lyon")
        await another.carry_out(migrations.migrate(to_lyon))


async def luns_are_moved(story: Story, root: Path) -> None:
    """To another volume, beside the old one, and to another SVM; a file too."""
    async with a_place(root, targets=CLUSTERS[1:]) as place:
        await create_volumes(place.lab[HOME], ["vol_1", "vol_2"])
        async with place.lab[HOME].client() as client:
            lun = {"name": "/vol/vol_1/disk", "svm.name": SVMS[HOME], "os_type": "linux", "space": {"size": 2**24}}
            await Asker(place.lab[HOME], client).post("/storage/luns", lun)
            home, svm = Asker(place.lab[HOME], client), {"svm.name": SVMS[HOME]}
            igroup = {"name": "hosts", "os_type": "linux", "initiators": [{"name": "iqn.2026-01.com.example:host"}]}
            await home.post("/protocols/san/igroups", {**igroup, **svm})
            its_map = {"lun.name": "/vol/vol_1/disk", "igroup.name": "hosts"}
            await home.post("/protocols/san/lun-maps", {**its_map, **svm})
            await home.post("/svm/svms", {"name": "other"})
            volume = {"name": "vol_3", "svm.name": "other", "aggregates": [{"name": "aggr1"}], "size": 2**26}
            await home.post("/storage/volumes", volume)
        backend = {"cluster": HOME, "svm": "other", "volumes": ["*"]}
        configured = place.configured(lambda tree: tree["backends"].update({"gold-other": backend}))
        another = Story(configured, story.sent, story.watcher)
        tapped(another)
        file = place.tree(HOME, "vol_1") / "image.raw"
        file.write_bytes(b"bytes")
        os.utime(file, (file.stat().st_mtime - 3600,) * 2)
        for what, to, keeps_source in (
            ("vol_1/image.raw", "gold-paris:vol_1/folder/twin.raw", True),
            ("vol_1/image.raw", "gold-paris:vol_2", False),
            ("vol_1/disk", "gold-paris:vol_1/twin", True),
            ("vol_1/disk", "gold-paris:vol_2", False),
            ("vol_2/disk", "gold-other:vol_3", False),
        ):
            migration = migrations.migration_of(
                another.place.session, f"gold-paris:{what}", to=to, keeps_source=keeps_source
            )
            await another.carry_out(migrations.migrate(migration))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    root = tmp_path_factory.mktemp("story")
    return trio.run(every_change, root, clock=MockClock(autojump_threshold=0))


def test_the_story_makes_every_change_that_there_is(story: Story) -> None:
    assert story.watcher.asked == {kind for kind, row in KINDS.items() if row.is_asked_for and kind is not RunHook}
    assert KINDS.keys() == set(get_args(Change))


def test_the_story_gives_a_volume_all_that_clients_need(story: Story) -> None:
    bodies = [sent.body for sent in story.sent if sent.method == "PATCH" and sent.body and "volumes" in sent.route]
    told = {name for body in bodies for each in (body, *body.get("records", ())) for name in each}
    assert {"nas", "comment", "snapshot_policy", "qos", "autosize", "efficiency"} <= told


def test_what_only_looks_asks_and_writes_nothing(story: Story) -> None:
    assert {look.what for look in story.looks} == {
        "check",
        "status",
        "plan protect",
        "plan update",
        "plan failover",
        "plan reprotect",
        "plan drill",
        "apply --validate",
    }
    assert [look for look in story.looks if not look.requests or look.writes] == []
    assert any(sent.method != "GET" for sent in story.sent)


def test_every_body_fits_the_schema_of_its_resource(story: Story) -> None:
    writes = [sent for sent in story.sent if sent.method not in ("GET", "DELETE")]
    assert {(sent.method, sent.resource.__name__) for sent in writes} >= {
        ("POST", "Volume"),
        ("PATCH", "Volume"),
        ("PATCH", "SvmPeer"),
        ("PATCH", "SnapmirrorRelationship"),
        ("POST", "SnapmirrorTransfer"),
    }
    for sent in writes:
        for body in sent.bodies:
            assert_fits(sent.resource, sent.method, body)
            assert complaints(dict(body), sent.resource) + wrong_choices(body, sent.resource) == [], sent


def test_every_field_that_is_asked_for_or_by_is_one_of_its_resource(story: Story) -> None:
    asked = {(sent.resource, name) for sent in story.sent for name in _fields_of(sent)}
    assert [f"{resource.__name__}: {name}" for resource, name in asked if not knows(resource._schema(), name)] == []


def test_only_relationships_and_volumes_are_changed_many_at_once_and_only_by_uuid(story: Story) -> None:
    many = [sent for sent in story.sent if sent.method == "PATCH" and not sent.route.endswith("}")]
    assert {sent.resource.__name__ for sent in many} == {"SnapmirrorRelationship", "Volume"}
    for sent in many:
        assert sent.body is not None
        uuids = [each["uuid"] for each in sent.body["records"]] if "records" in sent.body else [sent.query.get("uuid")]
        assert all(uuid and "*" not in uuid for uuid in uuids), sent


def _fields_of(sent: Sent) -> set[str]:
    listed = set(sent.query.get("fields", "").split(",")) - {""}
    return listed | (sent.query.keys() - _OF_ANY_COLLECTION - _OPTIONS)
