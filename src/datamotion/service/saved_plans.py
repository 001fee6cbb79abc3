"""Plans that are saved to a file, and carried out later if they are still what is to be done.

A file holds the document that `plan -o json` prints. What counts are the acts: whom each is for, at which cluster, of
what kind, and what it says; and what is given up. Ages, and how much there is to carry, change while somebody reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from datamotion.errors import ConfigError, Refused
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text
from datamotion.service.act_reports import ActReport
from datamotion.service.documents import document_json
from datamotion.service.envelope import SCHEMA_VERSION
from datamotion.service.operation_reports import OperationReport
from datamotion.service.reports import PlanReport

_LARGEST = 2**28

_TIME = re.compile(r"_\d{8}_\d{6}\b")  # in the name of a snapshot that is yet to be taken
_AGE = re.compile(r"\b(less than 1 s|[\d.]+ (d|h|min|s)( \d+ (h|min|s))?)\b")
_SIZE = re.compile(r"\b[\d.]+ ([KMGTP]i)?B\b")


class _Act(NamedTuple):
    cluster: str
    title: str
    backend: str
    volume: str | None
    kind: str | None
    text: str


def save_plans(path: Path, reports: Sequence[PlanReport]) -> None:
    """The file holds these plans, whole or not at all; only its owner reads it. Raises: ConfigError."""
    text = document_json("operations", tuple(map(OperationReport.of, reports)), ExitStatus.DONE)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        check_may_hold_plans(path)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint="name another file") from None
    finally:
        with suppress(OSError):
            beside.unlink()


def check_may_hold_plans(path: Path) -> None:
    """Raises: ConfigError where something is there that is no saved plan, and would be lost."""
    if not os.path.lexists(path) or (path.is_file() and not path.stat().st_size):
        return
    try:
        if path.is_file():
            saved_plans(path)
            return
    except ConfigError:
        pass
    raise ConfigError(
        f"{path} is there, and no saved plan: it is left as it is", hint="name another file, or remove it"
    )


def saved_plans(path: Path) -> Mapping[str, PlanReport]:
    """By group. Raises: ConfigError for what cannot be read, or is no plan of what `apply` does."""
    hint = "datamotion plan --out FILE writes one"
    try:
        with path.open(encoding="utf-8") as file:
            written = file.read(_LARGEST)
        document = TypeAdapter(dict[str, object]).validate_json(written)
        reports = TypeAdapter(tuple[OperationReport, ...]).validate_python(document.get("report"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", hint=hint) from None
    except (ValidationError, ValueError):
        raise ConfigError(f"{path} is no saved plan", hint=hint) from None
    plans = {each.group: each.plan for each in reports if each.plan is not None and each.operation == "protect"}
    if document.get("kind") != "operations" or len(plans) != len(reports) or not plans:
        raise ConfigError(f"{path} is no saved plan of what `apply` does", hint=hint)
    version = str(document.get("schema_version"))
    if version.split(".", maxsplit=1)[0] != SCHEMA_VERSION.split(".")[0]:
        raise ConfigError(f"{path} is of schema version {version}, and this release reads {SCHEMA_VERSION}", hint=hint)
    return plans


def check_is_as_saved(saved: PlanReport, now: PlanReport) -> None:
    """Raises: Refused where something else is to be done by now, or more given up."""
    before, after = _acts(saved), _acts(now)
    changed = before ^ after
    agreed = {(each.volume, each.backend) for each in saved.losses}
    grown = {(each.volume, each.backend) for each in now.losses} - agreed
    if not changed and not grown:
        return
    if after - before:
        what = f"by now there is also to do: {_told(min(after - before, key=str))}"
    elif before - after:
        what = f"not to be done any more: {_told(min(before - after, key=str))}"
    else:
        volume, backend = min(grown)
        what = f"{volume} at {backend} would give something up by now"
    others = f" (and {count_text(len(changed) - 1, 'other')})" if len(changed) > 1 else ""
    raise Refused(
        f"the plan of {now.group} is not what was saved: {what}{others}",
        hint="nothing was changed; datamotion plan --out FILE saves what is to be done now",
    )


def _acts(plan: PlanReport) -> frozenset[_Act]:
    return frozenset(
        _Act(step.cluster, step.title, act.backend, act.volume, act.kind, _lasting(act))
        for step in plan.steps
        for act in step.acts
    )


def _lasting(act: ActReport) -> str:
    """What it says, without what grows by itself."""
    text = _AGE.sub("...", _TIME.sub("", act.text))
    return text if act.bytes == 0 else _SIZE.sub("...", text)


def _told(act: _Act) -> str:
    return f"{act.title} at {act.backend} ({act.text})"
