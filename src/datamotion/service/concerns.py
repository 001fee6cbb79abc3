"""What a person should know of a group, and the same of many volumes said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from datamotion.model.group import Group
from datamotion.model.names import counted
from datamotion.model.standing import Doubt
from datamotion.model.units import count_text, duration_text
from datamotion.service.alike import alike, and_others, names_text
from datamotion.service.concern_rows import ROWS, Kind
from datamotion.service.status_reports import ConcernReport

_FEW = 4

_ORDER = {str(kind): number for number, kind in enumerate(ROWS)}


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing about one copy, volume, back end or the group.

    Those with equal kind, back end and `words`, which fill in the row, are one message. `own` words fill it in too, and
    differ from volume to volume: those of the worst are shown.
    """

    kind: Kind
    words: Mapping[str, str] = field(default_factory=dict)
    backend: str | None = None
    volume: str | None = None
    age: timedelta | None = None
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> tuple[object, ...]:
        """What makes it one message with others: a cluster's reason may name the volume."""
        words = dict(self.words)
        if self.volume and "cause" in words:
            words["cause"] = words["cause"].replace(self.volume, "")
        return (self.kind, self.backend, *words.values())

    @property
    def text(self) -> str:
        """Said of this one alone, without its volume."""
        return ROWS[self.kind].text.format_map(self._filled(self.age, is_one=True))

    def of_all(self, concerns: Sequence[Concern]) -> ConcernReport:
        """Said once of all these, of which this one is the worst."""
        row = ROWS[self.kind]
        volumes = tuple(each.volume for each in concerns if each.volume is not None)
        filled = self._filled(self.age, is_one=len(concerns) == 1)
        said = row.text.format_map(filled)
        return ConcernReport(
            kind=self.kind,
            severity=row.severity,
            exit_status=row.exit_status,
            backend=self.backend,
            volumes=volumes,
            text=f"{self._subject(volumes)}: {said}" if volumes else said,
            hint=row.hint.format_map(filled) or None,
            worst_s=self.age.total_seconds() if self.age is not None else None,
        )

    def _filled(self, age: timedelta | None, *, is_one: bool) -> Mapping[str, str]:
        old = f"{duration_text(age)} old" if age is not None else ""
        return {**self.words, **self.own, "backend": self.backend or "", "worst": old if is_one else f"up to {old}"}

    def _subject(self, volumes: Sequence[str]) -> str:
        shown = names_text(volumes)
        if len(volumes) <= _FEW:
            return f"{self.backend} {shown}" if self.backend else shown
        counts = count_text(len(volumes), "volume")
        return f"{self.backend}, {counts} ({shown})" if self.backend else f"{counts} ({shown})"


def forgotten(group: Group) -> Iterator[Concern]:
    """That what was claimed from here is not known, where it may count."""
    if group.forgotten is not None:
        yield Concern(Kind.FORGOTTEN, {"group": group.name, "cause": group.forgotten})


def concern_reports(concerns: Iterable[Concern], doubts: Iterable[Doubt]) -> tuple[ConcernReport, ...]:
    """All of these, each message once, the worst first: by its row, then by age and by the number of volumes."""
    found: dict[tuple[object, ...], list[Concern]] = {}
    for each in concerns:
        found.setdefault(each.said, []).append(each)
    reports = [
        group[0].of_all(group) for group in (sorted(each, key=_worst_first) for each in found.values())
    ] + _doubt_reports(doubts)
    return tuple(sorted(reports, key=lambda each: (_ORDER[each.kind], -(each.worst_s or 0), -len(each.volumes))))


def _worst_first(concern: Concern) -> tuple[object, ...]:
    age = concern.age.total_seconds() if concern.age is not None else 0
    return (-age, counted(concern.volume or ""))


def _doubt_reports(doubts: Iterable[Doubt]) -> list[ConcernReport]:
    """Doubts that say the same of several volumes are said once, in the words of the first."""
    return [_doubt_report(each) for each in alike(doubts, lambda it: (it.text, it.volume, (it.kind, it.backend)))]


def _doubt_report(doubts: Sequence[Doubt]) -> ConcernReport:
    first = min(doubts, key=lambda each: counted(each.volume or ""))
    row = ROWS[first.kind]
    volumes = sorted({each.volume for each in doubts if each.volume is not None}, key=counted)
    return ConcernReport(
        kind=first.kind,
        severity=row.severity,
        exit_status=row.exit_status,
        backend=first.backend,
        volumes=tuple(volumes),
        text=and_others(first.text, volumes),
        hint=first.hint,
        worst_s=None,
    )
