"""What the properties of a SnapMirror policy may be, by themselves and together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ontaplab.errors import OntapError, invalid_value
from ontaplab.resources.snapmirror_policies.bodies import PolicyChange, PolicyCreate, RuleBody
from ontaplab.resources.snapmirror_policies.errors import (
    cannot_be_changed,
    flags_conflict,
    not_for_this_type,
)
from ontaplab.resources.snapmirror_policies.state import Policy

MOST_RULES = 10
MOST_SNAPSHOTS = 1019
"""Of one rule, and of all. Assumption: both limits, and which of the codes belongs to which."""
_PERIOD = re.compile(r"P\d+[YMD]|PT\d+[HMS]|infinite")
_FLAGS = ("copy_all_source_snapshots", "copy_latest_source_snapshot", "create_snapshot_on_source")
_IMMUTABLE = ("type", "sync_type", *_FLAGS)
_ASYNC_ONLY = ("transfer_schedule", "throttle", "network_compression_enabled", "identity_preservation", *_FLAGS)
_IDENTITY = ("full", "exclude_network_config", "exclude_network_and_protocol_config")


def check_new(body: PolicyCreate) -> None:
    """Raises: OntapError for a policy that cannot be."""
    kind = body.type or "async"
    given = {name for name in body.model_fields_set if getattr(body, name) is not None}
    if "transfer_schedule" in body.model_fields_set - given:
        raise invalid_value(None, "transfer_schedule")
    _check_type(kind, given)
    _check_flags(body)
    check_rules(body.retention or (), is_vault=body.create_snapshot_on_source is False, is_async=kind == "async")


def check_change(policy: Policy, body: PolicyChange) -> None:
    """Raises: OntapError for what cannot be changed, or not to that."""
    for name in _IMMUTABLE:
        if name in body.model_fields_set:
            raise cannot_be_changed(name)
    _check_type(policy.type, {name for name in body.model_fields_set if getattr(body, name) is not None})
    wanted = body.identity_preservation
    if wanted is not None and _IDENTITY.index(wanted) < _IDENTITY.index(policy.identity_preservation):
        # Assumption: this code
        raise OntapError(400, "13303843", "identity_preservation can be lowered, not raised.", target="policy")
    if body.retention is None:
        return
    if policy.copies_flagged and body.retention:
        raise flags_conflict("retention is not for a policy that copies all or the latest snapshot")
    is_vault = not policy.create_snapshot_on_source
    kept = {rule.label for rule in policy.retention} & {rule.label for rule in body.retention}
    if is_vault and not kept:
        raise OntapError(400, "13304050", "The rules of a vault cannot all be replaced at once.", target="retention")
    check_rules(body.retention, is_vault=is_vault, is_async=policy.type == "async")


def check_rules(rules: Sequence[RuleBody], *, is_vault: bool, is_async: bool) -> None:
    """Raises: OntapError for rules that are too many, keep too much, or do not fit together."""
    if len(rules) > MOST_RULES:
        raise _rule_error("13303887", f"A policy has at most {MOST_RULES} rules.")
    if len({rule.label for rule in rules}) < len(rules):
        raise _rule_error("6621088", "Two rules have the same label.")  # Assumption: this code
    for rule in rules:
        _check_rule(rule, is_vault=is_vault, is_async=is_async)
    if sum(rule.count for rule in rules) > MOST_SNAPSHOTS:
        raise _rule_error("13304126", f"The rules keep more than {MOST_SNAPSHOTS} snapshots together.")


def _check_rule(rule: RuleBody, *, is_vault: bool, is_async: bool) -> None:
    if not 0 <= rule.count <= MOST_SNAPSHOTS:
        raise _rule_error("13304130", f'Rule "{rule.label}" keeps {rule.count} snapshots, not 0 to {MOST_SNAPSHOTS}.')
    if rule.warn and not rule.preserve:
        raise _rule_error("6621045", f'Rule "{rule.label}": warn is for rules that preserve snapshots.')
    if rule.warn and rule.warn >= rule.count:
        raise _rule_error("13304129", f'Rule "{rule.label}": warn has to be less than count.')
    if rule.period is not None and not _PERIOD.fullmatch(rule.period):
        raise _rule_error("13304092", f'Rule "{rule.label}": "{rule.period}" is not a duration of one unit.')
    if rule.creation_schedule is None:
        return
    if is_vault or not is_async:  # Assumption: this code
        raise _rule_error("13304131", f'Rule "{rule.label}": creation_schedule is not for policies of this type.')
    if rule.period is not None:
        raise _rule_error("13304118", f'Rule "{rule.label}": creation_schedule and period exclude each other.')


def _check_type(kind: str, given: set[str]) -> None:
    """Assumption: the code for a property of another type."""
    if kind != "async":
        for name in sorted(given.intersection(_ASYNC_ONLY)):
            raise not_for_this_type(name)
    if kind != "sync":
        for name in sorted(given.intersection(("sync_type", "sync_common_snapshot_schedule"))):
            raise not_for_this_type(name)
    if kind != "continuous" and "rpo" in given:
        raise not_for_this_type("rpo")


def _check_flags(body: PolicyCreate) -> None:
    """Assumption: a value that a flag cannot have is refused with the code for flags that conflict."""
    for name in _FLAGS:
        if getattr(body, name) is (name == "create_snapshot_on_source"):
            raise flags_conflict(f"{name} can only be {str(name != _FLAGS[2]).lower()}")
    is_vault = body.create_snapshot_on_source is False
    copies = [body.copy_all_source_snapshots, body.copy_latest_source_snapshot]
    if sum(map(bool, copies)) + is_vault > 1:
        raise flags_conflict(", ".join(_FLAGS))
    if any(copies) and body.retention:
        raise flags_conflict("retention is not for a policy that copies all or the latest snapshot")
    if is_vault and not body.retention:
        raise flags_conflict("retention is needed where create_snapshot_on_source is false")


def _rule_error(code: str, message: str) -> OntapError:
    return OntapError(400, code, message, target="retention")
