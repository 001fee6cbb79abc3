"""A plan that the clusters were asked about before anything of it was carried out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from datamotion.engine.answers import job_uses, outcome
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Reply, Unanswered
from datamotion.model.plan import Plan
from datamotion.policy.validation import Question, questions
from datamotion.service.clusters import FollowedCluster
from datamotion.service.reports import AskedReport, ObjectionReport, UnaskedReport


async def ask_about(plan: Plan, clusters: Mapping[str, FollowedCluster]) -> AskedReport:
    """What the clusters object to. Changes nothing."""
    asked, unasked = questions(plan)
    by_cluster: dict[str, list[Question]] = {}
    for question in asked:
        by_cluster.setdefault(question.act.cluster, []).append(question)

    async def ask(name: str) -> Sequence[Reply]:
        replies = await clusters[name].validate(by_cluster[name])
        jobs = job_uses(replies)
        ends = await clusters[name].follow(jobs) if jobs else {}
        return [outcome(reply, ends) for reply in replies]

    said = await side_by_side(ask, by_cluster)
    replies = [each for of_cluster in said for each in of_cluster]
    found = zip(chain.from_iterable(by_cluster.values()), replies, strict=True)
    why = Counter((each.act.cluster, each.act.title, each.why) for each in unasked)
    return AskedReport(
        asked=len(asked),
        objections=tuple(_objection(question, reply) for question, reply in found if not isinstance(reply, Accepted)),
        unasked=tuple(
            UnaskedReport(cluster=cluster, title=title, acts=count, why=text)
            for (cluster, title, text), count in why.items()
        ),
    )


def _objection(question: Question, reply: Reply) -> ObjectionReport:
    assert not isinstance(reply, Accepted)
    act = question.act
    return ObjectionReport(
        cluster=act.cluster,
        backend=act.backend,
        volume=act.volume,
        about=act.text,
        text=reply.error.message,
        hint=reply.error.hint,
        is_answer=not isinstance(reply, Unanswered),
    )
