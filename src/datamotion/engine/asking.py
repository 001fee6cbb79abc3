"""Asking for acts, acts of one kind at one cluster together, with each intention and each answer written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from datamotion.clock import Clock
from datamotion.engine.answers import answers_text, is_done, job_uses, outcome
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Cluster, Journal, Reply, Watcher
from datamotion.model.acts import Act, Change
from datamotion.policy.kinds import kind_of
from datamotion.runs.journal import Entry, Note, behind_text


@dataclass(frozen=True, slots=True)
class Answer:
    """`is_shared`: it comes from a job that carried out other acts too, and a no may be about one of those.

    `is_done`: its jobs have ended well.
    """

    act: Act
    reply: Reply
    is_shared: bool
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What a run writes down, batch by batch."""

    clock: Clock
    journal: Journal

    def write(
        self,
        note: Note,
        acts: Sequence[Act],
        *,
        jobs: tuple[str, ...] = (),
        detail: str | None = None,
        behind: bool = False,
    ) -> None:
        """A line about acts of one kind at one cluster; `behind`: about what would follow them, as they hold."""
        titles = " and ".join(dict.fromkeys(act.title for act in acts))
        self.journal.write(
            Entry(
                at=self.clock.now(),
                note=note,
                cluster=acts[0].cluster,
                change=type(acts[0].change).__name__,
                volumes=tuple(act.volume for act in acts if act.volume is not None),
                jobs=jobs,
                detail=detail,
                title=behind_text(titles) if behind else titles,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    clusters: Mapping[str, Cluster]
    notes: Notes
    watcher: Watcher

    async def ask(self, acts: Iterable[Act]) -> Sequence[Answer]:
        """Ask for these acts, all batches at once, and follow the jobs to their end."""
        batches = batches_of(acts)
        for batch in batches:
            self.notes.write(Note.INTENDED, batch)
            self.watcher.asking(batch)
        replies = await side_by_side(lambda batch: self._cluster_of(batch).ask(batch), batches)
        # Written in the order of the batches, not of arrival: the same history gives the same journal.
        for batch, each in zip(batches, replies, strict=True):
            self.notes.write(Note.ANSWERED, batch, jobs=tuple(sorted(job_uses(each))), detail=answers_text(each))
        ends = await side_by_side(self._follow, zip(batches, replies, strict=True))
        answers: list[Answer] = []
        for batch, each, jobs in zip(batches, replies, ends, strict=True):
            uses = job_uses(each)
            for act, reply in zip(batch, each, strict=True):
                is_shared = isinstance(reply, Accepted) and any(uses[job] > 1 for job in reply.jobs)
                answers.append(Answer(act, outcome(reply, jobs), is_shared, is_done(reply, jobs)))
        return answers

    async def _follow(self, asked: tuple[Sequence[Act], Sequence[Reply]]) -> Mapping[str, Reply]:
        """How a batch's jobs ended; what still goes on after a while is left to the looks."""
        batch, replies = asked
        jobs = tuple(job_uses(replies))
        with anyio.move_on_after(kind_of(batch[0]).job_s):
            return await self._cluster_of(batch).follow(jobs) if jobs else {}
        return {}

    def _cluster_of(self, batch: Sequence[Act]) -> Cluster:
        return self.clusters[batch[0].cluster]


def batches_of(acts: Iterable[Act]) -> Sequence[Sequence[Act]]:
    """Acts of one kind at one cluster together, in the order they are given."""
    batches: dict[tuple[str, type[Change]], list[Act]] = {}
    for act in acts:
        batches.setdefault((act.cluster, type(act.change)), []).append(act)
    return list(batches.values())
