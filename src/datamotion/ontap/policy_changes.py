"""Making and changing SnapMirror policies, and the claims that some of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.mirror_acts import CreatePolicy, ModifyPolicy
from datamotion.model.serving_acts import ConfirmClaim, TakeEpoch
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.policies import PATH
from datamotion.ontap.transport import IN_A_MOMENT, Transport

PolicyChange = TakeEpoch | ConfirmClaim | CreatePolicy | ModifyPolicy


async def change_policy(transport: Transport, change: PolicyChange) -> Answer:
    """Of two that take one epoch in one SVM, the second is refused for the name that is taken (6621060).

    That a cluster refuses does not tell whose claim is there, which may be this one, sent before: the next look does.
    """
    match change:
        case ConfirmClaim():
            return await transport.patch(f"{PATH}/{change.uuid}", {"comment": change.claim.comment}, IN_A_MOMENT)
        case ModifyPolicy():
            return await transport.patch(f"{PATH}/{change.uuid}", _changed(change.rules, change.schedule), IN_A_MOMENT)
        case TakeEpoch():
            asked = {"copy_all_source_snapshots": True, "comment": change.claim.comment}
            return await transport.post(PATH, _of_svm(change.svm, change.claim.policy, asked), IN_A_MOMENT)
        case CreatePolicy():
            body = _of_svm(change.svm, change.definition.name, _defined(change.definition))
            return await transport.post(PATH, body, IN_A_MOMENT)
        case _:
            assert_never(change)


def _of_svm(svm: str, name: str, asked: Body) -> Body:
    return {"name": name, "svm": {"name": svm}, "type": "async", **asked}


def _defined(wanted: PolicyDefinition) -> Body:
    """ONTAP takes each of the flags with one value alone, and the schedule not as null."""
    body = _changed(wanted.rules or None, wanted.schedule or None)
    if not wanted.takes_snapshots:
        body["create_snapshot_on_source"] = False
    if wanted.copies_all:
        body["copy_all_source_snapshots"] = True
    if wanted.copies_latest:
        body["copy_latest_source_snapshot"] = True
    return body


def _changed(rules: Sequence[Rule] | None, schedule: str | None) -> dict[str, object]:
    body: dict[str, object] = {}
    if rules is not None:
        body["retention"] = [{"label": rule.label, "count": str(rule.count)} for rule in rules]  # text, in its schema
    if schedule is not None:
        body["transfer_schedule"] = {"name": schedule} if schedule else {"uuid": None, "name": None}
    return body
