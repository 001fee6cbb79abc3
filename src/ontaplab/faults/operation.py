"""What a request, a job or a transfer is, as far as faults and paces choose by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ontaplab.errors import OntapError

_ROUTE = re.compile(r"(?:([A-Z]+(?:\|[A-Z]+)*) )?(/\S*)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` is below `/api`, or begins with `/intercluster`."""

    method: str
    path: str
    query: str = ""

    @classmethod
    def of_job(cls, description: str) -> Operation:
        """The request that a job carries out, as in "POST /api/storage/volumes"."""
        method, _, path = description.partition(" ")
        return cls(method, path.removeprefix("/api"))

    @property
    def kind(self) -> str:
        """What is the same in two runs of one history, whatever uuids real time gave."""
        return f"{self.method} {_UUID.sub('*', self.path)}"

    def is_on(self, route: str | None, relationship: str | None) -> bool:
        """Whether it is on that route and names that relationship. Without a route: any below `/api`.

        What clusters ask each other is only on a route that begins with `/intercluster`.
        A route is a method, or several with `|`, and a path in which `*` stands for anything, slashes too; without a
        method any is meant.
        """
        if relationship is not None and relationship not in f"{self.path}?{self.query}":
            return False
        between_clusters = self.path.startswith("/intercluster")
        if route is None:
            return not between_clusters
        found = _ROUTE.fullmatch(route)
        assert found is not None, "routes are checked when they are taken"
        methods, path = found.groups()
        if between_clusters != path.startswith("/intercluster"):
            return False
        return (methods is None or self.method in methods.split("|")) and fnmatchcase(
            self.path, path.removeprefix("/api")
        )


def check_route(route: str | None) -> None:
    """Raises: OntapError 262197 for what is no route."""
    if route is not None and not _ROUTE.fullmatch(route):
        message = f'"{route}" is no route. One is a method and a path, as in "PATCH /snapmirror/*".'
        raise OntapError(400, "262197", message, target="route")
