"""The page about the choice of a mechanism: asked of the mechanisms themselves, for each pair of places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from datamotion.model.group import Backend, Group
from datamotion.model.group_migration import GroupMigration
from datamotion.model.item_migration import ItemMigration
from datamotion.model.migration import Migration
from datamotion.model.plan import Offer
from datamotion.model.view import Unseen
from datamotion.policy.migrate import OF_FILES, OF_LUNS, OF_VOLUMES
from datamotion.policy.movers.group_home import GROUP_HOME
from datamotion.policy.movers.offer import M, Mover
from datamotion.policy.standing.standing import stand

_INTRODUCTION = """\
<!-- Made from src/datamotion/policy/movers by `make docs`; changes here are overwritten. -->
# Which way a migration takes

`datamotion migrate WHAT --to PLACE` takes the cheapest mechanism that the two places allow. `--explain` shows all of
them with what they cost, what clients notice and why one is not taken, and stops.
`datamotion migrate BACKEND --all --to PLACE` brings all volumes of a back end there, as `BACKEND:*` does.
What each does, call by call, and what undoes it: [migrations](design/migrations.md).

```mermaid
flowchart LR"""

_BETWEEN = """```

| what | where it goes | mechanism | what clients notice | what it needs |
|---|---|---|---|---|"""

_CINDER = """
In each row the old object goes only once the new one was seen whole, and `--keep-source` leaves it. What is under way
`datamotion migrations` lists; the same command goes on with it, and `--abort` goes back as long as nothing is decided.
Of two commands that bring the same volumes to two places that one goes on whose mark they bear: the other is refused,
told where they go, and undone by its own `--abort`, for which the first one waits before it deletes what it left.

## Beside Cinder's driver
What `migrate_volume_ontap_assisted` of Cinder's NetApp driver (`utils/data_motion.py`, with `block_cmode.py` and
`nfs_cmode.py`) does in each case. A volume of Cinder is a LUN or a file there, and a pool is a volume of ONTAP.

| case | Cinder's driver | `datamotion migrate` | shown by |
|---|---|---|---|
"""


class _Case(NamedTuple):
    case: str
    theirs: str
    ours: str
    shown_by: tuple[tuple[str, str], ...]  # a module of tests, and one of them


_LUNS, _FILES = "together/test_migrate_luns.py", "together/test_migrate_files.py"
_BETWEEN_SVMS = "together/test_migrate_luns_between.py"
_ABORTED = "test_killed_at_any_call_and_aborted_it_is_as_it_was_or_only_goes_on"
_GOES_ON = "test_killed_at_any_call_it_goes_on_where_it_was"
_CASES = (
    _Case(
        "the same pool",
        "nothing to do",
        "nothing to do; another name there is a rename, or with `--keep-source` a clone",
        ((_LUNS, "test_within_its_volume_it_is_renamed_or_cloned_where_the_old_one_is_to_stay"),),
    ),
    _Case(
        "a LUN, another pool of the SVM",
        "LUN move; at its timeout the volume goes into maintenance, and a person looks",
        "LUN move, followed as long as it moves; the same command goes on",
        (
            (_LUNS, "test_a_lun_moves_to_another_volume_while_its_host_writes"),
            (_LUNS, "test_killed_at_any_call_the_same_command_ends_in_the_same_place"),
        ),
    ),
    _Case(
        "a file, another pool of the SVM",
        "file copy, then the source is deleted; where the volume is in use it gives up, and Cinder copies by a host",
        "file copy; the source is taken aside first, and stays where it may have been written to",
        (
            (_FILES, "test_a_file_is_copied_whole_and_only_then_removed"),
            (_FILES, "test_a_file_that_is_written_to_meanwhile_stays"),
        ),
    ),
    _Case(
        "a LUN, another SVM",
        "peers with `lun_copy`, LUN copy, then the source is deleted; an error where the volume is in use",
        "the same, with hosts kept away by the cluster itself; igroups and maps are made as the old LUN has them",
        ((_BETWEEN_SVMS, "test_a_lun_is_copied_whole_while_its_host_is_kept_away"),),
    ),
    _Case(
        "a file, another SVM",
        "peers with `file_copy`, file copy, then the source is deleted",
        "the same; it has its name only once it is whole",
        ((_FILES, "test_a_file_is_copied_whole_and_only_then_removed"),),
    ),
    _Case(
        "SVMs that are peers, not for copies",
        "an error",
        "the application is added to the peering",
        (("datamotion/policy/test_peering.py", "test_a_peering_for_other_applications_gets_snapmirror_beside_them"),),
    ),
    _Case(
        "a copy fails or takes too long",
        "it is cancelled, else what is there is deleted, else a warning asks a person to",
        "the same command begins anew or goes on, and `--abort` takes it away",
        ((_BETWEEN_SVMS, _ABORTED), (_FILES, _ABORTED)),
    ),
    _Case(
        "the process ends in the middle",
        "nothing of it is noted",
        "marks and names at the cluster tell any run how far it is",
        ((_BETWEEN_SVMS, _GOES_ON), (_FILES, _GOES_ON)),
    ),
    _Case(
        "no cluster-wide account",
        "gives up between back ends; Cinder copies by a host",
        "each thing that the account does not see is a refusal of its own, which names it",
        (("datamotion/policy/test_migrate_item_choice.py", "test_the_cheapest_that_the_two_places_allow"),),
    ),
    _Case(
        "another cluster",
        "gives up; Cinder copies by a host",
        "the whole ONTAP volume goes, by SnapMirror, with all its snapshots; a LUN or file alone is refused so",
        (
            (
                "together/test_migrate.py",
                "test_a_volume_goes_to_another_cluster_with_all_its_snapshots_and_the_old_one_goes",
            ),
            ("datamotion/policy/test_migrate_item_choice.py", "test_to_another_cluster_the_whole_volume_is_to_go"),
        ),
    ),
    _Case(
        "many at once",
        "a request each",
        "a pattern or a folder, in an order, under a limit, with one total",
        (("together/test_migrate_many.py", "test_luns_are_copied_side_by_side_and_no_more_than_were_allowed"),),
    ),
)

_HERE = Backend(name="here", cluster="one", svm="svm", volumes=("*",))
_BESIDE = Backend(name="beside", cluster="one", svm="other", volumes=("*",))
_THERE = Backend(name="there", cluster="two", svm="svm", volumes=("*",))
_SILENT = Unseen(reason="nothing was looked at")


class _Way(NamedTuple):
    what: str
    where: str
    offer: Offer

    @property
    def mechanism(self) -> str:
        return self.offer.mechanism if _is_allowed(self.offer) else "none: its whole volume goes"


def migrating_page() -> str:
    """Markdown with a Mermaid picture."""
    ways = [*_of_volumes(), *_of_groups(), *_of_items("a LUN", OF_LUNS), *_of_items("a file", OF_FILES)]
    return "\n".join([_INTRODUCTION, *_picture(ways), _BETWEEN, *map(_row, ways), _CINDER + _cases()])


def _of_volumes() -> Iterator[_Way]:
    for where, to in (
        ("another aggregate of its SVM", _HERE),
        ("another SVM of its cluster", _BESIDE),
        ("another cluster", _THERE),
    ):
        migration = Migration(source=_HERE, volumes=("*",), to=to, aggregates=("aggregate",))
        yield _Way("a volume", where, _taken(OF_VOLUMES, migration))


def _of_groups() -> Iterator[_Way]:
    group = Group(name="group", home=_HERE, targets=())
    for where, to in (("another SVM of its cluster", _BESIDE), ("another cluster", _THERE)):
        migration = GroupMigration(of=group, to=to, aggregates=("aggregate",))
        yield _Way("a protected group", where, _taken((GROUP_HOME,), migration))


def _of_items(what: str, movers: Sequence[Mover[ItemMigration]]) -> Iterator[_Way]:
    for where, to, volume, keeps_source in (
        ("another path in its volume", _HERE, "volume", False),
        ("the same, and the old one stays", _HERE, "volume", True),
        ("another volume of its SVM", _HERE, "other", False),
        ("another SVM of its cluster", _BESIDE, "other", False),
        ("another cluster", _THERE, "other", False),
    ):
        migration = ItemMigration(
            source=_HERE,
            volume="volume",
            path="old",
            to=to,
            to_volume=volume,
            to_path="new",
            keeps_source=keeps_source,
        )
        yield _Way(what, where, _taken(movers, migration))


def _taken(movers: Sequence[Mover[M]], migration: M) -> Offer:
    """What is said by the first that two such places allow, before anything is looked at; else by one made for them."""
    standing = stand(migration.group, dict.fromkeys(("one", "two"), _SILENT))
    meant = [each.offer(migration, standing) for each in movers if each.is_meant(migration, standing)]
    return next(filter(_is_allowed, meant), meant[0])


def _is_allowed(offer: Offer) -> bool:
    """Whether nothing speaks against it but that nobody has looked."""
    return offer.why_not is None or offer.why_not.unseen is not None


def _picture(ways: Sequence[_Way]) -> Iterator[str]:
    ends = list(dict.fromkeys(way.mechanism for way in ways))
    for number, (what, of_kind) in enumerate(groupby(ways, key=lambda way: way.what)):
        yield f"    kind{number}([{what}])"
        for way in of_kind:
            yield f'    kind{number} -- "{way.where}" --> end{ends.index(way.mechanism)}["{way.mechanism}"]'


def _row(way: _Way) -> str:
    if way.offer.mechanism != way.mechanism:
        return f"| {way.what} | {way.where} | {way.mechanism} | | |"
    return f"| {way.what} | {way.where} | {way.mechanism} | {way.offer.interruption} | {way.offer.needs} |"


def _cases() -> str:
    return "".join(
        f"| {each.case} | {each.theirs} | {each.ours} |"
        f" {', '.join(f'[`{test}`](../tests/{module})' for module, test in each.shown_by)} |\n"
        for each in _CASES
    )
