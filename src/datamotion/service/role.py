"""The role of an account that the commands log in with: as ONTAP's own commands, and as a request."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.ontap.privileges import PRIVILEGES


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivilegeReport:
    path: str
    access: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleReport:
    """`privileges` are what `POST /api/security/roles` takes; `commands` do the same at a cluster's command line."""

    name: str
    privileges: tuple[PrivilegeReport, ...]
    commands: tuple[str, ...]


def role(name: str) -> RoleReport:
    """The least that is needed at each cluster, under that name. Nothing is asked of any."""
    create = "security login rest-role create"
    commands = [f"{create} -role {name} -api {each.path} -access {each.access}" for each in PRIVILEGES]
    account = f"-user-or-group-name {name} -application http -authentication-method password -role {name}"
    return RoleReport(
        name=name,
        privileges=tuple(PrivilegeReport(**each._asdict()) for each in PRIVILEGES),
        commands=(*commands, f"security login create {account}"),
    )
