"""The evidence of a drill whose clones are served: what checks and a manifest come to, and how every mirror stands.

It is kept with its run from the beginning on, and anew after each check: whatever ends the command, what was seen until
then is found.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from datamotion.errors import ConfigError, DataMotionError, Refused, StoreFailed
from datamotion.model.standing import Standing
from datamotion.service import drills, preparing
from datamotion.service.documents import to_json
from datamotion.service.drill_reports import DrillReport, changes_of
from datamotion.service.intents import Intent
from datamotion.service.manifests import verify
from datamotion.service.prepared import Prepared
from datamotion.service.reports import RunReport
from datamotion.service.session import Session


async def gather(
    session: Session, intent: Intent, prepared: Prepared, run: RunReport | None, exam: drills.Exam, began: datetime
) -> DrillReport:
    """What was seen of a drill that was `prepared` and carried out by this run; None: it was served already.

    Then a run that had nothing to do is recorded, which the evidence is kept with. A store that does not take it is
    told of, and keeps nobody from the report.
    """
    kept = _Kept(session, prepared)
    told = await _begun(session, intent, prepared, run, exam, began)
    facts = {"DATAMOTION_GROUP": told.group, "DATAMOTION_BACKEND": told.backend, "DATAMOTION_SVM": told.svm}
    kept.keep(told)
    for command, limit in exam.checks:
        outcome = await drills.check(command, facts, told.served, session.world.environ, limit)
        told = replace(told, checks=(*told.checks, outcome), unfinished=told.unfinished[1:])
        kept.keep(told)
    if exam.manifest is not None and exam.folder is not None:
        sums = await verify(exam.manifest, exam.folder, exam.manifest_limit)
        told = replace(told, checksums=sums, unfinished=told.unfinished[1:])
        kept.keep(told)
    after = drills.mirrors_of(await _look(session, intent))
    told = replace(told, after=after, changed=changes_of(told.before, after), unfinished=())
    kept.keep(told)
    return told


async def _begun(
    session: Session, intent: Intent, prepared: Prepared, run: RunReport | None, exam: drills.Exam, began: datetime
) -> DrillReport:
    """What is served, and how the mirrors stood before it was; nothing of the exam has been looked at yet."""
    plan, before, group = prepared.plan, prepared.standing, intent.group
    assert plan.backend is not None
    backend = group.backend(plan.backend)
    standing = await _look(session, intent)
    points = {
        each.volume: (each.snapshot, each.age.total_seconds() if each.age else None) for each in plan.recovery_points
    }
    served = drills.served_by(standing, backend.name, points)
    have = {each.volume for each in served}
    return DrillReport(
        group=group.name,
        backend=backend.name,
        svm=backend.svm,
        at=began,
        until=drills.until_of(standing, backend.name),
        seconds_to_serve=run.seconds if run is not None else None,
        served=tuple(served),
        missing=tuple(each for each in before.volumes if each not in have),
        checks=(),
        checksums=None,
        before=drills.mirrors_of(before),
        after=(),
        changed=(),
        unfinished=tuple(_parts(exam)),
    )


async def _look(session: Session, intent: Intent) -> Standing:
    async with preparing.prepare(session, [intent]) as (prepared,):
        return prepared.standing


def _parts(exam: drills.Exam) -> Iterator[str]:
    """What is to be looked at, in that order."""
    for command, _ in exam.checks:
        yield f"check {shlex.join(command)}"
    if exam.manifest is not None:
        yield f"checksums of {exam.manifest.path}"
    yield "a look at the mirrors afterwards"


@dataclass(slots=True)
class _Kept:
    """The evidence in the store. That this does not take it is said once; the next time it is asked again."""

    session: Session
    prepared: Prepared
    is_told: bool = False

    def keep(self, told: DrillReport) -> None:
        try:
            self._write(told)
        except (ConfigError, StoreFailed, Refused, OSError) as problem:
            if not self.is_told:
                why = problem.message if isinstance(problem, DataMotionError) else problem
                self.session.world.tell(f"warning: the evidence of this drill is not kept: {why}")
            self.is_told = True

    def _write(self, told: DrillReport) -> None:
        if self.prepared.run is None:
            self.prepared.record_nothing_left(in_any_case=True)
        assert self.prepared.run is not None
        with self.session.world.open_store(self.session.store_url) as store:
            store.keep_evidence(self.prepared.run, json.loads(to_json(told)), told.outcome)
