"""`make wheel`: a wheel of this checkout, in environments that hold nothing else. Needs an index of packages.

It is not part of `make test`: to make a wheel and two environments takes a minute.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from docs.generate import PAGES
from ontaplab.extra import MODULES
from tests.faces.labs import some_files
from tests.faces.test_pages import ROOT

_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment of its own, and an account that has nothing in its home."""

    environment: Path
    home: Path

    def run(self, program: str, *words: object) -> subprocess.CompletedProcess[str]:
        """A program of the environment."""
        return self.execute(self.environment / "bin" / program, *words)

    def execute(self, *command: object) -> subprocess.CompletedProcess[str]:
        """As whoever has activated the environment, in an empty folder; nothing else of this machine's Python."""
        environ = {"HOME": str(self.home), "PATH": f"{self.environment / 'bin'}:{os.defpath}", "LANG": "C.UTF-8"}
        return subprocess.run(
            [*map(str, command)],
            cwd=self.home,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def share(self, path: str) -> str:
        return (self.environment / "share" / path).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _python(sys.executable, *_PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def product(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The product alone."""
    return _installed(str(wheel), tmp_path_factory.mktemp("product"))


@pytest.fixture(scope="session")
def with_lab(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return _installed(f"{wheel}[lab]", tmp_path_factory.mktemp("lab"))


def _installed(what: str, folder: Path) -> Installed:
    made = Installed(folder / "an environment", folder / "home")
    made.home.mkdir()
    _python(sys.executable, "-m", "venv", made.environment)
    _python(made.environment / "bin/python", *_PIP, "install", "--constraint", ROOT / "constraints.txt", what)
    return made


def _python(*command: object) -> None:
    ended = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_wheel_holds_the_packages_the_licence_and_what_is_installed_beside_them(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        names = opened.namelist()
        (metadata,) = (opened.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {"datamotion/py.typed", "ontaplab/py.typed"} <= set(names)
    assert {name.partition("/")[0].rpartition(".")[2] for name in names} <= {
        "datamotion",
        "ontaplab",
        "data",
        "dist-info",
    }
    manual = {name.rpartition("/")[2] for name in names if "/share/man/man1/" in name}
    assert manual == {page.removeprefix("man/") for page in PAGES if page.startswith("man/")}
    assert "](docs/" not in metadata, "links lead to files that are not there"
    assert "docs/pictures" not in metadata


def test_the_product_alone_brings_no_server_and_says_what_the_lab_needs(product: Installed) -> None:
    asked = (
        "import sys; from importlib.util import find_spec; print(*[each for each in sys.argv[1:] if find_spec(each)])"
    )
    assert product.run("python", "-c", asked, "httpx", *MODULES).stdout.split() == ["httpx"]
    assert product.run("datamotion", "--help").returncode == 0
    assert product.run("datamotion", "status").returncode == 2, "there is no configuration"
    demo = product.run("datamotion", "demo")
    assert (demo.returncode, "hint: pip install 'datamotion[lab]'" in demo.stderr) == (2, True)
    assert list(product.home.iterdir()) == []


def test_the_demo_plays_from_the_wheel_and_leaves_nothing(with_lab: Installed, tmp_path: Path) -> None:
    demo = with_lab.run("datamotion", "demo", "--from", some_files(tmp_path / "files"))
    assert demo.returncode == 0, demo.stderr
    assert "== lyon mirrors it again:" in demo.stdout
    assert list(with_lab.home.iterdir()) == []


def test_ontaplab_is_there(with_lab: Installed) -> None:
    shown = with_lab.run("ontaplab", "routes")
    assert (shown.returncode, "/api/snapmirror/relationships" in shown.stdout) == (0, True)


def test_manual_pages_and_completion_are_where_they_are_looked_for(product: Installed) -> None:
    assert r"datamotion\-failover \- Serve a group" in product.share("man/man1/datamotion-failover.1")
    assert "_DATAMOTION_COMPLETE" in product.share("bash-completion/completions/datamotion")
    assert "_DATAMOTION_COMPLETE" in product.share("fish/vendor_completions.d/datamotion.fish")
    assert product.share("zsh/site-functions/_datamotion").startswith("#compdef datamotion\n")


def test_the_installed_completion_completes(product: Installed) -> None:
    words = 'COMP_WORDS=(datamotion fail); COMP_CWORD=1; _datamotion_completion datamotion; echo "${COMPREPLY[@]}"'
    script = f"source '{product.environment}/share/bash-completion/completions/datamotion'; {words}"
    ended = product.execute("bash", "-c", script)
    assert ended.stdout.split() == ["failover", "failback"], ended.stderr
