"""`-v` and `--log-file`: what a command does, line by line. No line holds a body or a query, so none holds a secret."""

from __future__ import annotations

import inspect
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from datamotion.cli.failing import status_of
from datamotion.errors import ConfigError, DataMotionError
from datamotion.model.visible import visible

Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Tell of every request, a line each, on standard error.")
]
LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        metavar="FILE",
        dir_okay=False,
        help="Add to this file what is asked of clusters, what happens and how it ends, a line each.",
    ),
]

C = TypeVar("C", bound=Callable[..., None])

_ALL = logging.getLogger("datamotion")
_REQUESTS = logging.getLogger("datamotion.ontap.connection")
_log = logging.getLogger(__name__)
_DATED = re.compile(rb"\d{4}-\d\d-\d\d")


def logged(command: C) -> C:
    """The command, with both options."""
    signature, hints = inspect.signature(command), get_type_hints(command, include_extras=True)
    ours = {"verbose": (Verbose, False), "log_file": (LogFile, None)}

    def carried_out(*, verbose: bool, log_file: Path | None, **arguments: Any) -> None:
        with ExitStack() as stack:
            if verbose:
                tell = arguments["context"].obj.tell
                stack.enter_context(_listening(_REQUESTS, _Lines(tell, "%(message)s")))
            if log_file is not None:
                stack.enter_context(_listening(_ALL, stack.enter_context(_in_file(log_file))))
                words = (arguments["context"].command_path, arguments.get("group"), *(arguments.get("groups") or ()))
                stack.enter_context(_from_beginning_to_end(" ".join(filter(None, words))))
            command(**arguments)

    added = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for name, (_, default) in ours.items()
    ]
    carried_out.__name__, carried_out.__doc__ = command.__name__, command.__doc__
    carried_out.__annotations__ = {**hints, **{name: kind for name, (kind, _) in ours.items()}}
    parameters = [
        each.replace(annotation=carried_out.__annotations__[each.name])
        for each in (*signature.parameters.values(), *added)
    ]
    carried_out.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return carried_out  # type: ignore[return-value]


class _Lines(logging.Handler):
    """Each record as one line. One that cannot be written is the last: it stops nothing."""

    def __init__(self, write: Callable[[str], object], form: str) -> None:
        super().__init__(logging.DEBUG)
        self._write = write
        self._form = form

    def emit(self, record: logging.LogRecord) -> None:
        message = visible(record.getMessage())
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        try:
            self._write(self._form % {"at": at, "message": message})
        except (OSError, ValueError):
            self._write = lambda _: None


@contextmanager
def _listening(logger: logging.Logger, handler: logging.Handler) -> Iterator[None]:
    """The logger tells this handler all, and nobody else more than before."""
    former = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(former)


@contextmanager
def _in_file(path: Path) -> Iterator[logging.Handler]:
    """Added to a regular file that is no link, and that nobody else may read; not to one of something else.

    Raises: ConfigError, OSError.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise ConfigError(f"--log-file {path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8", buffering=1) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigError(f"--log-file {path} is no regular file")
        if (begins := os.pread(descriptor, 16, 0)) and not _DATED.match(begins):
            raise ConfigError(f"--log-file {path} holds something else than a log", hint="name another file")
        os.fchmod(descriptor, 0o600)
        yield _Lines(lambda line: file.write(f"{line}\n"), "%(at)s %(message)s")


@contextmanager
def _from_beginning_to_end(command: str) -> Iterator[None]:
    """Of the command line only what it is about: a check, or a reason, may hold what is nobody's business."""
    _log.info("began, process %d: %s", os.getpid(), command)
    try:
        yield
    except typer.Exit as ended:
        _log.info("ended with exit status %d", ended.exit_code)
        raise
    except BaseException as raised:
        said = f"{raised.code}: {raised.message}" if isinstance(raised, DataMotionError) else type(raised).__name__
        _log.info("ended with exit status %d: %s", status_of(raised), said)
        raise
    _log.info("ended with exit status 0")
