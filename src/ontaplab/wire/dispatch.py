"""Routes by the first segments of their paths, so that a request is not compared with every one of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_SEGMENTS = 3  # as in /api/storage/volumes
_Key = tuple[str, ...]


class ByFirstSegments(BaseRoute):
    """These routes as one: of those that match, the first answers, as if they stood in the application one by one."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        keyed = [(_key(each), each) for each in routes]
        self._others = [route for key, route in keyed if key is None]
        self._by_key = {
            wanted: [route for key, route in keyed if key in (None, wanted)]
            for wanted, _ in keyed
            if wanted is not None
        }

        # A look asks the same paths again and again; to take each apart costs as much as many an answer.
        self._find = lru_cache(maxsize=1024)(self._found)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = self._find(scope["type"], scope.get("method", ""), scope["path"], scope.get("root_path", ""))
        return match, {**found, "path_params": dict(found.get("path_params", {}))}

    def _found(self, kind: str, method: str, path: str, root_path: str) -> tuple[Match, Scope]:
        scope = {"type": kind, "method": method, "path": path, "root_path": root_path}
        partial: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._by_key.get(_first_segments(_path(scope)), self._others):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "route": route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**found, "route": route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: BaseRoute = scope["route"]
        await route.handle(scope, receive, send)


def _key(route: BaseRoute) -> _Key | None:
    """What the first segments of a path have to be; None where they may be several, or more may follow a short one."""
    if not isinstance(route, Route):
        return None
    key = _first_segments(route.path)
    return None if any("{" in segment for segment in key) else key


def _path(scope: Scope) -> str:
    path: str = scope.get("path", "")
    return path.removeprefix(scope.get("root_path", ""))


def _first_segments(path: str) -> _Key:
    return tuple(path.split("/", _SEGMENTS + 1)[1 : _SEGMENTS + 1])
