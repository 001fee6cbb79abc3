"""A lab: clusters as processes, in one folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ontaplab.doors.remote import RemoteDoors
from ontaplab.folder import ClusterFolder
from ontaplab.site import processes, seeding
from ontaplab.site.errors import SiteError
from ontaplab.site.ground import clear, held, make_folder
from ontaplab.site.lab import (
    Lab,
    furnish,
    lab_file,
    lay_out,
    planned,
    read_lab,
    write_configuration,
    write_lab,
)
from ontaplab.site.ports import choose_ports
from ontaplab.site.rest import Rest
from ontaplab.site.status import ClusterStatus, status_of

_CLUSTER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_MOST_CLUSTERS = 24


class Site:
    """The lab in `folder`. Every method raises SiteError where the lab cannot do what is asked."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        self.folder = folder
        self._lab = lab
        self._owner: processes.Owner | None = None

    @classmethod
    def up(cls, folder: Path, clusters: Sequence[str], *, base_port: int = 18443, owned: bool = False) -> Site:
        """A lab of these clusters runs: a new one, or the one in the folder as it was when it was stopped.

        The clusters get `base_port` and the ports after it; 0: any free ones. A lab that is there keeps its own.
        A new one that is `owned` by this process is removed with everything in it when the process has ended, however.
        After an error there is no new lab, and nothing runs that did not before.
        """
        folder = folder.resolve()
        names = _checked(clusters)
        try:
            is_new = make_folder(folder)
            with held(folder):
                if lab_file(folder).exists():
                    return cls.open(folder)._again(names)
                return cls(folder, planned(names))._new(base_port, owned=owned, remove_folder=is_new)
        except OSError as error:
            raise SiteError(f"a lab in {folder} is not possible: {error}") from error

    @classmethod
    def open(cls, folder: Path) -> Site:
        """The lab in the folder, whether it runs or not."""
        folder = folder.resolve()
        try:
            return cls(folder, read_lab(folder))
        except FileNotFoundError:
            raise SiteError(f"there is no lab in {folder}", "`lab up` makes one.") from None
        except (OSError, ValueError) as error:
            raise SiteError(f"{lab_file(folder)} cannot be read: {error}") from error

    @property
    def clusters(self) -> list[str]:
        """Their names, the home of the volumes first."""
        return list(self._lab.clusters)

    def status(self) -> list[ClusterStatus]:
        """Each cluster as it is, in order. Asks none of them: those that hang are shown too."""
        return [status_of(self._cluster_folder(name)) for name in self.clusters]

    def kill(self, name: str) -> int:
        """The cluster's process was killed with SIGKILL and is gone. Returns the id it had."""
        pid = processes.kill(self._cluster_folder(name))
        if pid is None:
            raise SiteError(f"{name} is not running")
        return pid

    def start(self, name: str) -> None:
        """The cluster, which was stopped, answers again, with all that it held."""
        folder = self._cluster_folder(name)
        pid = processes.running(folder)
        if pid is not None:
            raise SiteError(f"{name} is running already, as process {pid}")
        processes.start([folder], self._owner)

    def stop(self, name: str) -> None:
        """The cluster's process has ended. Harmless if there was none."""
        processes.stop(self._cluster_folder(name))

    def down(self, *, remove: bool = False) -> None:
        """None of the lab's processes is left; with `remove` nor its folder, with everything that is in there."""
        with held(self.folder):
            self._stop_all()
            if remove:
                clear(self.folder, itself=True)
        self._disown()

    def seed(
        self,
        name: str,
        source: Path,
        *,
        volumes: int = 4,
        prefix: str = "vol_",
        leave_out: Collection[str] = (),
        copies: int = 1,
        free_bytes: Callable[[Path], int] = seeding.free_bytes,
    ) -> seeding.Seeded:
        """There are new volumes on the cluster, PREFIX1, PREFIX2, ..., mounted at /PREFIX1, ...

        They hold copies of the plain files below `source`, under the same relative paths, spread evenly by bytes;
        folders of the names in `leave_out` are left out.
        After an error there are none of them. There must be room for that many `copies`, with mirrors and snapshots
        counted. `free_bytes` says how much room there is in a folder.
        """
        if volumes < 1:
            raise SiteError("files need at least one volume")
        folder, cluster = self._cluster_folder(name), self._lab.clusters[name]
        by_name = folder.root / "by-name" / cluster.svm
        place = seeding.Place(svm=cluster.svm, aggregate=cluster.aggregate, by_name=by_name)
        names = [f"{prefix}{number}" for number in range(1, volumes + 1)]
        with Rest(folder) as rest:
            return seeding.seed(
                rest, place, source, names, leave_out=leave_out, copies=copies, free=free_bytes, free_at=folder.root
            )

    def add_fault(self, name: str, fields: Mapping[str, object]) -> Mapping[str, Any]:
        """The cluster has the fault that is described as for `POST /lab/faults`. Returns it as it is shown."""
        with Rest(self._cluster_folder(name)) as rest:
            return rest.lab("POST", "/lab/faults", fields)

    def faults(self, name: str) -> list[Mapping[str, Any]]:
        """The cluster's faults, each with how often it struck."""
        with Rest(self._cluster_folder(name)) as rest:
            shown: list[Mapping[str, Any]] = rest.lab("GET", "/lab/faults")["records"]
            return shown

    def clear_faults(self, name: str, number: int | None = None) -> None:
        """The cluster has not that fault any more, or none at all."""
        with Rest(self._cluster_folder(name)) as rest:
            rest.lab("DELETE", "/lab/faults" if number is None else f"/lab/faults/{number}")

    def set_pace(self, name: str, fields: Mapping[str, object]) -> Mapping[str, Any]:
        """The cluster has the pace that is described as for `POST /lab/pace`. Returns it as it is shown."""
        with Rest(self._cluster_folder(name)) as rest:
            return rest.lab("POST", "/lab/pace", fields)

    def pace(self, name: str) -> list[Mapping[str, Any]]:
        """The cluster's pace: its rules, the newest last."""
        with Rest(self._cluster_folder(name)) as rest:
            shown: list[Mapping[str, Any]] = rest.lab("GET", "/lab/pace")["records"]
            return shown

    def clear_pace(self, name: str, number: int | None = None) -> None:
        """The cluster has not that rule any more, or none at all."""
        with Rest(self._cluster_folder(name)) as rest:
            rest.lab("DELETE", "/lab/pace" if number is None else f"/lab/pace/{number}")

    @contextmanager
    def doors(self, name: str) -> Iterator[RemoteDoors]:
        """Where NFS and SMB hosts of the cluster come in, until the end."""
        with Rest(self._cluster_folder(name)) as rest:
            yield RemoteDoors(partial(rest.lab, "POST"))

    def volume_path(self, name: str, svm: str, volume: str) -> Path:
        """Where the files are that clients of the volume see, whether it is mounted or not."""
        return self._cluster_folder(name).root / "by-name" / svm / volume

    def exports(self, name: str, svm: str) -> Path:
        """The SVM's namespace: the mounted volumes are below it at their junction paths."""
        return self._cluster_folder(name).root / "exports" / svm

    def _new(self, base_port: int, *, owned: bool, remove_folder: bool) -> Site:
        self._owner = processes.Owner() if owned else None
        try:
            lay_out(self.folder, self._lab, choose_ports(base_port, len(self.clusters)))
            self._start_all()
            furnish(self.folder, self._lab)
            write_configuration(self.folder, self._lab)
            self._lab = replace(self._lab, finished=True)
            write_lab(self.folder, self._lab)
        except BaseException:
            self._stop_all()
            clear(self.folder, itself=remove_folder)
            self._disown()
            raise
        return self

    def _again(self, names: Sequence[str]) -> Site:
        for folder in self._folders():
            pid = processes.running(folder)
            if pid is not None:
                raise SiteError(
                    f"the lab in {self.folder} is in use: {folder.root.name} runs, as process {pid}",
                    "`lab start NAME` starts what is stopped of it, `lab down` ends it.",
                )
        self._check_finished()
        if names != self.clusters:
            raise SiteError(f"{self.folder} holds a lab of other clusters: {', '.join(self.clusters)}")
        try:
            self._start_all()
        except BaseException:
            self._stop_all()
            raise
        return self

    def _start_all(self) -> None:
        processes.start(self._folders(), self._owner)

    def _disown(self) -> None:
        """None of its processes is left to be told that this one has ended."""
        if self._owner is not None:
            self._owner.close()
            self._owner = None

    def _stop_all(self) -> None:
        for folder in self._folders():
            processes.stop(folder)

    def _folders(self) -> list[ClusterFolder]:
        return [ClusterFolder(self.folder / name) for name in self.clusters]

    def _cluster_folder(self, name: str) -> ClusterFolder:
        self._check_finished()
        if name not in self._lab.clusters:
            raise SiteError(f"the lab in {self.folder} has no cluster {name}", f"It has {', '.join(self.clusters)}.")
        return ClusterFolder(self.folder / name)

    def _check_finished(self) -> None:
        """Raises SiteError if this is what a killed `up` left behind."""
        if not self._lab.finished:
            raise SiteError(
                f"the lab in {self.folder} was never finished", "`lab down --remove` removes what there is."
            )


def _checked(clusters: Sequence[str]) -> list[str]:
    """Their names, which can be those of folders. Raises: SiteError."""
    for name in clusters:
        if not _CLUSTER.fullmatch(name):
            raise SiteError(f"{name!r} is no cluster name", "A letter, then letters, digits, '_' and '-'.")
    if len(set(clusters)) != len(clusters) or not 1 <= len(clusters) <= _MOST_CLUSTERS:
        raise SiteError(f"a lab has 1 to {_MOST_CLUSTERS} clusters, each with a name of its own")
    return list(clusters)
