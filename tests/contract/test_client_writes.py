"""NetApp's client uses every method of every resource that can be written."""

from __future__ import annotations

import pytest

from tests.contract.clients import Clients
from tests.contract.lives_of_clusters import LIVES_OF_CLUSTERS
from tests.contract.lives_of_data import LIVES_OF_DATA
from tests.contract.lives_of_hosts import LIVES_OF_HOSTS
from tests.contract.lives_of_luns import LIVES_OF_LUNS
from tests.contract.lives_of_rules import LIVES_OF_RULES
from tests.contract.resources import (
    RESOURCES,
    offered,
    path_of,
)

pytestmark = [
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]

LIVES = {
    path_of(resource): life
    for resource, life in {
        **LIVES_OF_CLUSTERS,
        **LIVES_OF_DATA,
        **LIVES_OF_HOSTS,
        **LIVES_OF_LUNS,
        **LIVES_OF_RULES,
    }.items()
}
"""By the path of a collection: objects of it are made, changed and removed, one at a time and by query."""

NEVER_TAKEN = {("PATCH", path) for path in ("/cluster/jobs", "/cluster/jobs/{uuid}")}
"""What the lab always refuses: none of its jobs can be stopped."""

WRITTEN = [path for path in RESOURCES if {method for method, _ in offered(path)} != {"GET"}]


@pytest.mark.parametrize("collection", WRITTEN)
def test_the_client_uses_every_method(netapp: Clients, collection: str) -> None:
    begun = len(netapp.wire.exchanges)
    LIVES[collection](netapp)
    exchanges = netapp.wire.exchanges[begun:]
    taken = {(each.method, each.route) for each in exchanges if each.succeeded}
    refused = {(each.method, each.route) for each in exchanges if not each.succeeded}
    assert offered(collection) - NEVER_TAKEN <= taken
    assert offered(collection) & NEVER_TAKEN <= refused - taken
