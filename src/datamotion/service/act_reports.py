"""The acts of a plan as data: whom each is for, what it is, and how many bytes it carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, get_args

from pydantic import WithJsonSchema

from datamotion.model.acts import Act, Change
from datamotion.model.mirror_acts import Initialize, Resync, StartTransfer
from datamotion.model.standing import Standing
from datamotion.model.volume_acts import MoveVolume, SplitClone


def kind_of(change: type[Change]) -> str:
    """What an act of that class is called.

    >>> kind_of(StartTransfer)
    'start_transfer'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", change.__name__).lower()


KINDS = tuple(kind_of(each) for each in get_args(Change))
ActKind = Annotated[str, WithJsonSchema({"type": "string", "enum": list(KINDS)})]

_CARRIES = (Initialize, StartTransfer, Resync, MoveVolume, SplitClone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActReport:
    """One change, or one thing that is waited for. `volume` is None where it serves all of the back end's.

    `bytes` is what it carries: 0 for what carries none, None where nobody knows how much. Of a first transfer and a
    move it is what the volume uses. `text` is for people. Of a past run `kind` and `bytes` are None: the store keeps
    the text alone.
    """

    backend: str
    volume: str | None
    kind: ActKind | None
    bytes: int | None
    text: str


def act_report(act: Act, standing: Standing | None) -> ActReport:
    """The act, planned from this standing; None: the store remembers it, which keeps no more than a text."""
    if standing is None:
        return ActReport(backend=act.backend, volume=act.volume, kind=None, bytes=None, text=act.text)
    return ActReport(
        backend=act.backend,
        volume=act.volume,
        kind=kind_of(type(act.change)),
        bytes=_bytes(act, standing),
        text=act.text,
    )


def _bytes(act: Act, standing: Standing) -> int | None:
    """An update carries what has changed since the last one, which nobody can tell beforehand."""
    if not isinstance(act.change, _CARRIES):
        return 0
    if act.volume is None:
        return None
    if isinstance(act.change, Initialize):
        active = standing.active.get(act.volume)
        copy = standing.copies.get(active) if active is not None else None
    else:
        copy = standing.copy(act.backend, act.volume) if isinstance(act.change, MoveVolume) else None
    return copy.volume.used_bytes if copy is not None else None
