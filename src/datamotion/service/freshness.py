"""Whether a mirror holds what is served: it follows the copy that serves.

One that follows another mirror of that does not count: what the two have in common nobody has looked at, and after a
reprotect that left it behind it may be nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.model.mirror_records import Policy
from datamotion.model.standing import Copy, Standing
from datamotion.model.view import ClusterView
from datamotion.model.words import Role


@dataclass(slots=True)
class Freshness:
    """Of the copies of one standing."""

    standing: Standing

    def is_fresh(self, copy: Copy) -> bool | None:
        """None where that is open: nobody can tell who serves, or it is no mirror."""
        active = self.standing.active.get(copy.id.volume)
        if active is None or copy.role is not Role.MIRROR:
            return None
        return copy.edge is not None and not copy.edge.is_broken_off and copy.edge.source == active

    def fresh_mirrors(self, volume: str) -> tuple[Copy, ...]:
        """The mirrors of what serves this volume, whether they hold a complete copy yet or not."""
        return tuple(copy for copy in self.standing.copies_of(volume) if self.is_fresh(copy))


class Policies:
    """The SnapMirror policies of the back ends of one standing, by the name that relationships there use."""

    def __init__(self, standing: Standing) -> None:
        self._found: dict[tuple[str, str], Policy] = {}
        for backend, site in standing.sites.items():
            if isinstance(site.seen, ClusterView) and site.svm is not None:
                # An SVM's own policy comes before the cluster's of the same name.
                for policy in sorted(site.seen.policies, key=lambda each: each.svm is not None):
                    if policy.svm in (None, site.svm.name):
                        self._found[backend, policy.name] = policy

    def of(self, copy: Copy) -> Policy | None:
        """The policy of the relationship into a copy; None where there is none, or it was not seen."""
        return self._found.get((copy.id.backend, copy.edge.relationship.policy)) if copy.edge else None
