"""Where volumes are mounted in their SVMs, and who is in the way there."""

from __future__ import annotations

from collections.abc import Mapping

from datamotion.model.standing import Copy, Site, Standing
from datamotion.policy.needs import path_of


def taken_paths(site: Site) -> Mapping[str, str]:
    """The volume that is mounted at each path of the SVM. Paths are told apart without case (`volume mount`)."""
    return {volume.path.casefold(): volume.name for volume in site.volumes.values() if volume.path}


def path_clash(standing: Standing, copy: Copy, taken: Mapping[str, str]) -> str | None:
    """Who is mounted, of the `taken_paths` of its SVM, where a copy is to be served; None while nobody else is."""
    path = path_of(standing, copy.id.volume).path
    other = taken.get(path.casefold()) if path else None
    return None if other in (None, copy.volume.name) else f"its junction path {path} is taken by volume {other}"
