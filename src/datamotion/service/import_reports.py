"""What was taken from a configuration of OpenStack Cinder."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.config.cinder_groups import Imported, Password


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedGroupReport:
    """`volumes_from` says where the names of its volumes were taken from."""

    name: str
    volumes_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """The configuration that was written, and the passwords that it looks for in the environment."""

    configuration: str
    groups: tuple[ImportedGroupReport, ...]
    passwords: tuple[Password, ...]


def import_report(configuration: str, imported: Imported) -> ImportReport:
    """What became of it, without a password."""
    return ImportReport(
        configuration=configuration,
        groups=tuple(
            ImportedGroupReport(name=name, volumes_from=imported.volumes_from.get(name, "--volumes"))
            for name in imported.tree["groups"]
        ),
        passwords=imported.passwords,
    )
