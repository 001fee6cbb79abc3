"""ONTAP's error codes that we act on or can explain; any other is told in the cluster's own words.

`source` is the section or the request of NetApp's ONTAP REST reference that lists the code. All are known by document;
none was yet seen on a real cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datamotion.errors import ClusterRefused

NO_API = "3"
NOT_FOUND = "4"
DENIED = "6"
NOT_TO_BE_SEEN = frozenset({DENIED, NO_API, NOT_FOUND})
"""The account may not look there, or the platform has no such thing."""
TRANSFER_NOT_ACTIVE = "13303849"
ON_THAT_AGGREGATE = "918265"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a code means and what a person can do. `only_with` is a part of the message that has to be there too.

    `transient`: it passes by itself, so asking again in a moment can help.
    """

    meaning: str
    source: str
    hint: str
    only_with: str = ""
    transient: bool = False


_BUSY = "another transfer is in progress"
_BUSY_HINT = "A transfer of this relationship runs already. Wait until it has ended, then run the command again."
_PASSES = "The cluster is still at work on an earlier change; this passes by itself. Run the command again in a minute."
_TRANSFERS = "POST /snapmirror/relationships/{uuid}/transfers"
_PATCH = "PATCH /snapmirror/relationships/{uuid}"

CODES: Mapping[str, Explanation] = {
    NOT_FOUND: Explanation(
        meaning="entry does not exist",
        source="Error responses",
        hint="It was removed since it was last seen. Run the command again to go on from what is there now.",
    ),
    "6619637": Explanation(
        meaning="a relationship with this destination exists",
        source="POST /snapmirror/relationships",
        hint="A relationship, perhaps from another source, ends in this volume. `status` shows it.",
    ),
    "13303808": Explanation(meaning="break failed", source=_PATCH, hint=_BUSY_HINT, only_with=_BUSY, transient=True),
    "13303812": Explanation(
        meaning="initialize failed", source=_PATCH, hint=_BUSY_HINT, only_with=_BUSY, transient=True
    ),
    "13303844": Explanation(
        meaning="update failed", source=_TRANSFERS, hint=_BUSY_HINT, only_with=_BUSY, transient=True
    ),
    "13303816": Explanation(
        meaning="state not readable just after a change", source=_PATCH, hint=_PASSES, transient=True
    ),
    "13304159": Explanation(
        meaning="state not readable just after a change", source=_PATCH, hint=_PASSES, transient=True
    ),
    "6619715": Explanation(meaning="a modification is in progress", source=_PATCH, hint=_PASSES, transient=True),
    "6619720": Explanation(meaning="a change is still spreading", source=_PATCH, hint=_PASSES, transient=True),
}


def explain(ontap_code: str, message: str) -> Explanation | None:
    """What is known of this code with this message, if anything is."""
    found = CODES.get(ontap_code)
    return found if found and found.only_with in message.lower() else None


def told(words: object, longest: int = 500) -> str:
    """What a cluster said, for a message: never longer than that, and always text that can be written."""
    return str(words)[:longest].encode("utf-8", "replace").decode()


class MalformedRecord(ClusterRefused):
    """A record cannot be read: a field that ONTAP documents is missing or is not of its type. Or a whole answer cannot.

    It counts as a refusal: the cluster answered, and reading changed nothing.
    """

    code = "malformed-record"

    def __init__(self, cluster: str, request: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(
            cluster,
            f"{cluster} answered {request} in a way that cannot be read: {problem}",
            request=request,
            status=200,
            ontap_code="",
            hint=hint or "Is this an ONTAP cluster of release 9.11.1 or later?",
        )
