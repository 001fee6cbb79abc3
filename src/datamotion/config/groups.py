"""Groups of volumes: where they live, where they are mirrored, and what is run when they are served elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from datamotion.config.branch import Branch
from datamotion.config.clusters import SecretRef
from datamotion.config.durations import Duration
from datamotion.config.fields import (
    Aggregates,
    FilePath,
    JunctionPath,
    NotEmpty,
    Text,
    Texts,
)


class Backend(Branch):
    """A named place: one SVM of one cluster, with the volumes it serves."""

    cluster: Text = Field(description="A name under `clusters`.", examples=["paris"])
    svm: Text = Field(description="The SVM. No two back ends share one.", examples=["svm_gold"])
    volumes: Texts = Field(
        default=("*",),
        description="The volumes that belong to it: patterns of their names, in which `*`, `?` and `[abc]` match as in "
        "a shell, or their uuids. What begins with `!` is left out of what the others select. A back end that is only "
        "a target needs none: while it serves a group, it has those of the group's home. So has the home of another "
        "group.",
        examples=[["vol_*", "!vol_tmp*"]],
    )


class Target(Branch):
    """A back end that receives copies of the group's volumes."""

    backend: Text = Field(description="A name under `backends`, other than the group's home.", examples=["gold-lyon"])
    aggregates: Aggregates = Field(
        description="Where new destination volumes are made: for each aggregate of the source the one at the "
        "destination, or simply a list of aggregates at the destination.",
        examples=[{"aggr1": "aggr1_lyon"}, ["aggr1_lyon", "aggr2_lyon"]],
    )
    policy: Text = Field(
        default="Asynchronous",
        description="The SnapMirror policy: a name under `policies`, or of one that the destination has.",
        examples=["MirrorAllSnapshots"],
    )
    schedule: Text | None = Field(
        default=None,
        description="The schedule, by its name at the destination cluster, that transfers follow; without it, the "
        "policy's.",
        examples=["hourly"],
    )
    throttle: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        description="How many KiB a second each mirror may receive; without it, what its policy says, which is no "
        "limit in those that ONTAP brings.",
        examples=[10240],
    )
    mount: Literal["at_failover", "ahead"] = Field(
        default="at_failover",
        description="When mirrors are mounted where clients look for them. `ahead`: once they hold a copy, so that a "
        "failover has nothing left to do for each single volume. They are read-only, and no NFS client is let in "
        "before its turn, but SMB hosts may see them: docs/design/mounting.md.",
        examples=["ahead"],
    )
    export_policy: Text | None = Field(
        default=None,
        description="The export policy, by its name at the destination's SVM, that lets clients in to what is served "
        "there; without it, the one that the source had, where that SVM has one of that name.",
        examples=["clients"],
    )
    igroups: Mapping[Text, Text] = Field(
        default_factory=dict,
        description="Which igroup of this back end stands for which one of the home, by their names: what is served "
        "here has its LUNs mapped to them. One that is not named is called alike at both.",
        examples=[{"hosts_paris": "hosts_lyon"}],
    )
    online_timeout: Duration = Field(
        default=timedelta(minutes=6),
        description="How long a new destination volume may take to be made, and then to be online, before it is given "
        "up; the same command run again goes on waiting.",
        examples=["6m"],
    )

    @field_validator("igroups")
    @classmethod
    def _igroups_are_told_apart(cls, igroups: Mapping[str, str]) -> Mapping[str, str]:
        twice = [name for name, times in Counter(igroups.values()).items() if times > 1]
        if twice:
            raise ValueError(f"each igroup once, and {twice[0]} stands for two of the home")
        return igroups

    def aggregates_for(self, source: str) -> tuple[str, ...]:
        """The destination aggregates for what is on the aggregate `source`; empty when that one is not mapped."""
        if isinstance(self.aggregates, tuple):
            return self.aggregates
        return (self.aggregates[source],) if source in self.aggregates else ()


class DrillCheck(Branch):
    """What `drill start` runs on its host once the clones are served; a status of 0 is passed."""

    command: Texts = Field(
        description="The program and its arguments, run without a shell in an empty folder, with the paths of the "
        "clones in its environment: docs/design/drill.md.",
        examples=[["restore-test", "--quick"]],
    )
    timeout: Duration = Field(default=timedelta(minutes=5), description="How long it may take.", examples=["5m"])


class Hook(Branch):
    """A command at a moment of a failover."""

    at: Literal[
        "before-freeze",
        "after-freeze",
        "before-break",
        "after-break",
        "before-serve",
        "after-serve",
        "before-fence",
        "after-fence",
    ] = Field(
        description="When it is run: around keeping clients from what serves (of a planned failover), breaking mirrors "
        "off, letting clients in, and fencing what was overtaken. What fails before a moment stops there and, as long "
        "as the epoch is not taken, undoes what was begun.",
        examples=["before-freeze"],
    )
    command: Texts = Field(
        description="The program and its arguments, run without a shell in an empty folder. Its environment tells "
        "what moves: docs/design/hooks.md. It may be run again, where a run was cut off.",
        examples=[["/usr/local/sbin/quiesce", "gold"]],
    )
    timeout: Duration = Field(default=timedelta(minutes=1), description="How long it may take.", examples=["1m"])


class Drill(Branch):
    """How drills of the group are held; options of `drill start` go before it."""

    prefix: JunctionPath = Field(
        default="/drill", description="Clones are mounted below this junction path.", examples=["/drill"]
    )
    keep_for: Duration = Field(
        default=timedelta(hours=2),
        description="After that the next run that changes the group removes the clones.",
        examples=["2h"],
    )
    checks: tuple[DrillCheck, ...] = Field(
        default=(), description="What is run, in this order.", examples=[[{"command": ["restore-test", "--quick"]}]]
    )
    manifest: FilePath | None = Field(
        default=None,
        description="Checksums that files of the clones have to have: a line for each as `sha256sum` prints it, with "
        "paths below `mount`. Read before a drill is started.",
        examples=["gold.sha256"],
    )
    mount: FilePath | None = Field(
        default=None,
        description="The folder of the host that runs the drill in which `prefix` is mounted, so that it sees the "
        "clones' files.",
        examples=["/mnt/drill"],
    )
    manifest_timeout: Duration = Field(
        default=timedelta(hours=1), description="How long reading all those files may take.", examples=["1h"]
    )

    @model_validator(mode="after")
    def _manifest_has_files(self) -> Self:
        if (self.manifest is None) != (self.mount is None):
            raise ValueError("`manifest` and `mount` together: checksums, and where this host sees the files")
        return self


class Group(Branch):
    """The volumes of one back end, protected together."""

    home: Text = Field(
        description="The back end that serves the volumes when nothing is wrong. A name under `backends`, the home of "
        "no other group.",
        examples=["gold-paris"],
    )
    rpo: Duration = Field(
        description="The recovery point objective: how old the newest state at a target may become.",
        examples=["2h"],
    )
    common_label: Text = Field(
        default="datamotion",
        description="The SnapMirror label of a snapshot that `apply` keeps common to all targets, so that each can "
        "follow the other without a new baseline. It is kept where the policies of two targets have a rule with this "
        "label that keeps two or more, and do not copy all snapshots anyway; it takes a place among those.",
        examples=["datamotion"],
    )
    first: tuple[Text, ...] = Field(
        default=(),
        description="Patterns of the volumes whose first transfers go before others, in this order; the rest goes by "
        "size, the smallest first.",
        examples=[["vol_db*", "vol_home"]],
    )
    shared_secret: SecretRef | None = Field(
        default=None,
        description="A secret that all who fail this group over share. With it, claims of who serves are written with "
        "a code that nobody else can make, and others do not count: who has rights at one site cannot forge one. It "
        "has to be the same wherever this group is configured.",
        examples=[{"file": "gold.secret"}],
    )
    hooks: tuple[Hook, ...] = Field(
        default=(),
        description="Commands that a failover of the group runs on its host, in this order.",
        examples=[[{"at": "before-freeze", "command": ["/usr/local/sbin/quiesce", "gold"]}]],
    )
    drill: Drill = Field(
        default=Drill(), description="How drills of it are held.", examples=[{"keep_for": "2h", "prefix": "/drill"}]
    )
    targets: Annotated[tuple[Target, ...], NotEmpty] = Field(
        description="The back ends that hold copies, the preferred one first.",
        examples=[[{"backend": "gold-lyon", "aggregates": {"aggr1": "aggr1_lyon"}}]],
    )
