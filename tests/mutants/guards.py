"""The safety guards, each with the expression that makes it one and what stands there while it is switched off."""

from __future__ import annotations

from dataclasses import dataclass

_POLICY = "datamotion/policy"


@dataclass(frozen=True, slots=True)
class Guard:
    """`promise` is what it keeps. `guarded` stands exactly once in `file`, below `src`."""

    name: str
    promise: str
    file: str
    guarded: str
    unguarded: str


GUARDS = (
    Guard(
        "carried",
        "a volume counts as carried over only where the very snapshot is there",
        f"{_POLICY}/copies/frozen.py",
        "return any(each.version == last.version for each in snapshots_of(standing, copy))",
        "return True",
    ),
    Guard(
        "frozen-fence",
        "a last snapshot is the last one only while no client can come to the copy",
        f"{_POLICY}/copies/frozen.py",
        "if copy.mark is not None and copy.is_fenced else None",
        "if copy.mark is not None else None",
    ),
    Guard(
        "last-name",
        "a last snapshot that clients could write after is not taken for the last one again",
        f"{_POLICY}/copies/frozen.py",
        "if noted and (source.is_fenced or snapshot_named(standing, source, noted) is None):",
        "if noted:",
    ),
    Guard(
        "frozen-word",
        "what clients could come to since is not frozen any more",
        f"{_POLICY}/clients/fence.py",
        "frozen=frozen,  #",
        "frozen=frozen or mark.frozen,  #",
    ),
    Guard(
        "fence-rules",
        "a fence that lets clients in is no fence",
        f"{_POLICY}/clients/fence.py",
        "elif known.rules:",
        "elif False:",
    ),
    Guard(
        "rivals",
        "a failover fences what it overtakes",
        f"{_POLICY}/failover/takeover.py",
        "self._refusals += fence(self._due, self._standing, rivals, Occasion(because, gate=Gate.ALL))",
        "self._refusals += fence(self._due, self._standing, (), Occasion(because, gate=Gate.ALL))",
    ),
    Guard(
        "epoch-first",
        "nothing is served before every site that was seen was told",
        f"{_POLICY}/failover/takeover.py",
        "take(self._due, self._standing, self._claim, because=_TAKE_BECAUSE, gate=Gate.ALL)",
        "take(self._due, self._standing, self._claim, because=_TAKE_BECAUSE, gate=Gate.EACH)",
    ),
    Guard(
        "all-or-none",
        "a planned failover moves every volume or none",
        f"{_POLICY}/failover/takeover.py",
        "if not carrying.is_decided and (lost or carrying.refusals or (self._left and not comes_along)):",
        "if False:",
    ),
    Guard(
        "stale",
        "a copy that mirrors nothing is no place for a planned failover",
        f"{_POLICY}/failover/planned.py",
        "return copy.is_writable and not (self.is_decided or self._serves(copy) or self._was_carried(copy))",
        "return False",
    ),
    Guard(
        "left-behind",
        "what nothing was carried to is not served once the epoch of a part is taken",
        f"{_POLICY}/failover/planned.py",
        "if self.is_decided and not (self._serves(copy) or self._was_carried(copy)):",
        "if self.is_decided and not (copy.is_writable or self._was_carried(copy)):",
    ),
    Guard(
        "no-way-back",
        "nobody lets clients in again once the next epoch was taken",
        f"{_POLICY}/failover/thaw.py",
        "_decided(standing, frozen) or _unseen(standing)",
        "_unseen(standing)",
    ),
    Guard(
        "two-serve",
        "of two that were claimed at once neither is taken to serve",
        f"{_POLICY}/standing/serving.py",
        "if len(serving) > 1:",
        "if False:",
    ),
    Guard(
        "vanished",
        "a claim whose copy cannot be written any more leaves open who serves",
        f"{_POLICY}/standing/serving.py",
        "if claim.served is None or not is_about_it:",
        "if True:",
    ),
    Guard(
        "far-ahead",
        "an epoch that nothing leads up to does not count",
        f"{_POLICY}/standing/claims.py",
        "return frozenset(known[gap:])",
        "return frozenset(known[len(known) :])",
    ),
    Guard(
        "complete",
        "a copy that was never complete is not served",
        f"{_POLICY}/copies/target.py",
        "if edge.relationship.state not in _COMPLETE or not edge.holds_copy:",
        "if False:",
    ),
    Guard(
        "doubts",
        "what a person has to settle is not failed over",
        f"{_POLICY}/copies/target.py",
        "if why is None and volume in open_doubts:",
        "if why is None and volume in {}:",
    ),
    Guard(
        "consent",
        "what only one copy holds is given up where that was agreed to",
        f"{_POLICY}/reprotect/turning.py",
        "if name not in self._consent.discard:",
        "if False:",
    ),
    Guard(
        "common",
        "a writable copy without a common snapshot is not made a mirror",
        f"{_POLICY}/reprotect/turning.py",
        "elif mirror.is_writable and common(self._standing, mirror, active).newest is None:",
        "elif False:",
    ),
    Guard(
        "taken-meanwhile",
        "a consent is about who served then",
        f"{_POLICY}/reprotect/reprotect.py",
        "if before == now:",
        "if True:",
    ),
    Guard(
        "taken-up",
        "a copy that lost its relationship is not transferred over while it holds what is nowhere else",
        f"{_POLICY}/protect/taking_up.py",
        "if not snapshots_of(standing, mirror) or is_held(standing, mirror, active):",
        "if True:",
    ),
    Guard(
        "remembered",
        "who took over from here and cannot be seen is not forgotten",
        f"{_POLICY}/standing/claims.py",
        "if ours is None or ours.backend not in sites or ours.epoch <= max(claims.epochs, default=0):",
        "if True:",
    ),
    Guard(
        "for-lost",
        "who works keeps what it serves of a divided group that lost another site",
        f"{_POLICY}/failover/choice.py",
        "if is_for_lost(standing, to, choice):",
        "if False:",
    ),
    Guard(
        "taken-unknown",
        "no client is let in behind an epoch that was taken for somebody who is not known here",
        f"{_POLICY}/failover/thaw.py",
        "if max(standing.unreadable, default=0) <= served:",
        "if True:",
    ),
    Guard(
        "part-over",
        "what comes to who serves a part is taken over in an epoch that nobody has yet",
        f"{_POLICY}/failover/decision.py",
        "if has_more:",
        "if gathers:",
    ),
)
