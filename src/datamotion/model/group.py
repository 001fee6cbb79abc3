"""What is wanted: a group and its back ends, with every name already resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from datamotion.model.claim import Claim, Seal
from datamotion.model.definition import PolicyDefinition
from datamotion.model.words import Mount

DEFAULT_POLICY = "Asynchronous"
ONLINE_S = 360.0
"""How long a new volume may take to be there, and then to be online. As in OpenStack Cinder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A named place: one SVM of one cluster. `volumes` say what is protected while it serves.

    Each is a pattern of names, as in a shell, or a uuid; what begins with `!` leaves out what the others select.
    `follows` is the home whose `volumes` these are, where a target has them from there.
    """

    name: str
    cluster: str
    svm: str
    volumes: tuple[str, ...] = ("*",)
    follows: str | None = None

    @property
    def said_at(self) -> str:
        """The back end of which the configuration has the `volumes` that count here."""
        return self.follows or self.name

    def selects(self, name: str, uuid: str | None = None) -> bool:
        """Whether a volume belongs to it. Where all entries leave something out, the rest of the SVM does."""
        taken = [each for each in self.volumes if not each.startswith("!")]
        left_out = [each[1:] for each in self.volumes if each.startswith("!")]
        return _matches(name, uuid, taken or ["*"]) and not _matches(name, uuid, left_out)


def _matches(name: str, uuid: str | None, entries: Iterable[str]) -> bool:
    return any(fnmatchcase(name, each) or (uuid is not None and each.lower() == uuid) for each in entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A back end that holds mirrors.

    `aggregates` tells for each source aggregate where its mirrors may live; the key `*` stands for every other one.
    `export_policy` is what lets clients in to what is served there; None: the one that the source had.
    `igroups` says which igroup there stands for which one of the home; one that is not named is called alike.
    `throttle` is how many KiB a second each mirror may receive, None: as many as its policy lets it.
    `online_s` is how long a new volume there may take to be made, and then to be online. `definition` is what its
    policy is to be like; None: whatever it is there. `transfers_at_once` is how many its cluster is to carry.
    """

    backend: Backend
    aggregates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policy: str = DEFAULT_POLICY
    schedule: str | None = None
    throttle: int | None = None
    mount: Mount = Mount.AT_FAILOVER
    export_policy: str | None = None
    online_s: float = ONLINE_S
    definition: PolicyDefinition | None = None
    transfers_at_once: int = 200
    igroups: Mapping[str, str] = field(default_factory=dict)

    def aggregates_for(self, source: str) -> tuple[str, ...]:
        """The destination aggregates for what lives on the aggregate `source`; empty when that one is not mapped."""
        return self.aggregates.get(source) or self.aggregates.get("*", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command that is run on this host, without a shell, at a moment of a failover: `before-freeze`, say."""

    at: str
    command: tuple[str, ...]
    limit: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Volumes that are protected, failed over and brought back together, at back ends that are equals.

    `home` is where they are served when nothing is wrong: a preference, and who serves a group that nobody claimed yet.
    With a `seal`, only claims that have its code count. `common_label` is the SnapMirror label of the snapshots that
    are kept common to all copies. `first` are patterns of the volumes whose first transfers go before others.
    `remembered` is the newest claim that was made from here: it counts as long as whose it is cannot be seen.
    `mirrored` is when a run from here last made or updated a mirror, by cluster and volume, at clusters that are not
    seen. `forgotten` is why nobody can tell what was claimed or mirrored from here, where that would count.
    """

    name: str
    home: Backend
    targets: tuple[Target, ...]
    rpo: timedelta | None = None
    seal: Seal | None = None
    common_label: str = "datamotion"
    first: tuple[str, ...] = ()
    hooks: tuple[Hook, ...] = ()
    remembered: Claim | None = None
    mirrored: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    forgotten: str | None = None

    @property
    def backends(self) -> tuple[Backend, ...]:
        return (self.home, *(target.backend for target in self.targets))

    def backend(self, name: str) -> Backend:
        return next(each for each in self.backends if each.name == name)

    def precedence(self, volume: str) -> int:
        """The less, the earlier its first transfer goes."""
        return next((n for n, each in enumerate(self.first) if fnmatchcase(volume, each)), len(self.first))

    def igroup_at(self, backend: str, home_name: str) -> str:
        """What an igroup of the home is called at a back end."""
        target = self.target(backend)
        return target.igroups.get(home_name, home_name) if target else home_name

    def home_igroup(self, backend: str, name: str) -> str | None:
        """The igroup of the home that one of a back end stands for; None: of none."""
        target = self.target(backend)
        igroups = target.igroups if target else {}
        found = next((ours for ours, theirs in igroups.items() if theirs == name), None)
        return found or (None if name in igroups else name)

    def target(self, backend: str) -> Target | None:
        """How mirrors are made at a back end; None where the configuration does not say."""
        return next((each for each in self.targets if each.backend.name == backend), None)
