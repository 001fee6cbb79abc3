"""The environment that `make` makes for a checkout: whole or not there, whatever came between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ontaplab.site.labs import eventually

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]

_PIP = """
import os, sys, time
from pathlib import Path
with Path("installed").open("a") as log:
    print(sys.argv[-1], file=log)
if os.environ.get("PIP_HANGS"):
    Path("hanging").touch()
    time.sleep(60)
sys.exit("Could not find a version that satisfies the requirement" if os.environ.get("PIP_OFFLINE") else 0)
"""
"""Stands in for pip, and notes what it was asked to install."""

_PYTHON = f"""#!/bin/sh
case "$*" in
-m\\ venv\\ *)
    mkdir -p "$3/bin"
    test -z "$NO_ENSUREPIP" || {{ echo "apt install python3-venv"; exit 1; }}
    "{sys.executable}" -m venv --without-pip "$3" && cp pip.py "$3"/lib/python*/site-packages ;;
*\\<\\ \\(3,\\ 11\\)*) test -z "$OLD" ;;
*) exec "{sys.executable}" "$@" ;;
esac
"""
"""An interpreter whose environments have that pip. It can be one without ensurepip, or older than 3.11."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with what the environment is made from."""

    folder: Path

    def command(self, *words: str) -> list[str]:
        return ["make", "-C", str(self.folder), ".venv/.run", *words]

    @property
    def python(self) -> str:
        return f"PYTHON={self.folder / 'a python'}"

    def make(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(self.python, *words), env=_environ(**environ), capture_output=True, text=True, check=False
        )

    @property
    def installed(self) -> list[str]:
        """What pip was asked for, every time."""
        log = self.folder / "installed"
        return log.read_text().split() if log.exists() else []

    @property
    def there(self) -> bool:
        return (self.folder / ".venv").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("Makefile", "environment.sh", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(_ROOT / name, folder / name)
    (folder / "pip.py").write_text(_PIP)
    (folder / "a python").write_text(_PYTHON)
    (folder / "a python").chmod(0o755)
    return Checkout(folder)


def _environ(**more: str) -> dict[str, str]:
    """Without what an outer make tells its children."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | more


def test_what_is_whole_is_left_alone(checkout: Checkout) -> None:
    assert checkout.make().returncode == 0
    assert checkout.make().returncode == 0
    assert checkout.installed == [".[lab]"]


def test_nothing_is_left_where_the_system_cannot_make_one(checkout: Checkout) -> None:
    ended = checkout.make(NO_ENSUREPIP="1")
    assert (ended.returncode, "apt install python3-venv" in ended.stdout, checkout.there) == (2, True, False)
    assert checkout.make().returncode == 0


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_pip_leaves_nothing_that_is_taken_for_whole(checkout: Checkout, how: signal.Signals) -> None:
    command, environ = checkout.command(checkout.python), _environ(PIP_HANGS="1")
    with subprocess.Popen(command, env=environ, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        eventually((checkout.folder / "hanging").exists)
        os.killpg(process.pid, how)
    assert process.returncode != 0
    (checkout.folder / ".venv/left by pip").touch()
    assert checkout.make().returncode == 0
    assert checkout.installed == [".[lab]", ".[lab]"]
    assert not (checkout.folder / ".venv/left by pip").exists()


def test_a_checkout_that_was_moved_gets_another_one(checkout: Checkout) -> None:
    checkout.make()
    moved = Checkout(checkout.folder.rename(checkout.folder.parent / "elsewhere"))
    assert moved.make().returncode == 0
    assert moved.installed == [".[lab]", ".[lab]"]


def test_one_whose_interpreter_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.make()
    for each in (checkout.folder / ".venv/bin").glob("python*"):
        each.unlink()
        each.symlink_to("/no/such/python")
    assert checkout.make().returncode == 0
    assert checkout.installed == [".[lab]", ".[lab]"]


def test_a_python_that_is_too_old_is_told_and_changes_nothing(checkout: Checkout) -> None:
    ended = checkout.make(OLD="1")
    assert (ended.returncode, checkout.there) == (2, False)
    assert f"datamotion needs Python 3.11 or later, which {checkout.folder / 'a python'} is not" in ended.stderr
    checkout.make()
    absent = checkout.make("PYTHON=/no/such/python")
    assert (absent.returncode, "Python 3.11 or later" in absent.stderr) == (2, True)
    assert checkout.make().returncode == 0
    assert checkout.installed == [".[lab]"]


def test_without_an_index_a_line_says_what_is_missing_and_what_was_whole_stays(checkout: Checkout) -> None:
    ended = checkout.make(PIP_OFFLINE="1")
    assert (ended.returncode, "index of packages" in ended.stderr, checkout.there) == (2, True, False)
    checkout.make()
    later = time.time() + 1  # files of the same moment are of the same age to make
    os.utime(checkout.folder / "pyproject.toml", (later, later))
    ended = checkout.make(PIP_OFFLINE="1")
    assert (ended.returncode, "pyproject.toml or constraints.txt has changed" in ended.stderr) == (2, True)
    assert checkout.there
    (checkout.folder / ".venv/kept").touch()
    assert checkout.make().returncode == 0
    assert (checkout.folder / ".venv/kept").exists()
    assert checkout.installed == [".[lab]"] * 4
