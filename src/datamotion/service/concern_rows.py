"""The kinds of things that `status` says with a `!` or a `-`: each a row.

docs/status.md is made from `ROWS`, which are in the order in which they are told: the worst first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from datamotion.model.standing import DoubtKind
from datamotion.service.status_reports import Severity


class Kind(StrEnum):
    """What `status` finds by itself, beside the doubts of a standing."""

    SILENT = "silent"
    SAYS_NO = "says no"
    NOT_ASKED = "not asked"
    NO_SVM = "no svm"
    SVM_DOWN = "svm down"
    CLOCK_OFF = "clock off"
    UNDECIDED = "undecided"
    DIVIDED = "divided"
    TAKEN_UNSEEN = "taken unseen"
    FORGOTTEN = "forgotten"
    OVERTAKEN = "overtaken"
    BROKEN_OPEN = "broken open"
    SERVED_OFFLINE = "served offline"
    SHUT_OUT = "shut out"
    UNMOUNTED = "unmounted"
    UNPROTECTED = "unprotected"
    NO_MIRROR = "no mirror"
    NOT_MIRRORED_HERE = "not mirrored here"
    STALE = "stale"
    FENCED = "fenced"
    BROKEN_FENCED = "broken fenced"
    DETACHED = "detached"
    HALF_RESYNCED = "half resynced"
    BROKEN = "broken"
    RELEASED = "released"
    UNLISTED = "not listed"
    OFFLINE = "offline"
    NO_ROOM = "no room"
    UNHEALTHY = "unhealthy"
    EMPTY = "empty"
    PATH_TAKEN = "path taken"
    GEOMETRY = "geometry"
    PAUSED = "paused"
    LATE = "late"
    AGE_UNKNOWN = "age unknown"
    VAULT = "vault"
    CLOCK_DIFFERS = "clock differs"
    NO_SCHEDULE = "no schedule"
    MOUNTED_OPEN = "mounted open"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class Row:
    """`meaning` says when it is told. `text` and `hint` are filled in with the words of a concern.

    What has no text of its own brings it along: a doubt is a sentence with its evidence.
    """

    severity: Severity
    exit_status: int
    meaning: str
    text: str = ""
    hint: str = ""


CLOCK_LIMIT = "`clock_limit` of the cluster says how much is borne with"

_BAD, _WARN, _NOTE = (Severity.CRITICAL, 1), (Severity.WARNING, 1), (Severity.NOTE, 0)

_TAKEN_UP = "datamotion reprotect {group} takes it up again, and says first what that gives up"

ROWS: Mapping[Kind | DoubtKind, Row] = {
    DoubtKind.TWO_SERVE: Row(
        *_BAD, "Two back ends claim a volume, neither overtook the other, and both copies can be written."
    ),
    DoubtKind.SERVES_AND_RECEIVES: Row(*_BAD, "The copy that is said to serve cannot be written."),
    DoubtKind.VANISHED: Row(*_BAD, "The copy that served is not there any more."),
    DoubtKind.UNCLAIMED: Row(*_BAD, "Volumes are marked, and no claim says who serves them."),
    DoubtKind.UNREADABLE_CLAIM: Row(*_BAD, "A claim does not tell who took its epoch."),
    DoubtKind.TAKEN_ELSEWHERE: Row(
        *_BAD, "A claim gives the group to a back end that is none of it in this configuration."
    ),
    DoubtKind.UNSIGNED_CLAIM: Row(
        *_BAD, "A claim that was not made with the group's secret, beside one that was. It counts for nothing."
    ),
    DoubtKind.CONTRADICTED: Row(*_BAD, "A claim that what was seen speaks against. It counts for nothing."),
    DoubtKind.UNSEEN_CLAIM: Row(*_BAD, "A back end that cannot be seen has taken over, and may serve the volume."),
    DoubtKind.REPLACED: Row(*_BAD, "Another volume has the name of one that is protected."),
    DoubtKind.UNREADABLE: Row(*_BAD, "A record of a copy, or of one that may be a copy, cannot be read."),
    DoubtKind.UNREADABLE_RECORD: Row(
        *_WARN, "A record of another kind (a policy, a schedule, a peering) cannot be read: what needs it waits."
    ),
    DoubtKind.AMBIGUOUS: Row(*_BAD, "Several volumes have the mark of one copy."),
    DoubtKind.FOREIGN_SOURCE: Row(*_BAD, "A copy is a mirror of something else than its volume."),
    Kind.UNDECIDED: Row(
        *_BAD,
        "Nobody can tell who serves a volume.",
        "nobody can tell who serves: {cause}",
        "datamotion settle {group} --keep BACKEND says who does, and what that gives up",
    ),
    Kind.TAKEN_UNSEEN: Row(
        *_BAD,
        "A failover from here took an epoch that nobody in sight knows of, for a back end that cannot be seen.",
        "{backend} was taken over to in {cause}, by a run from here, and cannot be seen: it may serve on, and what it"
        " served is in no copy in sight",
        "datamotion apply {group} keeps clients out of what it overtook; if it is lost: datamotion settle {group}"
        " --keep BACKEND lets that one serve, and says what that gives up",
    ),
    Kind.FORGOTTEN: Row(
        *_WARN,
        "A back end cannot be seen, and the store of this host cannot be read: it may know of a failover that nobody in"
        " sight knows of.",
        "{cause}: a failover that was done from here and that nobody in sight knows of is not known, and what it"
        " overtook would be told as serving",
        "mend the store, or name the one that is meant as `store` in the configuration; until then nothing but its runs"
        " says whether {group} was failed over to what cannot be seen",
    ),
    Kind.OVERTAKEN: Row(
        *_BAD,
        "A copy that another one overtook is not fenced: clients may still write to it.",
        "overtaken by {by}, not fenced yet: clients may still write here",
        "{what_next}",
    ),
    Kind.BROKEN_OPEN: Row(
        *_BAD,
        "A copy was overtaken, became a mirror, and was broken off by no failover: it is not fenced.",
        "its mirror of {source} was broken off, by no failover, and it is not fenced: clients may write here",
        "{what_next}; then datamotion resync {group} --at {backend} says what making it a mirror again gives up",
    ),
    DoubtKind.FROZEN: Row(
        *_BAD,
        "A planned failover keeps clients away from what serves, or is about to; or somebody let them in again.",
    ),
    DoubtKind.UNFINISHED_CLAIM: Row(*_BAD, "A failover goes on, or was cut short."),
    Kind.DIVIDED: Row(
        *_BAD,
        "The volumes are served by several back ends, as after a failover of some of them.",
        "the volumes are divided: {cause}",
        "each volume follows the copy that serves it; datamotion failover {group} --to BACKEND brings them together",
    ),
    Kind.SILENT: Row(
        Severity.CRITICAL, 4, "A cluster does not answer.", "{backend} cannot be seen: {cause}", "{what_next}"
    ),
    Kind.SAYS_NO: Row(
        *_BAD,
        "A cluster answers, and says no: a wrong password is not a lost site.",
        "{backend} cannot be seen, though its cluster answers: {cause}",
        "{what_next}",
    ),
    Kind.NOT_ASKED: Row(
        *_BAD,
        "A cluster cannot be asked from here: its secret or its CA file cannot be had.",
        "{backend} cannot be seen: {cause}",
        "{what_next}",
    ),
    Kind.NO_SVM: Row(
        *_BAD,
        "A cluster has no SVM of the name that is configured.",
        "{cluster} has no SVM {svm}",
        "correct `svm` of {backend} in the configuration",
    ),
    Kind.SVM_DOWN: Row(
        *_BAD,
        "The SVM of a back end does not run.",
        "SVM {svm} of {cluster} is {cause}",
        "at {cluster}: vserver start -vserver {svm}",
    ),
    Kind.CLOCK_OFF: Row(
        *_WARN,
        "A cluster's clock differs from ours by more than its `clock_limit`, or cannot be read: no age that depends on"
        " it is believed.",
        "the clock of {cluster} {cause}: how old its mirrors are is not known",
        "compare it with others: at {cluster}: cluster date show; {what_next}",
    ),
    Kind.SERVED_OFFLINE: Row(
        *_BAD,
        "The copy that serves is not online.",
        "it serves, and is {cause}",
        "at {cluster}: volume online -vserver {svm} -volume {name}",
    ),
    Kind.SHUT_OUT: Row(
        *_BAD,
        "The copy that serves is fenced: no client comes.",
        "it serves, and is fenced: no client comes",
        "{what_next}",
    ),
    Kind.UNMOUNTED: Row(
        *_BAD,
        "The copy that serves is mounted nowhere, though its mark says where its clients look for it.",
        "it serves, and is not mounted",
        "{what_next}",
    ),
    Kind.UNPROTECTED: Row(
        *_WARN,
        "Since it was taken over, nothing mirrors the copy that serves.",
        "unprotected since {since}: {nothing} mirrors what {backend} serves",
        "{what_next}",
    ),
    Kind.NO_MIRROR: Row(
        *_WARN,
        "Nothing mirrors the copy that serves.",
        "no mirror: {nothing} mirrors what {backend} serves",
        "{what_next}",
    ),
    Kind.RELEASED: Row(
        *_WARN,
        "A mirror fails because its source has released it, or because they have no snapshot in common any more.",
        "fails: {cause}",
        _TAKEN_UP,
    ),
    Kind.UNLISTED: Row(
        *_WARN,
        "The source of a mirror does not list it any more, as after `forget` of its back end: none may be carried.",
        "{source}, whence it comes, does not list it any more, as after a release: the next transfer may fail",
        f"datamotion update {{group}} shows whether one comes; where none does, {_TAKEN_UP}",
    ),
    Kind.OFFLINE: Row(
        *_WARN,
        "A mirror cannot be written by transfers: its volume is not online.",
        "its volume is {cause}: no transfer can arrive",
        "at {cluster}: volume online -vserver {svm} -volume {name}",
    ),
    Kind.NO_ROOM: Row(
        *_WARN,
        "A mirror fails for want of space.",
        "fails: {cause}",
        "make room at {cluster} on {aggregates}, or move the volume to another aggregate; datamotion update {group}"
        " carries on then",
    ),
    Kind.UNHEALTHY: Row(
        *_WARN,
        "A mirror fails for any other reason; it is told in the cluster's own words.",
        "unhealthy: {cause}",
        "datamotion update {group} tries again; at {cluster}: snapmirror show -destination-path {svm}:{name} -instance"
        " tells more",
    ),
    Kind.STALE: Row(
        *_WARN,
        "A mirror comes from a copy that does not serve: however small its lag, what is served is not in it.",
        "a mirror of {source}, which does not serve: nothing of what {active} serves is sure to be in it",
        "datamotion reprotect {group} makes it follow {active}",
    ),
    Kind.BROKEN: Row(
        *_WARN,
        "A copy can be written though no failover made it so.",
        "can be written though no failover made it so ({cause}): no transfer arrives",
        "see what was written there; datamotion failover {group} --to {backend} --unplanned would serve it, and"
        " datamotion resync {group} --at {backend} says what making it a mirror again gives up",
    ),
    Kind.FENCED: Row(
        *_WARN,
        "A copy served before, and is fenced: it is no mirror, and may hold writes that no other copy has.",
        "served before, and is fenced: nothing is mirrored to it",
        "see what was written there; datamotion reprotect {group} says what making it a mirror again gives up, and"
        " nothing resyncs it unasked",
    ),
    Kind.BROKEN_FENCED: Row(
        *_WARN,
        "A copy was overtaken, became a mirror, and was broken off by no failover; no client comes to it.",
        "its mirror of {source} was broken off, by no failover, and it is fenced: nothing is mirrored to it",
        "datamotion resync {group} --at {backend} says what making it a mirror again gives up",
    ),
    Kind.DETACHED: Row(
        *_WARN,
        "A mirror has lost its relationship.",
        "no relationship ends in it any more: no transfer arrives",
        "{what_next}",
    ),
    Kind.HALF_RESYNCED: Row(
        *_WARN,
        "A mirror was to be made of a copy again, and that has not come to its end.",
        "its resync {cause}: it holds the snapshot from which that began",
        "datamotion resync {group} --at {backend} goes on with it",
    ),
    Kind.NOT_MIRRORED_HERE: Row(
        *_WARN,
        "A target holds no copy of a volume.",
        "not mirrored here",
        "datamotion apply {group} makes the mirror",
    ),
    Kind.EMPTY: Row(
        *_WARN,
        "A mirror holds no complete copy yet: there is nothing to fail over to.",
        "holds no complete copy yet: {cause}",
        "{way}",
    ),
    Kind.PATH_TAKEN: Row(
        *_WARN,
        "A mirror could not be served: another volume is mounted where its clients look for it.",
        "could not be served: {cause}",
        "at {cluster}: unmount that volume, or mount it elsewhere",
    ),
    Kind.GEOMETRY: Row(
        *_WARN,
        "A FlexGroup and its mirror have not as many constituents: nothing is carried until they have.",
        "its volume has {cause}",
        "datamotion apply {group} expands it where ONTAP can, and says what else would mend it",
    ),
    Kind.PAUSED: Row(
        *_WARN,
        "A mirror is paused. Who paused it is known where `pause` did: then `apply` leaves it, and `resume` ends it.",
        "{cause}: no transfer starts",
        "{what_next}",
    ),
    Kind.LATE: Row(
        *_WARN,
        "A mirror is older than the group's RPO.",
        "older than the RPO of {rpo}: {worst}",
        "datamotion update {group} carries what is served now",
    ),
    Kind.AGE_UNKNOWN: Row(
        *_WARN,
        "There is an RPO, and how old a mirror is the cluster does not tell, or by a clock that nobody can believe.",
        "the cluster {cause}; the RPO is {rpo}",
        "{what_next}",
    ),
    Kind.VAULT: Row(
        *_WARN,
        "A mirror's policy is a vault's: it carries snapshots with certain labels, never the newest writes.",
        "policy {cause} is a vault's: it carries snapshots with its labels alone, never the newest writes",
        "set `policy` of {backend} in the configuration to one that mirrors, as Asynchronous",
    ),
    DoubtKind.UNMARKED: Row(*_WARN, "A copy has lost its mark."),
    DoubtKind.LEFT_OUT: Row(*_WARN, "The patterns do not select a volume any more that is protected."),
    DoubtKind.NOTHING_SELECTED: Row(*_WARN, "The patterns of the back end that serves match no volume."),
    Kind.CLOCK_DIFFERS: Row(
        *_NOTE,
        "A cluster's clock differs from ours by a second at least, and by no more than its `clock_limit`.",
        "the clock of {cluster} {cause}, which is taken out of the ages that it tells",
    ),
    Kind.NO_SCHEDULE: Row(
        *_NOTE,
        "A mirror follows no schedule.",
        "follows no schedule: nothing is carried to it by itself",
        "datamotion update {group} carries what is served now",
    ),
    Kind.MOUNTED_OPEN: Row(
        *_NOTE,
        "A mirror is mounted, and its export policy is not the one that lets nobody in: whoever comes reads it, and can"
        " write as soon as it is broken off.",
        "mounted, and clients come in by export policy {cause}: who reads there can write once it is broken off",
        "{what_next}",
    ),
    Kind.DRILL: Row(
        *_NOTE,
        "Clones of mirrors are served for a drill.",
        "a drill serves {cause}, until {what_next}",
        "datamotion drill stop {group} removes them; so does the next run that changes the group after that",
    ),
    DoubtKind.RENAMED: Row(*_NOTE, "The copy that serves was renamed; it is the same volume."),
    DoubtKind.NOT_A_MEMBER: Row(*_NOTE, "A mirror in the group's SVM of a volume that the group does not protect."),
}
