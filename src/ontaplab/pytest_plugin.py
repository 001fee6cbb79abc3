"""The fixtures `ontap_cluster` and `ontap_clusters`.

pytest loads this module wherever the package is installed: the lab itself is imported when a fixture is first used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from ontaplab.testing import OntapCluster

_Scope = Literal["session", "package", "module", "class", "function"]
_SCOPE = "ontaplab_scope"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`ontaplab_scope` is an option of pytest's configuration file."""
    meaning = "how long a cluster of the fixtures ontap_cluster and ontap_clusters lives: a pytest scope"
    parser.addini(_SCOPE, meaning, default="function")


def _scope(fixture_name: str, config: pytest.Config) -> _Scope:
    scope: _Scope = config.getini(_SCOPE)
    return scope


def _require_lab() -> None:
    """Fails the test, and says what to install, where the lab cannot be imported."""
    from ontaplab.extra import INSTALL, missing  # noqa: PLC0415  # see above

    if names := missing():
        pytest.fail(f"ontaplab: {', '.join(names)} cannot be found: {INSTALL}", pytrace=False)


@pytest.fixture(scope=_scope)
def ontap_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OntapCluster]:
    """A new ONTAP cluster: a process of its own that answers over HTTPS."""
    _require_lab()
    from ontaplab.testing import ontap_clusters  # noqa: PLC0415  # see above

    with ontap_clusters(tmp_path_factory.mktemp("ontaplab") / "lab", "paris") as (paris,):
        yield paris


@pytest.fixture(name="ontap_clusters", scope=_scope)
def _ontap_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OntapCluster, OntapCluster]]:
    """Two new ONTAP clusters that are peers of each other. Their SVMs are no peers yet."""
    _require_lab()
    from ontaplab.testing import ontap_clusters  # noqa: PLC0415  # see above

    with ontap_clusters(tmp_path_factory.mktemp("ontaplab") / "lab", "paris", "lyon") as (paris, lyon):
        yield paris, lyon
