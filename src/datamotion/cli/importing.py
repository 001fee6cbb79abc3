"""`datamotion import`: a configuration from what another program is configured with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
import yaml

from datamotion.cli.options import DEFAULT_CONFIG, ConfigFile, OutputForm
from datamotion.cli.output import Output, print_json
from datamotion.config.cinder_groups import Imported, import_groups
from datamotion.config.cinder_sections import CinderConf
from datamotion.errors import ConfigError
from datamotion.exit_status import ExitStatus
from datamotion.service.import_reports import import_report


def import_(
    source: Annotated[Path, typer.Argument(metavar="CINDER_CONF", help="Cinder's configuration file.")],
    backend: Annotated[
        list[str] | None,
        typer.Option("--backend", metavar="NAME", help="Of this back end alone; may be given again. Else all enabled."),
    ] = None,
    volumes: Annotated[
        list[str] | None,
        typer.Option("--volumes", metavar="PATTERN", help="The volumes of its pools; may be given again."),
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Write the configuration of the groups that OpenStack Cinder replicates. Asks no cluster, prints no password.

    Example: datamotion import /etc/cinder/cinder.conf -c netapp.yaml
    """
    imported = import_groups(CinderConf(source), backend or (), volumes or ())
    _write(config, yaml.safe_dump(imported.tree, sort_keys=False, allow_unicode=True))
    if output is Output.TEXT:
        print("\n".join(_lines(config, imported)))
    else:
        print_json("import", import_report(str(config), imported), ExitStatus.DONE, output)


def _lines(config: Path, imported: Imported) -> list[str]:
    groups = [
        f"{name}: {', '.join(imported.tree['backends'][name]['volumes']) or 'no volumes'}"
        f" (from {imported.volumes_from.get(name, '--volumes')})"
        for name in imported.tree["groups"]
    ]
    wanted = [f"  {each.variable}: netapp_password of [{each.section}]" for each in imported.passwords]
    return [f"{config} has the groups", *(f"  {each}" for each in groups), "It looks for passwords in", *wanted]


def _write(path: Path, text: str) -> None:
    """Raises: ConfigError where there is a file already; OSError."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path} is there already", hint="-c FILE names another one to write") from None
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        opened.write(text)
