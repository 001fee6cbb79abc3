"""The tree itself: selection, durations, what a target and a back end answer."""

from __future__ import annotations

import doctest
import importlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from datamotion.config.clusters import ClusterConfig, SecretRef
from datamotion.config.durations import format_duration, parse_duration
from datamotion.config.groups import Backend, Group, Target
from datamotion.config.models import Configuration
from datamotion.errors import ConfigError


def a_configuration(*targets: str, home: str = "gold-paris") -> Configuration:
    password = SecretRef(env="PASSWORD")
    return Configuration(
        clusters={
            name: ClusterConfig(url=f"https://{name}", user="admin", password=password) for name in ("paris", "lyon")
        },
        backends={
            "gold-paris": Backend(cluster="paris", svm="svm_gold", volumes=("vol_*", "home")),
            "gold-lyon": Backend(cluster="lyon", svm="svm_gold"),
        },
        groups={
            "gold": Group(
                home=home,
                rpo=timedelta(hours=2),
                targets=tuple(Target(backend=name, aggregates=("aggr1",)) for name in targets),
            )
        },
    )


def test_a_group_and_a_back_end_are_found_by_name() -> None:
    configuration = a_configuration("gold-lyon")
    assert configuration.group("gold").home == "gold-paris"
    assert configuration.backend("gold-lyon").cluster == "lyon"


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    configuration = a_configuration("gold-lyon")
    with pytest.raises(ConfigError) as refused:
        configuration.backend("gold-lion")
    assert refused.value.message == "there is no back end 'gold-lion' in the configuration; did you mean 'gold-lyon'?"
    assert refused.value.hint == "It has these back ends: gold-paris, gold-lyon"
    with pytest.raises(ConfigError, match="there is no group 'bronze'"):
        configuration.group("bronze")


@pytest.mark.parametrize("target", ["gold-paris", "elsewhere"])
def test_a_tree_whose_names_do_not_fit_cannot_be_made_in_code_either(target: str) -> None:
    with pytest.raises(ValidationError, match=rf"groups\.gold\.targets\[0\]\.backend: .*'{target}'"):
        a_configuration(target)


def test_the_tree_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_configuration("gold-lyon").groups["gold"].home = "gold-lyon"


def test_mapped_aggregates_answer_for_each_source_and_a_list_for_all() -> None:
    mapped = Target(backend="gold-lyon", aggregates={"aggr1": "aggr1_lyon"})
    assert (mapped.aggregates_for("aggr1"), mapped.aggregates_for("aggr9")) == (("aggr1_lyon",), ())
    listed = Target(backend="gold-lyon", aggregates=("a", "b"))
    assert listed.aggregates_for("aggr9") == ("a", "b")


@pytest.mark.parametrize("given_", [{}, [], "aggr1", ["a", 1], {"a": ""}, {"a": ["b"]}, None])
def test_aggregates_that_name_nothing_are_refused(given_: object) -> None:
    with pytest.raises(ValidationError, match="a mapping of source to destination aggregates"):
        Target.model_validate({"backend": "gold-lyon", "aggregates": given_})


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("1d12h", timedelta(hours=36)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_a_duration_carries_its_units(written: str, duration: timedelta) -> None:
    assert parse_duration(written) == duration


@pytest.mark.parametrize(
    "written", ["", "2", "0s", "0d0h", "-2h", "2 h", "1h1d", "2H", "1.5h", "9999999d", "٢h", 7200, None]
)
def test_a_duration_without_unit_or_length_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="a duration longer than nothing, with its unit"):
        parse_duration(written)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**9))
def test_a_written_duration_reads_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("url", ["https://h", "https://h:18443", "HTTPS://h/", "https://[::1]:443", "https://10.0.0.1"])
def test_an_https_url_of_host_and_port_is_taken_without_its_slash(url: str) -> None:
    cluster = ClusterConfig(url=url, user="admin", password=SecretRef(env="P"))
    assert cluster.url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["h", "https://", "https://h:0", "https://h:65536", "https://h/api", "https://h?x", "https://[::1", "https://a b"],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="https, a host and maybe a port"):
        ClusterConfig(url=url, user="admin", password=SecretRef(env="P"))


def test_the_repr_of_a_reference_leaves_out_the_arguments_of_its_command() -> None:
    assert repr(SecretRef(command=("curl", "token=hunter2"))) == "SecretRef(command 'curl')"


@pytest.mark.parametrize(
    "name", ["document", "durations", "fields", "keys", "loading", "mistakes", "models", "references"]
)
def test_what_the_docstrings_show_is_so(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"datamotion.config.{name}")).failed == 0
