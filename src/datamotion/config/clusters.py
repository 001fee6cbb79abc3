"""How clusters are reached, and where the secrets for that are found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field, model_validator

from datamotion.config.branch import Branch
from datamotion.config.durations import Duration
from datamotion.config.fields import (
    EnvironmentName,
    FilePath,
    HttpsUrl,
    Text,
    Texts,
)

_REFERENCES = "{env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT]}"


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
        "it counts as silent, whatever it still sends, but for one that says to the end that it has too much to do.",
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
