"""One lab of two processes for all tests with NetApp's client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.clients import Clients
from tests.ontaplab.site.labs import a_lab


@pytest.fixture(scope="session")
def netapp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """NetApp's client at paris and lyon, whose SVMs are peers."""
    with a_lab(tmp_path_factory.mktemp("contract") / "lab", "paris", "lyon") as site:
        clients = Clients(site)
        clients.peer_svms()
        yield clients
        clients.close()


@pytest.fixture(autouse=True)
def every_answer_is_known(request: pytest.FixtureRequest) -> Iterator[None]:
    """All that the clusters have answered loads through NetApp's schemas, unknown fields refused at every depth."""
    yield
    if "netapp" in request.fixturenames:
        clients: Clients = request.getfixturevalue("netapp")
        assert clients.wire.new_complaints() == set()
