"""Every good sample loads; every invalid one is refused with exactly the mistakes it announces."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

import datamotion.config
from datamotion.config.clusters import SecretRef
from datamotion.config.keys import walk
from datamotion.config.loading import load
from datamotion.config.mistakes import Keys
from datamotion.config.models import Configuration
from datamotion.errors import ConfigError

SAMPLES = Path(str(resources.files(datamotion.config) / "samples"))
GOOD = sorted(SAMPLES.glob("*.yaml"))
INVALID = sorted(SAMPLES.glob("invalid/*.yaml"))
EXPECT = "# expect: "


@pytest.mark.parametrize("sample", GOOD, ids=lambda path: path.stem)
def test_a_good_sample_loads(sample: Path) -> None:
    assert load(sample).groups


@pytest.mark.parametrize("sample", INVALID, ids=lambda path: path.stem)
def test_an_invalid_sample_is_refused_with_exactly_the_mistakes_it_announces(sample: Path) -> None:
    lines = sample.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]
    with pytest.raises(ConfigError) as refused:
        load(sample)
    heading, *mistakes = refused.value.message.splitlines()
    assert heading == f"{sample} has {len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}:"
    assert [found.strip()[: len(words)] for found, words in zip(mistakes, expected, strict=True)] == expected


@pytest.mark.parametrize("sample", INVALID, ids=lambda path: path.stem)
def test_no_refusal_shows_a_password_that_was_written_in_the_wrong_place(sample: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(sample)
    assert "hunter2" not in f"{refused.value!r} {refused.value.hint} {refused.value.__context__!r}"


def test_the_full_sample_uses_every_key() -> None:
    text = (SAMPLES / "everything.yaml").read_text(encoding="utf-8")
    assert [key.pattern for key in walk() if f"{key.pattern[-1]}:" not in text] == []


def test_the_examples_of_all_keys_make_a_configuration() -> None:
    """Those below `clusters`, `backends` and `groups` in place of the short ones given there."""

    def example(at: Keys) -> dict[str, object]:
        keys = [key for key in walk() if key.pattern[:-1] == at]
        return {str(key.pattern[-1]): (key.field.examples or [None])[0] for key in keys}

    top = example(())
    top["clusters"] = {"paris": example(("clusters", "NAME")), "lyon": _cluster("lyon")}
    top["groups"] = {"gold": {**example(("groups", "NAME")), "targets": [example(("groups", "NAME", "targets", 0))]}}
    configuration = Configuration.model_validate(top)
    assert configuration.group("gold").targets[0].schedule == "hourly"
    for key in walk(SecretRef):
        for each in key.field.examples or ():
            assert str(SecretRef.model_validate({key.pattern[0]: each})).startswith(
                {"env": "environment variable", "file": "file", "command": "command"}[str(key.pattern[0])]
            )


def _cluster(name: str) -> dict[str, object]:
    return {"url": f"https://{name}.example.com", "user": "admin", "password": {"env": "PASSWORD"}}
