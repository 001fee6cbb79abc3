"""A claim: which back end takes a group over, in which epoch. One at each site that could be reached, and never two.

A claim is an SVM's SnapMirror policy that nothing is mirrored by: ONTAP takes a policy's name once, so of two that ask
for one epoch at one site, one is told no. That is what a comment cannot give, which the last writer wins. Who took it
stands in the policy's comment:

    datamotion_gold_2   [datamotion group=gold epoch=2 backend=gold-lyon svm=1b2c... since=2031-05-04T12:00:00Z ...]

`code`, where a group has a secret that all who fail it over share, is what only they can have written: whatever another
says is no claim of the group.

`served` is when every volume was seen to be served: without it, whoever took the epoch was cut short or is at it still.
`after` are the newest claims that its taker saw: a claim that none is after, though later ones are there, was taken by
somebody whom their takers did not see. `at` is the older state that was asked for, where it was not the newest: whoever
goes on with the claim goes back to that too, and keeps what is newer first where it says `keep`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import shlex
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from datamotion.model.names import is_plain

_COMMENT = re.compile(r"\[datamotion ([a-z]{1,20}=[^\s\]]{0,600}(?: [a-z]{1,20}=[^\s\]]{0,600}){0,11})\]")
_NAME = "datamotion_{group}_"
_LONGEST = 60  # digits that are looked at: more than any name of a policy holds
_SHORT = 8  # characters of an SVM's uuid that tell it from the few others of its group


@dataclass(frozen=True, slots=True)
class Seal:
    """A secret that all who fail a group over share: a claim with its code was made by one of them."""

    secret: str = field(repr=False)

    def code(self, text: str) -> str:
        """Of 128 bits, as hexadecimal digits."""
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`svm` is the uuid of the back end's SVM, `by` who took it, for people.

    `partial`: it is about those volumes only whose marks name its epoch. `keep`: what is newer than `at` is kept first.
    """

    group: str
    epoch: int
    backend: str
    svm: str
    since: datetime
    by: str
    partial: bool = False
    served: datetime | None = None
    after: frozenset[str] = frozenset()
    at: str = ""
    keep: bool = False
    code: str = ""

    @property
    def key(self) -> str:
        """What a later claim calls it."""
        return key_of(self.epoch, self.svm)

    @property
    def command(self) -> str:
        """What goes on with it, as long as it was never seen to be served."""
        at = f" --at {shlex.quote(self.at)}" if self.at else ""
        keep = " --keep-newer" if self.keep else ""
        return f"datamotion failover {self.group} --to {self.backend}{at}{keep}"

    @property
    def policy(self) -> str:
        """The name of the policy that it is."""
        return claim_prefix(self.group) + str(self.epoch)

    @property
    def comment(self) -> str:
        words = {
            "group": self.group,
            "epoch": str(self.epoch),
            "backend": self.backend,
            "svm": self.svm,
            "since": _text(self.since),
            "by": self.by,
            **({"partial": "yes"} if self.partial else {}),
            **({"after": ",".join(sorted(self.after))} if self.after else {}),
            **({"at": self.at} if self.at else {}),
            **({"keep": "yes"} if self.keep else {}),
            **({"code": self.code} if self.code else {}),
            **({"served": _text(self.served)} if self.served else {}),
        }
        return f"[datamotion {' '.join(f'{name}={quote(value)}' for name, value in words.items())}]"

    def sealed(self, seal: Seal | None) -> Claim:
        """As those write it who have this secret; without one, as anybody does."""
        return replace(self, code=seal.code(replace(self, code="").comment) if seal else "")

    def is_sealed(self, seal: Seal | None) -> bool:
        """Whether somebody made it who has this secret. Without one: somebody who had none, and it is believed."""
        return hmac.compare_digest(self.sealed(seal).code.encode(), self.code.encode())

    def is_same(self, other: Claim) -> bool:
        """Whether both give the same epoch to the same SVM: who wrote it, and when, does not count."""
        return (self.group, self.epoch, self.svm) == (other.group, other.epoch, other.svm)


def key_of(epoch: int, svm: str) -> str:
    """What a claim of this epoch, for the SVM of that uuid, is called by later ones."""
    return f"{epoch}.{svm[:_SHORT]}"


def key_epoch(key: str) -> int:
    """The epoch of the claim that is called so."""
    return int(key.partition(".")[0])


def claim_prefix(group: str) -> str:
    """What the names of a group's claims begin with; its epoch follows."""
    return _NAME.format(group=group)


def claim_group(policy: str) -> str | None:
    """The group whose claim a policy is by its name; None where it is nobody's.

    >>> claim_group("datamotion_gold_2"), claim_group("datamotion_gold"), claim_group("Asynchronous")
    ('gold', None, None)
    """
    prefix, _, rest = policy.partition("datamotion_")
    group, _, number = rest.rpartition("_")
    return group or None if not prefix and number.isascii() and number.isdigit() else None


def read_claim(group: str, policy: str, comment: str) -> Claim | None:
    """The claim of a group that a policy is; None where its comment says none that its name confirms.

    Read is what `comment` writes and nothing else.
    """
    found = _COMMENT.search(comment)
    if found is None:
        return None
    pairs = [word.partition("=") for word in found[1].split(" ")]
    words = {name: unquote(value, errors="replace") for name, _, value in pairs}
    try:
        claim = Claim(
            group=words["group"],
            epoch=int(words["epoch"]) if words["epoch"].isascii() else 0,
            backend=words["backend"],
            svm=words["svm"],
            since=_instant(words["since"]),
            by=words.get("by", ""),
            partial=words.get("partial") == "yes",
            code=words.get("code", ""),
            after=frozenset(filter(None, words.get("after", "").split(","))),
            at=words.get("at", ""),
            keep=words.get("keep") == "yes",
            served=_instant(words["served"]) if "served" in words else None,
        )
    except (KeyError, ValueError, OverflowError):
        return None
    is_ours = claim.group == group and claim.policy == policy and claim.epoch > 0
    is_clean = found[0] == claim.comment and all(map(is_plain, words.values()))
    return claim if is_ours and is_clean else None


def epoch_of(group: str, policy: str) -> int | None:
    """The epoch that a policy of this name takes, whatever its comment says; None if it is no claim of the group."""
    number = policy.removeprefix(claim_prefix(group))
    is_claim = number != policy and number.isascii() and number.isdigit() and len(number) <= _LONGEST
    return int(number) if is_claim else None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC")
    return instant.astimezone(UTC)
