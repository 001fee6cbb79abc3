"""The fixtures in somebody else's test suite, which knows nothing but that the package is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ontaplab.site.labs import processes_in
from tests.profile import thinned

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "ontaplab.md"

ONE_EACH = """
def test_one(ontap_cluster):
    ontap_cluster.create_volume("data")
    assert ontap_cluster.path("data").is_dir()

def test_another(ontap_cluster):
    assert not ontap_cluster.path("data").exists()
"""

A_PAIR = """
import httpx, ssl

def peers_of(cluster):
    trusted = ssl.create_default_context(cafile=cluster.ca_file)
    url = f"{cluster.url}/api/cluster/peers?status.state=available&fields=remote.name"
    answer = httpx.get(url, auth=cluster.auth, verify=trusted, trust_env=False)
    return [record["remote"]["name"] for record in answer.json()["records"]]

def test_both_are_peers(ontap_clusters):
    source, destination = ontap_clusters
    assert peers_of(source) == [destination.name]
    assert peers_of(destination) == [source.name]
    source.create_volume("once")

def test_the_pair_is_still_the_same(ontap_clusters):
    assert ontap_clusters[0].path("once").is_dir()
"""

STRICT = "[pytest]\naddopts = --strict-config\nfilterwarnings = error\n"


def run(pytester: pytest.Pytester, suite: str, configuration: str = STRICT) -> None:
    """The suite passes, and leaves no process and no file of a cluster behind."""
    pytester.makefile(".ini", pytest=configuration)
    pytester.makepyfile(suite)
    base = pytester.path / "base"
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", f"--basetemp={base}")
    result.assert_outcomes(passed=suite.count("def test_"))
    assert processes_in(base) == []
    assert [path.name for path in base.rglob("*") if is_part_of_a_cluster(path)] == []


def is_part_of_a_cluster(path: Path) -> bool:
    return path.name in {"lab", "cluster.json", "server.pem"}


def examples() -> list[str]:
    """The suites that the page shows."""
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("number", thinned(range(len(examples())), 3))
def test_what_the_page_shows_is_a_test_against_a_cluster(pytester: pytest.Pytester, number: int) -> None:
    run(pytester, examples()[number])


def test_each_test_has_a_cluster_of_its_own(pytester: pytest.Pytester) -> None:
    run(pytester, ONE_EACH)


def test_a_pair_is_peered_and_lives_as_long_as_the_suite_says(pytester: pytest.Pytester) -> None:
    run(pytester, A_PAIR, STRICT + "ontaplab_scope = session\n")


def test_the_plugin_imports_nothing_of_the_lab_before_a_fixture_is_used(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import sys

        def test_it():
            assert "ontaplab.pytest_plugin" in sys.modules
            assert not {"ontaplab.testing", "ontaplab.site", "httpx", "uvicorn"} & set(sys.modules)
        """,
    )
