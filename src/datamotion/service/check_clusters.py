"""What each cluster by itself has to have: a release, a licence, an account that may, interfaces to its peers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datamotion.model.cluster_records import ClusterIdentity, IpInterface
from datamotion.model.view import Aspect, ClusterClock, ClusterView, Unseen
from datamotion.ontap.privileges import lacking
from datamotion.service.check_reports import CheckKind, CheckLine
from datamotion.service.concern_rows import CLOCK_LIMIT
from datamotion.service.findings import checked, noted, unlooked

_OLDEST = (9, 11, 1)
_FARTHEST = 5
"""General releases that are at most so far apart carry mirrors of type XDP to each other, in both directions.

From "Compatible ONTAP versions for SnapMirror relationships" as of 9.18.1, for 9.11.1 and later; assumed of later ones.
"""
_BALANCED = (9, 16, 1)
"""The release from which volumes may have what earlier ones do not take. From the same page."""
_LICENCE = "snapmirror"  # Assumption: what `/cluster/licensing/licenses` calls it
_ROLE_HINT = "give its account the role that `datamotion role` prints"
_NOT_TOLD = "its account may not see them, or the platform has none"


def cluster_lines(name: str, seen: ClusterView | Unseen, *, is_peered: bool) -> Iterator[CheckLine]:
    """`is_peered`: mirrors go from it to other clusters, or come from there."""
    if isinstance(seen, Unseen):
        yield checked(CheckKind.CLUSTER, name, "can be looked at", seen.reason, seen.hint)
        return
    if seen.identity is None:
        yield unlooked(CheckKind.VERSION, name, "its version", "it was not asked")
    else:
        version = _text(seen.identity)
        yield checked(CheckKind.CLUSTER, name, f"answers as {seen.identity.name}, ONTAP {version}", None)
        too_old = f"ONTAP {version}" if seen.identity.version < _OLDEST else None
        what = f"runs ONTAP {'.'.join(map(str, _OLDEST))} or later"
        yield checked(CheckKind.VERSION, name, what, too_old, "upgrade it; REST lacks what mirroring needs")
    yield _clock_line(name, seen.clock)
    yield _licence_line(name, seen)
    yield _privileges_line(name, seen)
    if is_peered:
        yield from _interface_lines(name, seen)


def release_lines(name: str, here: ClusterIdentity | None, there: ClusterIdentity | None) -> Iterator[CheckLine]:
    """Whether mirrors are carried between the releases of two clusters, whichever of them serves."""
    if here is None or there is None:
        yield unlooked(CheckKind.VERSION, name, "their releases carry to each other", "a version was not told")
        return
    what = f"ONTAP {_text(there)} and {_text(here)} carry to each other, in both directions"
    if any(each.version[0] != 9 or each.version[2] == 0 for each in (here, there)):
        why = "only the general releases of ONTAP 9 are known here, not those for clouds"
        yield unlooked(CheckKind.VERSION, name, what, why, "see NetApp's table of compatible versions for SnapMirror")
        return
    apart = abs(here.version[1] - there.version[1])
    problem = f"they are {apart} releases apart, and at most {_FARTHEST} may be" if apart > _FARTHEST else None
    older, newer = sorted((here, there), key=lambda each: each.version)
    yield checked(CheckKind.VERSION, name, what, problem, f"upgrade {older.name}")
    if older.version < _BALANCED <= newer.version:
        why = f"but for FlexGroup volumes with advanced capacity balancing, which {older.name} cannot take"
        yield noted(CheckKind.VERSION, name, f"from {newer.name} to {older.name}", why, f"upgrade {older.name}")


def _text(identity: ClusterIdentity) -> str:
    return ".".join(map(str, identity.version))


def _clock_line(name: str, clock: ClusterClock) -> CheckLine:
    what = "its clock agrees with ours"
    if clock.is_believed and clock.ahead:
        return noted(CheckKind.CLOCK, name, what, f"it {clock}, which is taken out of the ages that it tells")
    problem = None if clock.is_believed else f"it {clock}: no age that it tells is believed"
    return checked(CheckKind.CLOCK, name, what, problem, f"at {name}: cluster date show; {CLOCK_LIMIT}")


def _licence_line(name: str, seen: ClusterView) -> CheckLine:
    what = "has a SnapMirror licence"
    if seen.licenses is None:
        return unlooked(CheckKind.LICENCE, name, what, f"it tells no licences: {_NOT_TOLD}", _ROLE_HINT)
    if _LICENCE not in seen.licenses and (gap := seen.gap(Aspect.LICENSES, _LICENCE)):
        return unlooked(CheckKind.LICENCE, name, what, gap)
    problem = None if _LICENCE in seen.licenses else "it tells none"
    return checked(CheckKind.LICENCE, name, what, problem, "add it: system license add")


def _privileges_line(name: str, seen: ClusterView) -> CheckLine:
    access, kind = seen.access, CheckKind.PRIVILEGES
    what = "its account may do all that the commands ask for"
    if access is None:
        return unlooked(kind, name, what, "its account may not read accounts and roles", _ROLE_HINT)
    what = f"account {access.account} may do all that the commands ask for"
    if access.role is None:
        why = "no account of the cluster is listed by that name: a group, a directory or an SVM lets it in"
        return unlooked(kind, name, what, why, "compare its role with the one that `datamotion role` prints")
    what += f", by role {access.role}"
    if not any(path.startswith("/api") for path in access.granted):
        why = "that role is told as commands, which does not say what it may do here"
        return unlooked(kind, name, what, why, _ROLE_HINT)
    lacks = lacking(access.granted)
    needed = [each for each in lacks if not each.is_seldom_missed]
    missing = ", ".join(f"{each.privilege.path} {each.privilege.access}" for each in needed or lacks)
    if lacks and not needed:
        but = "but for `--peer-clusters` and what `unprotect`, `reprotect`, `drill` and `gc` delete"
        return noted(kind, name, what, f"{but}: it lacks {missing}", _ROLE_HINT)
    return checked(kind, name, what, f"it lacks {missing}" if missing else None, _ROLE_HINT)


def _interface_lines(name: str, seen: ClusterView) -> Iterator[CheckLine]:
    """On every node, since each carries what its own volumes send and receive."""
    kind, what = CheckKind.INTERFACES, "an intercluster interface is up on every node"
    if seen.nodes is None or seen.interfaces is None:
        which = "nodes" if seen.nodes is None else "interfaces"
        yield unlooked(kind, name, what, f"it tells no {which}: its account may not see them", _ROLE_HINT)
        return
    for node in seen.nodes:
        here = [each for each in seen.interfaces if each.node == node.name]
        what = f"an intercluster interface is up on {node.name}"
        hint = f"at {name}: network interface show -service-policy default-intercluster"
        yield checked(kind, name, what, _why_cut_off(node.state, here), hint)


def _why_cut_off(state: str, here: Sequence[IpInterface]) -> str | None:
    if any(each.is_up for each in here):
        return None
    if state not in ("up", "unknown"):
        return f"the node is {state}"
    return f"{' and '.join(each.name for each in here)} is down" if here else "it has none"
