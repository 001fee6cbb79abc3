"""One lab for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ontaplab.site import Site
from tests.ontaplab.site.labs import a_lab


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """paris and lyon, running."""
    with a_lab(tmp_path_factory.mktemp("shared") / "lab", "paris", "lyon") as site:
        yield site
