"""What an account of a cluster has to be allowed, for all that the commands ask of it, and nothing more.

An API path of a role covers all below it. ONTAP's words for access are what they let through: `readonly` GET,
`read_create` POST too, `read_modify` PATCH too, `read_create_modify` both, `all` DELETE too (9.11.1 and later).
"""

from __future__ import annotations

from typing import NamedTuple


class Privilege(NamedTuple):
    """One path of a role, and why it is asked for."""

    path: str
    access: str
    because: str


PRIVILEGES = (
    Privilege("/api/cluster", "readonly", "its name, uuid and version"),
    Privilege("/api/cluster/jobs", "readonly", "to follow what takes time"),
    Privilege("/api/cluster/licensing/licenses", "readonly", "whether mirrors may be made"),
    Privilege("/api/cluster/peers", "readonly", "which clusters can carry to which"),
    Privilege("/api/cluster/schedules", "readonly", "whether a schedule is there"),
    Privilege("/api/protocols/cifs/sessions", "all", "a fence closes sessions"),
    Privilege("/api/protocols/nfs/export-policies", "read_create", "a fence has a policy of its own"),
    Privilege("/api/snapmirror/policies", "all", "claims of who serves are policies, and old ones go"),
    Privilege("/api/snapmirror/relationships", "all", "mirrors and their transfers, and mirrors that end"),
    Privilege("/api/storage/aggregates", "readonly", "where there is room"),
    Privilege("/api/storage/qtrees", "read_modify", "a fence covers qtrees with policies of their own"),
    Privilege(
        "/api/storage/volumes", "all", "copies are made, marked, mounted, fenced, and deleted if that is asked for"
    ),
    Privilege("/api/svm/peers", "read_create_modify", "SVMs are peered, and their peering accepted"),
    Privilege("/api/svm/svms", "readonly", "which SVMs are there, and run"),
)
