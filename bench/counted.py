"""What a lab's clusters count of the calls to them, and how much longer each takes."""

from __future__ import annotations

from collections.abc import Iterator

from ontaplab.folder import ClusterFolder
from ontaplab.site import Site
from ontaplab.site.rest import Rest

LATENCY_S = 0.02


def calls(site: Site) -> int:
    """Calls to the clusters that run since they were last set to none, as they count them."""
    counted = [rest.lab("GET", "/lab/calls") for rest in _running(site)]
    return sum(int(each["reads"]) + int(each["writes"]) for each in counted)


def reset_calls(site: Site) -> None:
    for rest in _running(site):
        rest.lab("DELETE", "/lab/calls")


def set_latency(site: Site, seconds: float) -> None:
    """Every call to a cluster that runs takes so much longer."""
    for rest in _running(site):
        rest.lab("PUT", "/lab/latency", {"seconds": seconds})


def _running(site: Site) -> Iterator[Rest]:
    for each in site.status():
        if each.pid is not None:
            with Rest(ClusterFolder(site.folder / each.name)) as rest:
                yield rest
