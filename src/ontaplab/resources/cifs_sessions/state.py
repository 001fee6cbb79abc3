"""An SMB session: a user of a host who is connected to shares of an SVM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ontaplab.resources.files.state import FileHandle


@dataclass(frozen=True, slots=True)
class Tree:
    """A connection to a share, as the share was then."""

    root: FileHandle
    writes: bool
    """Whether the share's ACL lets the user write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Known until the cluster ends."""

    uuid: str
    identifier: int
    connection_id: int
    svm: str
    """uuid"""
    client_ip: str
    user: str
    connected: datetime
    last_request: datetime
    trees: Mapping[str, Tree] = field(default_factory=dict)
    """By the name of the share."""
    volumes: tuple[str, ...] = ()
    """uuids of those that it has used."""
    open_files: int = 0
    """How many times it has opened something: hosts here close nothing."""
