"""When a file is copied, given its name and removed: by what is seen of the three that there may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datamotion.model.item_acts import MakeFolder
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import CopyJob, FileName, PlacedFile
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView
from datamotion.policy.migrate import abort_planner, migrate_planner
from datamotion.policy.movers.file_names import aside, copied, unnamed
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from tests.datamotion.building import HOME, a_cluster_view, a_volume, changes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIGRATION = ItemMigration(
    source=HOME, volume="vol_1", path="a/file", to=HOME, to_volume="vol_2", to_path="a/file", keeps_source=False
)
SOURCE, GOAL = FileName(HOME.svm, "vol_1", "a/file"), FileName(HOME.svm, "vol_2", "a/file")
FOLDER = FileName(HOME.svm, "vol_2", "a")
OLD, CHECKED, COPY = aside(MIGRATION), copied(MIGRATION), unnamed(MIGRATION)
ALL = ["RenameFile", "CopyFile", "RenameFile", "RenameFile", "DeleteFile"]


def a_file(name: FileName, minutes: int = -60, **more: Any) -> PlacedFile:
    """Written to last so many minutes from now."""
    at = NOW + timedelta(minutes=minutes)
    file = PlacedFile(name=name, kind="file", size_bytes=100, used_bytes=4096, modified_at=at)
    return replace(file, **more)


def planned(
    *files: PlacedFile,
    aborted: bool = False,
    jobs: tuple[CopyJob, ...] = (),
    is_without_folder: bool = False,
    **more: Any,
) -> Plan:
    migration = replace(MIGRATION, **more)
    vol_2 = a_volume("vol_2", uuid="v2", comment="")
    view: ClusterView = a_cluster_view(HOME, [a_volume(comment=""), vol_2], claims=())
    files = files if is_without_folder else (*files, a_file(FOLDER, kind="directory"))
    view = replace(view, files=files, copy_jobs=jobs)
    planner = abort_planner(migration) if aborted else migrate_planner(migration)
    return planner(Situation.at_first_sight(stand(migration.group, {"paris": view})))


def acts(plan: Plan) -> list[str]:
    return [type(each).__name__ for each in changes(plan)]


RUNNING = CopyJob(uuid="j-1", state="running", ended_at=None)


@pytest.mark.parametrize(
    ("files", "jobs", "asked_for"),
    [
        ((a_file(SOURCE),), (), ALL),
        ((a_file(OLD),), (), ALL[1:]),
        ((a_file(OLD), a_file(COPY, -1)), (), ["DeleteFile", *ALL[1:]]),  # nobody saw that it was whole
        ((a_file(OLD), a_file(COPY, -1)), (RUNNING,), []),
        ((a_file(CHECKED), a_file(COPY, -1)), (), ALL[3:]),
        (
            (a_file(CHECKED), a_file(COPY, -60)),
            (),
            [ALL[0], "DeleteFile", *ALL[1:]],
        ),  # it may have been written to since
        ((a_file(CHECKED),), (), ALL),  # somebody took the copy away
        ((a_file(CHECKED), a_file(GOAL, -1)), (), ["DeleteFile"]),
        ((a_file(CHECKED), a_file(GOAL, -1, size_bytes=200)), (), []),  # clients wrote to it, or it is another one
        ((a_file(SOURCE), a_file(COPY, -1)), (), [ALL[0], "DeleteFile", *ALL[1:]]),  # an undoing was cut off
        ((a_file(COPY, -1),), (), []),  # somebody took the old one away: it may be the only one
        (
            (a_file(CHECKED), a_file(GOAL, -60)),
            (),
            [],
        ),  # as old as the copy: it may have been written to in that second
        ((a_file(CHECKED, -1), a_file(GOAL, -60)), (), []),
        ((a_file(OLD), a_file(GOAL, -1)), (), []),  # somebody made the one that is there
        ((a_file(OLD), a_file(COPY, -1), a_file(GOAL, -1)), (), []),
        ((a_file(CHECKED), a_file(COPY, -1), a_file(GOAL, -1)), (), []),
        ((a_file(OLD), a_file(SOURCE)), (), []),  # somebody made another one of that name
        ((a_file(SOURCE), a_file(GOAL)), (), []),
        ((a_file(SOURCE, kind="directory"),), (), []),
        ((), (), []),
    ],
)
def test_no_old_file_goes_before_the_new_one_was_whole(
    files: tuple[PlacedFile, ...], jobs: tuple[CopyJob, ...], asked_for: list[str]
) -> None:
    plan = planned(*files, jobs=jobs)
    assert acts(plan) == asked_for
    assert bool(plan.refusals) is (not asked_for)


def test_one_that_is_where_it_was_to_go_and_nowhere_else_is_left() -> None:
    plan = planned(a_file(GOAL))
    assert (acts(plan), plan.refusals) == ([], ())
    assert tuple(each.text for each in plan.notes) == (
        "There is one at gold-paris:vol_2/a/file, and none at gold-paris:vol_1/a/file.",
    )


def test_it_is_undone_until_the_copy_has_its_name() -> None:
    assert acts(planned(a_file(OLD), aborted=True)) == ["RenameFile"]
    assert acts(planned(a_file(OLD), a_file(COPY), aborted=True)) == ["RenameFile", "DeleteFile"]
    assert acts(planned(a_file(CHECKED), a_file(COPY), aborted=True)) == ["RenameFile", "DeleteFile"]
    assert acts(planned(a_file(SOURCE), a_file(COPY), aborted=True)) == ["DeleteFile"]
    for files in ([a_file(COPY)], [a_file(OLD), a_file(SOURCE), a_file(COPY)]):
        plan = planned(*files, aborted=True)
        assert (acts(plan), bool(plan.refusals)) == ([], True)
    assert acts(planned(a_file(OLD), a_file(GOAL), aborted=True)) == ["RenameFile"], "that is somebody else's"
    assert acts(planned(a_file(CHECKED), a_file(COPY), a_file(GOAL), aborted=True)) == ["RenameFile", "DeleteFile"]
    assert planned(a_file(CHECKED), a_file(GOAL), aborted=True).refused
    assert planned(a_file(SOURCE), aborted=True).refused


def test_one_that_is_to_stay_is_put_back() -> None:
    plan = planned(a_file(CHECKED), a_file(GOAL, -1), keeps_source=True)
    assert acts(plan) == ["RenameFile"]
    assert planned(a_file(SOURCE), a_file(GOAL), keeps_source=True).refusals


def folders(plan: Plan) -> list[str]:
    return [each.name.path for each in changes(plan) if isinstance(each, MakeFolder)]


def test_folders_on_its_way_are_made_one_in_the_other_before_anything_is_touched() -> None:
    plan = planned(a_file(SOURCE), is_without_folder=True, to_path="a/b/file")
    assert folders(plan) == ["a"]
    assert plan.then == ("the file is copied as soon as its folder is there",)
    assert folders(planned(a_file(SOURCE), to_path="a/b/file")) == ["a/b"]


@pytest.mark.parametrize(
    ("path", "to_path", "mode"),
    [
        ("a/file", "a/file", 750),
        ("a/file", "b/file", 750),
        ("a/file", "b/other", None),  # whether this folder stands for that one nobody knows
        ("x/a/file", "b/a/file", None),  # of `x` nothing is seen
        ("file", "b/file", None),
    ],
)
def test_a_folder_that_is_made_has_the_mode_of_the_one_it_stands_for(path: str, to_path: str, mode: int | None) -> None:
    source = a_file(FileName(HOME.svm, "vol_1", path))
    folder = a_file(FileName(HOME.svm, "vol_1", "a"), kind="directory", mode=750)
    plan = planned(source, folder, is_without_folder=True, path=path, to_path=to_path)
    assert [each.mode for each in changes(plan) if isinstance(each, MakeFolder)] == [mode]


@pytest.mark.parametrize(
    ("more", "mechanism", "asked_for"),
    [
        ({}, "another path", ["RenameFile"]),
        ({"keeps_source": True}, "FlexClone of the file", ["CloneFile"]),
        ({"to_path": "c/other"}, "another path", ["MakeFolder"]),
        ({"to_path": "a/file"}, "another path", []),  # it is there
    ],
)
def test_within_its_volume_nothing_is_copied(more: dict[str, Any], mechanism: str, asked_for: list[str]) -> None:
    folder = a_file(FileName(HOME.svm, "vol_1", "a"), kind="directory")
    plan = planned(a_file(SOURCE), folder, **{"to_volume": "vol_1", "to_path": "a/other", **more})
    assert plan.offer is not None
    assert (plan.offer.mechanism, plan.offer.data, acts(plan)) == (mechanism, 0, asked_for)
    assert [each.mechanism for each in plan.offers] == [
        "another path",
        "FlexClone of the file",
        "file copy",
        "copy through this host",
    ]
    assert bool(plan.holds) is (not asked_for)
    assert planned(a_file(SOURCE), aborted=True, to_volume="vol_1", to_path="a/other").refused
