"""The configuration as one frozen tree. Every key is documented here; the reference page is printed from it.

Nothing in this module, nor in what it imports, reads a file, the environment or the network: planners import it.
Paths in a loaded configuration are absolute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from datamotion.config.branch import Branch
from datamotion.config.durations import Duration
from datamotion.config.fields import (
    Aggregates,
    EnvironmentName,
    FilePath,
    HttpsUrl,
    JunctionPath,
    Name,
    NotEmpty,
    PolicyName,
    StoreLocation,
    Text,
    Texts,
)
from datamotion.config.mistakes import closest, key_path
from datamotion.config.policies import Policy
from datamotion.config.references import dangling_references
from datamotion.errors import ConfigError

_REFERENCES = "{env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT]}"
_Named = TypeVar("_Named")


class SecretRef(Branch):
    """Where a secret is found. Exactly one of the keys is given; the secret itself is never in the configuration."""

    env: EnvironmentName | None = Field(
        default=None, description="The environment variable that holds it.", examples=["PARIS_PASSWORD"]
    )
    file: FilePath | None = Field(
        default=None,
        description="The file that holds it and nothing else, readable by its owner only (mode 600). "
        "Relative to the configuration file's folder.",
        examples=["secrets/paris"],
    )
    command: Texts | None = Field(
        default=None,
        description="The program and its arguments that print it, run without a shell in the configuration "
        "file's folder. It has 30 s and 64 KiB. A configuration that names one is refused where another user could "
        "change it: the file, or a folder on the way to it without the sticky bit, can be written by group or others, "
        "or belongs to neither you nor root.",
        examples=[["pass", "show", "netapp/paris"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _names_one_place(cls, given: object) -> object:
        if isinstance(given, SecretRef):
            return given
        if isinstance(given, str):
            raise ValueError(f"a reference to the secret, not the secret itself: {_REFERENCES}")  # noqa: TRY004  # pydantic reports ValueError only
        if not isinstance(given, Mapping) or len(given) != 1 or not given.keys() <= cls.model_fields.keys():
            raise ValueError(f"exactly one of {_REFERENCES}")
        if None in given.values():
            raise ValueError(f"a value in {_REFERENCES}")
        return given

    def __str__(self) -> str:
        """The reference in words. Of a command, the program only: people do put secrets into arguments."""
        if self.env is not None:
            return f"environment variable {self.env}"
        return f"file {self.file}" if self.command is None else f"command {self.command[0]!r}"

    def __repr__(self) -> str:
        return f"SecretRef({self})"


class ClusterConfig(Branch):
    """How a cluster is reached. Its certificate is always verified; no key turns that off."""

    url: HttpsUrl = Field(description="Its management address. Only https.", examples=["https://paris.example.com"])
    user: Text = Field(description="The account to log in with.", examples=["datamotion"])
    password: SecretRef = Field(
        description="Where that account's password is found.", examples=[{"env": "PARIS_PASSWORD"}]
    )
    peer_passphrase: SecretRef | None = Field(
        default=None,
        description="Where the passphrase is found by which the clusters that it mirrors from become its peers, with "
        "`apply --peer-clusters`; without it, a terminal is asked for one.",
        examples=[{"file": "secrets/peers"}],
    )
    ca_file: FilePath | None = Field(
        default=None,
        description="The certificates (PEM) that the cluster's must lead to; without it, those that the machine "
        "trusts. Relative to the configuration file's folder.",
        examples=["ca.pem"],
    )
    connect_timeout: Duration = Field(
        default=timedelta(seconds=3),
        description="How long to wait for a connection before the cluster counts as silent.",
        examples=["3s"],
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=30),
        description="How long to wait for an answer once connected, and for each further part of one.",
        examples=["30s"],
    )
    look_timeout: Duration = Field(
        default=timedelta(minutes=2),
        description="How long a look at the cluster may take as a whole, with all its requests and pages; after that "
        "it counts as silent, whatever it still sends.",
        examples=["2m"],
    )
    change_timeout: Duration = Field(
        default=timedelta(minutes=1),
        description="How long one change may take to be answered as a whole; after that nobody knows what became of "
        "it, and the next look tells.",
        examples=["1m"],
    )
    clock_limit: Duration = Field(
        default=timedelta(minutes=5),
        description="By how much its clock may differ from this machine's; beyond that the ages that it tells are not "
        "believed. Smaller differences are taken out of them.",
        examples=["5m"],
    )
    answer_limit: int = Field(
        default=32,
        strict=True,
        ge=1,
        le=1024,
        description="How many MiB one answer may have, and a quarter of what all answers to a look may have together; "
        "after that the cluster cannot be read.",
        examples=[32],
    )
    transfers_at_once: int = Field(
        default=200,
        strict=True,
        ge=1,
        le=10_000,
        description="How many first transfers to it may run at once, counted with all others that are seen there; the "
        "rest waits for its turn. ONTAP carries 100 for each node before 9.8, 200 since, and queues what is more.",
        examples=[400],
    )
    concurrency: int = Field(
        default=16,
        strict=True,
        ge=1,
        le=256,
        description="How many calls to the cluster may be in flight at once.",
        examples=[16],
    )


class Backend(Branch):
    """A named place: one SVM of one cluster, with the volumes it serves."""

    cluster: Text = Field(description="A name under `clusters`.", examples=["paris"])
    svm: Text = Field(description="The SVM. No two back ends share one.", examples=["svm_gold"])
    volumes: Texts = Field(
        default=("*",),
        description="The volumes that belong to it: patterns of their names, in which `*`, `?` and `[abc]` match as in "
        "a shell, or their uuids. What begins with `!` is left out of what the others select. A back end that is only "
        "a target needs none: while it serves a group, it has those of the group's home.",
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


class Configuration(Branch):
    """Clusters, the back ends on them, and the groups of volumes that are protected."""

    clusters: Annotated[Mapping[Name, ClusterConfig], NotEmpty] = Field(
        description="The clusters, by names of your choice.",
        examples=[
            {
                name: {"url": f"https://{name}.example.com", "user": "admin", "password": {"env": env}}
                for name, env in (("paris", "PARIS_PASSWORD"), ("lyon", "LYON_PASSWORD"))
            }
        ],
    )
    backends: Mapping[Name, Backend] = Field(
        default_factory=dict,
        description="The back ends, by names of your choice.",
        examples=[
            {
                "gold-paris": {"cluster": "paris", "svm": "svm_gold"},
                "gold-lyon": {"cluster": "lyon", "svm": "svm_gold_dr"},
            }
        ],
    )
    groups: Mapping[Name, Group] = Field(
        default_factory=dict,
        description="What is protected, and where to, by names of your choice.",
        examples=[
            {
                "gold": {
                    "home": "gold-paris",
                    "rpo": "2h",
                    "targets": [{"backend": "gold-lyon", "aggregates": ["aggr1"]}],
                }
            }
        ],
    )
    policies: Mapping[PolicyName, Policy] = Field(
        default_factory=dict,
        description="SnapMirror policies, by the names that targets give them. `apply` makes one where it is needed "
        "and not there, and keeps schedule and retention of what the SVM has as they are here; what ONTAP does not "
        "change, or what relationships of others follow too, is refused.",
        examples=[{"nightly": {"retention": [{"label": "daily", "count": 14}], "schedule": "daily"}}],
    )
    store: StoreLocation = Field(
        default="datamotion.db",
        validate_default=True,
        description="The local store of journal and history: a file, relative to the configuration file's folder, or "
        "the URL of a PostgreSQL database, without a password (which needs `pip install 'datamotion[postgresql]'`).",
        examples=["/var/lib/datamotion/store.db"],
    )

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        mistakes = [f"{key_path(each.keys)}: {each.text}" for each in dangling_references(self)]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def backend(self, name: str) -> Backend:
        """The back end of that name. Raises: ConfigError, listing the names there are."""
        return _pick(self.backends, name, "back end")

    def group(self, name: str) -> Group:
        """The group of that name. Raises: ConfigError, listing the names there are."""
        return _pick(self.groups, name, "group")


def _pick(section: Mapping[str, _Named], name: str, kind: str) -> _Named:
    if name not in section:
        known = ", ".join(section) or "none"
        raise ConfigError(
            f"there is no {kind} {name!r} in the configuration{closest(name, section)}",
            hint=f"It has these {kind}s: {known}",
        )
    return section[name]
