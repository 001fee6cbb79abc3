"""What pages say to type is typed, and prints what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.consoles import Differs, Ended, commands_of, refreshed
from docs.record import TOLD, TYPED, in_a_checkout
from tests.faces.test_pages import ROOT

PAGE = """\
Say it:

```console
$ lab up
paris   running, pid 17
...
ready in 1.5 s
$ status # ends with 1
$ plan
first
```

and so on:

```console
second, 2 min
```
"""


ANSWERS = {
    "lab up": Ended(0, "paris  running, pid 4711\nlyon\nready in 20 s"),
    "status": Ended(1, ""),
    "plan": Ended(0, "first\nsecond, 3 s"),
}


def test_what_differs_from_run_to_run_is_written_anew_and_the_rest_of_the_page_stays() -> None:
    assert commands_of(PAGE) == ["lab up", "status", "plan"]
    shown = refreshed(PAGE, ANSWERS.__getitem__)
    assert shown == PAGE.replace("paris   running, pid 17", "paris  running, pid 4711").replace(
        "1.5 s", "20 s"
    ).replace("2 min", "3 s")
    assert refreshed(shown, ANSWERS.__getitem__) == shown


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"lab up": Ended(0, "paris  stopped\nready in 2 s")}, "paris   running, pid 17"),
        ({"lab up": Ended(0, "paris  running, pid 1\nlyon")}, "ready in 1.5 s"),
        ({"lab up": Ended(0, "paris  running, pid 1\nready in 2 s\nnext: seed")}, "prints more"),
        ({"plan": Ended(0, "first\nbetween\nsecond, 3 s")}, "second, 2 min"),
        ({"plan": Ended(0, "first")}, "second, 2 min"),
        ({"status": Ended(0, "")}, "ends with 0, not 1"),
    ],
)
def test_another_shape_and_another_end_are_told(answers: dict[str, Ended], told: str) -> None:
    with pytest.raises(Differs, match=told):
        refreshed(PAGE, (ANSWERS | answers).__getitem__)


@pytest.mark.slow
@pytest.mark.parametrize("name", TYPED)
def test_every_command_of_a_page_does_what_the_page_says(name: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert len(commands_of(page)) > 10
    shell = in_a_checkout(tmp_path)
    try:
        refreshed(page, shell.type)
    finally:
        if (tmp_path / "lab").exists():
            shell.type(f"datamotion lab down --remove --dir {tmp_path / 'lab'}")


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_of_the_demo_is_told_of_nothing_else(name: str) -> None:
    """The demo itself is run by tests/faces/test_demo_ends.py, which compares these pages with it."""
    assert commands_of((ROOT / "docs" / name).read_text(encoding="utf-8")) == ["datamotion demo"]
