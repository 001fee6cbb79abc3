"""One field of one answer with a bad value in it: every field, and every value."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.together.replay.tape import Key, Tape


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()
_deep: Any = []
for _ in range(40):
    _deep = [_deep]

BAD: tuple[Any, ...] = (
    MISSING,
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**400,
    1.5,
    1e308,
    float("nan"),
    float("-inf"),
    "",
    " ",
    "somebody_else",
    "unheard_of",
    "a\x1b[8mb",
    "a\nb",
    "a\rb",
    "a\x00b",
    "\x9b8m",
    "\u202eb",
    "\ud800",
    "\udfff\ud800",
    "*",
    "a|b",
    "!a",
    "../../cluster",
    "/",
    "//elsewhere.test/api",
    "https://elsewhere.test/api/x",
    "x" * 20_000,
    "9" * 5000,
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+12:00",
    "2026-02-30T00:00:00Z",
    "P999999999D",
    "-P1D",
    "P99999999999999D",
    "[datamotion group=gold volume=vol_1 origin=x path=/vol_1]",
    "[datamotion group=gold role=active epoch=7]",
    [],
    [None],
    [{}],
    {},
    {"name": 5, "uuid": []},
    _deep,
)
"""What a field is replaced by."""

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of all answers to one request."""

    key: Key
    where: Where
    number: int

    @property
    def value(self) -> Any:
        return BAD[self.number]

    @property
    def field(self) -> str:
        return ".".join(str(each) for each in self.where if each != "records" and not isinstance(each, int))

    @property
    def fields(self) -> Iterator[str]:
        """It and all that it is in, as messages name them."""
        steps = [str(each) for each in self.where if each != "records"]
        steps = steps[1:] if self.where[:1] == ("records",) else steps
        for end in range(len(steps), 0, -1):
            yield ".".join(steps[:end])

    def __str__(self) -> str:
        cluster, method, url = self.key
        at = ".".join(map(str, self.where))
        return f"{cluster}: {method} {url.partition('?')[0]}: {at} is {self.value!r:.60}"

    def body(self, tape: Tape) -> bytes:
        """The first answer, with the field changed."""
        answer = copy.deepcopy(json.loads(tape.answers[self.key][0].body))
        holder: Any = answer
        for step, inner in itertools.pairwise(self.where):
            nothing: Any = [{}] if isinstance(inner, int) else {}
            holder = holder.setdefault(step, nothing) if isinstance(holder, dict) else holder[step]
        if self.value is MISSING:
            holder.pop(self.where[-1], None) if isinstance(holder, dict) else holder.pop(self.where[-1])
        else:
            holder[self.where[-1]] = self.value
        return json.dumps(answer).encode()


_FIRST: Where = ("records", 0)
_UNTOLD: Mapping[str, Sequence[Where]] = {
    "/api/snapmirror/relationships": (
        (*_FIRST, "unhealthy_reason"),
        (*_FIRST, "unhealthy_reason", 0, "message"),
        (*_FIRST, "transfer", "uuid"),
        (*_FIRST, "transfer_schedule", "name"),
    ),
    "/api/storage/volumes": (
        (*_FIRST, "nas", "path"),
        (*_FIRST, "qos", "policy", "name"),
        (*_FIRST, "constituents", 0, "name"),
    ),
    "/api/cluster/jobs": ((*_FIRST, "error", "message"), (*_FIRST, "error", "code")),
}
"""What is asked for, and was not told in what was recorded."""


def changes_of(tape: Tape) -> Iterator[Change]:
    """Every field of every answer, with every value. Of records that are alike but for their values, the first."""
    for key, answers in tape.answers.items():
        if answers[0].body:
            answer = json.loads(answers[0].body)
            untold = _UNTOLD.get(key[2].partition("?")[0], ()) if answer.get("records") else ()
            for where in (*_fields(answer), *untold):
                yield from (Change(key, where, number) for number in range(len(BAD)))


def _fields(value: Any, at: Where = ()) -> Iterator[Where]:
    if at:
        yield at
    if isinstance(value, dict):
        for step, each in value.items():
            if step != "_links":  # of these only the next page is ever followed
                yield from _fields(each, (*at, step))
        if at == ():
            yield from (("_links",), ("_links", "next"), ("_links", "next", "href"))
    elif isinstance(value, list):
        known: set[object] = set()
        for step, each in enumerate(value):
            if (kind := _kind(each)) not in known:
                known.add(kind)
                yield from _fields(each, (*at, step))


def _kind(record: Any) -> object:
    """What records have in common that are alike: their fields, and being ours or not."""
    if not isinstance(record, dict):
        return None
    name = str(record.get("name", ""))
    return (tuple(sorted(map(str, _fields(record)))), name if name.startswith("datamotion") else "")
