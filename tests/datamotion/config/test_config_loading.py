"""A file that is no configuration, and what a loaded one holds."""

from __future__ import annotations

import re
from contextlib import chdir, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datamotion.config.document import read_document
from datamotion.config.loading import load
from datamotion.errors import ConfigError

CLUSTER = "{url: https://paris, user: admin, password: {env: PASSWORD}}"


def refusal(path: Path, content: str | bytes) -> ConfigError:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as refused:
        load(path)
    return refused.value


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "datamotion.yaml")
    assert refused.value.message == f"there is no configuration file {tmp_path / 'datamotion.yaml'}"
    assert "datamotion lab up --dir lab" in (refused.value.hint or "")


def test_a_folder_is_refused_as_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder, expected a configuration file"):
        load(tmp_path)


def test_a_file_that_cannot_be_read_is_refused_with_the_systems_reason(tmp_path: Path) -> None:
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match=r"loop\.yaml cannot be read: Too many levels of symbolic links"):
        load(loop)


def test_a_text_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    assert refusal(file, b"# one\n# caf\xe9\n").message == f"{file}:2: not UTF-8"


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "---\n", "null\n"])
def test_an_empty_file_is_refused_as_empty(tmp_path: Path, content: str) -> None:
    assert refusal(tmp_path / "c.yaml", content).message.endswith("c.yaml is empty")


@pytest.mark.parametrize(("content", "found"), [("- clusters\n", "a list"), ("[]", "an empty list"), ("hunter2", "a")])
def test_anything_but_keys_at_the_top_is_refused(tmp_path: Path, content: str, found: str) -> None:
    message = refusal(tmp_path / "c.yaml", content).message
    assert f"found {found}" in message
    assert message.endswith("expected keys: clusters, backends, groups, policies, store")


@pytest.mark.parametrize(
    ("content", "where", "problem"),
    [
        ("clusters: {paris: [}\n", ":1:20", "expected the node content, but found '}'"),
        ("clusters:\n\tparis: {}\n", ":2:1", r"found character '\t' that cannot start any token"),
        ("clusters:\n  paris: x\n lyon: y\n", ":3:2", "expected <block end>, but found '<block mapping start>'"),
        ("a: 1\n---\nb: 1\n", ":2:1", "but found another document"),
        ("clusters: !!int paris\n", "", "a value does not fit its tag"),
        ("[" * 500, "", "nested too deeply"),
        ("a: \x07\n", ":1", "a control character"),
    ],
)
def test_a_syntax_error_is_refused_with_its_place(tmp_path: Path, content: str, where: str, problem: str) -> None:
    file = tmp_path / "c.yaml"
    message = refusal(file, content).message
    assert message.startswith(f"{file}{where}: not valid YAML: ")
    assert problem in message


@pytest.mark.parametrize(
    "password", ["*hunter2", "!hunter2", "!hunter2 x", "%hunter2", "@hunter2", "&hunter2", "[hunter2"]
)
def test_a_syntax_error_never_shows_an_unquoted_password(tmp_path: Path, password: str) -> None:
    error = refusal(tmp_path / "c.yaml", f"clusters:\n  paris: {{password: {password}}}\n")
    assert "hunter2" not in f"{error!r} {error.hint}"


def test_a_name_may_be_a_word_that_yaml_reads_as_something_else(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"clusters: {{no: {CLUSTER}}}\n")
    assert list(load(file).clusters) == ["no"]


def test_relative_paths_start_at_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    cluster = "{url: https://paris, user: admin, password: {file: pw}, ca_file: lab/ca.pem}"
    (tmp_path / "conf" / "c.yaml").write_text(f"clusters: {{paris: {cluster}}}\n")
    with chdir(tmp_path):
        configuration = load(Path("conf/c.yaml"))
    paris = configuration.clusters["paris"]
    assert paris.ca_file == tmp_path / "conf/lab/ca.pem"
    assert paris.password.file == tmp_path / "conf/pw"
    assert configuration.store == str(tmp_path / "conf/datamotion.db")


def test_absolute_paths_and_database_urls_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"clusters: {{paris: {CLUSTER}}}\nstore: postgresql://datamotion@db/datamotion\n")
    assert load(file).store == "postgresql://datamotion@db/datamotion"
    file.write_text(f"clusters: {{paris: {CLUSTER}}}\nstore: /var/lib/dm.db\n")
    assert load(file).store == "/var/lib/dm.db"


@pytest.mark.parametrize(
    "store",
    [
        "sqlite:///dm.db",
        "sqlite:hunter2",
        "POSTGRESQL://a:hunter2@db/dm",
        "postgresql:a:hunter2@db/dm",
        "postgresql://a:hunter2@db/dm",
        "postgresql://a%3Ahunter2@db/dm",
        "postgresql://a@db/dm hunter2",
        "postgresql://a@db/dm/hunter2",
        "postgresql://a@db/password=hunter2",
        "postgresql://a@db/dm;password=hunter2",
        "postgresql://a@db/dm%3Fpassword=hunter2",
        "postgresql://a@db/dm#hunter2",
        "postgresql://a@db#hunter2/dm",
        "postgresql://db/dm?password=hunter2",
        "postgresql://db/dm?passw%6frd=hunter2",
        "postgresql://db/dm?sslpassword=hunter2",
        "postgresql://db/dm?options=-csecret%3Dhunter2",
        "postgresql://db/dm?sslmode=require;password=hunter2",
        "host=db password=hunter2",
        "host=db passw%6frd = hunter2",
    ],
)
def test_a_store_that_is_no_path_or_holds_a_password_is_refused(tmp_path: Path, store: str) -> None:
    message = refusal(tmp_path / "c.yaml", f"clusters: {{paris: {CLUSTER}}}\nstore: {store}\n").message
    assert "line 2: store: found" in message
    assert "hunter2" not in message


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"clusters: {{paris: {CLUSTER}}}\n")
    paris = load(file).clusters["paris"]
    assert (paris.connect_timeout, paris.read_timeout) == (timedelta(seconds=3), timedelta(seconds=30))
    assert (paris.concurrency, paris.ca_file) == (16, None)


def test_anchors_and_merged_keys_are_read(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    lyon = "{<<: *common, url: https://lyon}"
    file.write_text(f"clusters:\n  paris: &common {CLUSTER}\n  lyon: {lyon}\n")
    assert load(file).clusters["lyon"].user == "admin"


@pytest.mark.parametrize(
    "content", ["clusters: &a {x: *a}", "clusters: &a [*a]", "&a [*a]", "? [a]\n: b", '"\\uD800": 1', "1e999: .nan"]
)
def test_odd_documents_end_in_a_refusal(tmp_path: Path, content: str) -> None:
    assert re.search(
        r"has [1-9]\d* mistakes?:\n  line 1: |found unhashable key|an alias stands within",
        refusal(tmp_path / "c.yaml", content).message,
    )


WORDS = [
    "clusters",
    "backends",
    "groups",
    "paris",
    "password",
    "env",
    "url",
    "https://a",
    "no",
    "1",
    "2024-01-99",
    "0x",
]
PUNCTUATION = [*":,-{}[]&*!#|>'\"%@`?\n\t \0\ud800é", ": ", "\n  ", "- ", "<<: ", "*a", "&a ", "!!int ", "\\"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS + PUNCTUATION), max_size=25).map("".join))
def test_any_text_is_either_a_document_or_refused(text: str) -> None:
    with suppress(ConfigError):
        assert read_document(text, "c.yaml").line_of(("clusters",)) >= 1


KEYS = [
    "clusters",
    "backends",
    "groups",
    "store",
    "gold",
    "url",
    "password",
    "env",
    "home",
    "rpo",
    "targets",
    "backend",
]
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.sampled_from([*WORDS, *KEYS])


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.recursive(
            VALUES,
            lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=4),
            max_leaves=12,
        ),
        min_size=1,
    )
)
def test_any_tree_is_either_a_configuration_or_refused(tmp_path_factory: pytest.TempPathFactory, tree: object) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(yaml.safe_dump(tree))
    with suppress(ConfigError):
        assert load(file).clusters
