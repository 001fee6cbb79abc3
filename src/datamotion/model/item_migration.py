"""A migration of one LUN or file: which one goes to which volume, and what it is called there."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from datamotion.model.group import Backend, Group, Target
from datamotion.model.migration import PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMigration:
    """The LUN or file at `path` of `volume` is to live at `to_path` of `to_volume`. Paths begin at a volume's root.

    Within an SVM `to` is `source`, by whatever names of back ends people say it. With `keeps_source` the old one stays.
    """

    source: Backend
    volume: str
    path: str
    to: Backend
    to_volume: str
    to_path: str
    keeps_source: bool = False

    @property
    def is_within_cluster(self) -> bool:
        return self.source.cluster == self.to.cluster

    @property
    def is_within_svm(self) -> bool:
        """Whether it stays in its SVM."""
        return self.source.name == self.to.name

    @property
    def is_within_volume(self) -> bool:
        return self.is_within_svm and self.volume == self.to_volume

    @property
    def is_nowhere_else(self) -> bool:
        """Whether it is to be where it is."""
        return self.is_within_volume and self.path == self.to_path

    @property
    def item(self) -> str:
        """What reports call it."""
        return f"{self.volume}/{self.path}"

    @property
    def goal(self) -> str:
        """Where it goes, as the command line says it."""
        return f"{self.goal_volume}/{self.to_path}"

    @property
    def goal_volume(self) -> str:
        return f"{self.to.name}:{self.to_volume}"

    @property
    def places(self) -> tuple[str, str]:
        """Whence and where to, as the command line says it."""
        return f"{self.source.name}:{self.item}", self.goal

    @property
    def words(self) -> tuple[str, ...]:
        """What the command says that asks for this."""
        what, goal = map(shlex.quote, self.places)
        return (what, f"--to {goal}", *(("--keep-source",) if self.keeps_source else ()))

    @property
    def group(self) -> Group:
        """What stands for it in locks and history, and says which SVMs are looked at. Nothing bears a mark of it."""
        elsewhere = () if self.is_within_svm else (Target(backend=replace(self.to, volumes=(self.to_volume,))),)
        return Group(name=self.name, home=replace(self.source, volumes=(self.volume,)), targets=elsewhere)

    @property
    def name(self) -> str:
        """One a LUN or file, wherever it goes: nobody else moves it meanwhile."""
        return f"{PREFIX}{self.source.name}.{self.item.replace('/', ':')}"  # locks are files of that name
