"""What tests of the whole of cinder-volume share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import cinder_cloud
from tests.conformance.cinder_cloud import MODES, Cloud, a_cloud


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cinder_cloud.empty_database(tmp_path_factory.mktemp("database"))


@pytest.fixture(params=MODES)
def cloud(tmp_path: Path, request: pytest.FixtureRequest, empty_database: Path) -> Iterator[Cloud]:
    """In each mode; a test may ask for others, and for another protocol than NFS: `native-iscsi`."""
    mode, _, protocol = request.param.partition("-")
    with a_cloud(tmp_path, mode, protocol or "nfs", empty_database) as made:
        yield made
