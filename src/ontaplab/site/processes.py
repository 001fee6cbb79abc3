"""Starting and ending the processes of clusters. Nothing here waits by the clock: a pipe and the lock tell."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from ontaplab.folder import ClusterFolder
from ontaplab.site.errors import SiteError

_START_S = 30.0
_END_S = 10.0
_LINES_OF_LOG = 10


class Owner:
    """Clusters that are started for it end once it is closed or the process that made it has ended, however that did.

    They read a pipe whose other end only that process holds.
    """

    def __init__(self) -> None:
        self.told_by, self._held = os.pipe()

    def close(self) -> None:
        os.close(self.told_by)
        os.close(self._held)


def start(folders: Sequence[ClusterFolder], owner: Owner | None = None) -> None:
    """Every one of these clusters answers, each as a process that outlives this one, or its owner if there is one.

    Raises: SiteError with what its log says if one does not; of the others, all that could be are running then.
    """
    with ExitStack() as pipes:
        troubles = [each.trouble() for each in [pipes.enter_context(_Start(folder, owner)) for folder in folders]]
    for trouble in troubles:
        if trouble is not None:
            raise trouble


def running(folder: ClusterFolder) -> int | None:
    """The id of the cluster's process; None if there is none."""
    if not folder.root.is_dir():
        return None
    with folder.looking() as pid:
        return pid


def kill(folder: ClusterFolder) -> int | None:
    """The cluster's process has been killed and is gone. Returns its id; None if there was none."""
    return _end(folder, signal.SIGKILL)


def stop(folder: ClusterFolder) -> int | None:
    """The cluster's process has ended, by force where it took too long. Returns its id; None if there was none."""
    return _end(folder, signal.SIGTERM)


def _end(folder: ClusterFolder, first: signal.Signals) -> int | None:
    if not folder.root.is_dir():
        return None
    with folder.looking() as pid:
        if pid is None:
            return None
        for each in (first, signal.SIGKILL):
            os.kill(pid, each)
            if folder.wait_until_free(_END_S):
                return pid
    raise SiteError(f"process {pid} of the cluster in {folder.root} does not end, even by SIGKILL")


class _Start:
    """A process that is being started. The pipe says that it answers, or, by its end, that it does not live."""

    def __init__(self, folder: ClusterFolder, owner: Owner | None) -> None:
        self._folder = folder
        self._log_from = folder.log.stat().st_size if folder.log.exists() else 0
        self._pipe, announce = os.pipe()
        command = [sys.executable, "-P", "-m", "ontaplab", "serve", str(folder.root), "--announce", str(announce)]
        command += [] if owner is None else ["--owner", str(owner.told_by)]
        with os.fdopen(os.open(folder.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            try:
                subprocess.run(  # noqa: S603  # it puts itself into the background
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[announce] if owner is None else [announce, owner.told_by],
                    start_new_session=True,
                    check=True,
                )
            finally:
                os.close(announce)

    def __enter__(self) -> _Start:
        return self

    def __exit__(self, *_: object) -> None:
        """A process that does not answer yet finds nobody to tell, and ends."""
        os.close(self._pipe)

    def trouble(self) -> SiteError | None:
        """Why it does not answer; None once it does."""
        name = self._folder.root.name
        readable, _, _ = select.select([self._pipe], [], [], _START_S)
        if not readable:
            return SiteError(f"{name} did not answer within {_START_S:.0f} s:", self._hint, self._said())
        if not os.read(self._pipe, 1):
            return SiteError(f"{name} did not start:", self._hint, self._said())
        return None

    @property
    def _hint(self) -> str:
        return f"Its log is {self._folder.log}."

    def _said(self) -> Sequence[str]:
        with self._folder.log.open("rb") as log:
            log.seek(self._log_from)
            lines = log.read().decode(errors="replace").splitlines()
        return [f"  {line}" for line in lines[-_LINES_OF_LOG:]] or ["  (it said nothing)"]
