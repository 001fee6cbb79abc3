"""Whether the names in a configuration fit together.

This looks at the tree as it was written, so that a duration that cannot be read does not hide an unknown back end: what
has the wrong shape is passed over here, because its model names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from datamotion.config.mistakes import Keys, Mistake, closest

_Tree = Mapping[str, object]


def dangling_references(tree: object) -> Iterator[Mistake]:
    """Every name in `tree`, a mapping or a model, that leads nowhere or to where it must not."""
    root = _branch(tree)
    clusters, backends, groups = (root.get(section, {}) for section in ("clusters", "backends", "groups"))
    yield from _in_clusters(_branch(clusters))
    yield from _in_backends(_branch(backends), clusters)
    yield from _in_groups(_branch(groups), backends)


def _branch(value: object) -> _Tree:
    if isinstance(value, BaseModel):
        return dict(value)
    return value if isinstance(value, Mapping) else {}


def _in_clusters(clusters: _Tree) -> Iterator[Mistake]:
    first_with: dict[str, str] = {}
    for name, cluster in clusters.items():
        url = _branch(cluster).get("url")
        if isinstance(url, str) and first_with.setdefault(url.rstrip("/"), name) != name:
            first = first_with[url.rstrip("/")]
            yield Mistake(("clusters", name, "url"), f"the URL of cluster {first!r}, expected one of its own")


def _in_backends(backends: _Tree, clusters: object) -> Iterator[Mistake]:
    first_with: dict[tuple[str, str], str] = {}
    for name, backend in backends.items():
        cluster, svm = (_branch(backend).get(key) for key in ("cluster", "svm"))
        yield from _unknown(("backends", name, "cluster"), cluster, "cluster", clusters)
        if not isinstance(cluster, str) or not isinstance(svm, str):
            continue
        first = first_with.setdefault((cluster, svm), name)
        if first != name:
            text = f"SVM {svm!r} of cluster {cluster!r} is back end {first!r} already, expected another"
            yield Mistake(("backends", name, "svm"), text)


def _in_groups(groups: _Tree, backends: object) -> Iterator[Mistake]:
    first_with: dict[str, str] = {}
    for name, group in groups.items():
        home, targets = (_branch(group).get(key) for key in ("home", "targets"))
        at: Keys = ("groups", name)
        yield from _unknown((*at, "home"), home, "back end", backends)
        if isinstance(home, str) and first_with.setdefault(home, name) != name:
            # The mark on a volume names one group: two would take each other's volumes over.
            text = f"back end {home!r} is the home of group {first_with[home]!r} already, expected another"
            yield Mistake((*at, "home"), text)
        if isinstance(targets, list | tuple):
            names = [_branch(target).get("backend") for target in targets]
            yield from _in_targets(at, home, names, backends)


def _in_targets(group: Keys, home: object, names: list[object], backends: object) -> Iterator[Mistake]:
    for place, name in enumerate(names):
        keys: Keys = (*group, "targets", place, "backend")
        yield from _unknown(keys, name, "back end", backends)
        if isinstance(name, str) and name == home:
            yield Mistake(keys, f"{name!r} is the home of the group, expected another back end")
        if isinstance(name, str) and name in names[:place]:
            yield Mistake(keys, f"{name!r} is a target of the group already, expected each once")


def _unknown(keys: Keys, name: object, kind: str, known: object) -> Iterator[Mistake]:
    if isinstance(name, str) and isinstance(known, Mapping) and name not in known:
        names = [each for each in known if isinstance(each, str)]
        text = f"found {name!r}, expected the name of a {kind}: {', '.join(names) or 'there are none'}"
        yield Mistake(keys, text + closest(name, names))
