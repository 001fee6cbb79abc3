"""One lab for all tests that change nothing in it, and one of its own for each that tells a story."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ontaplab.site import Site
from tests.faces.labs import Lab, World, made, some_files
from tests.ontaplab.site.labs import a_lab


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """paris with four volumes, and lyon with none; nothing is mirrored."""
    folder = tmp_path_factory.mktemp("faces")
    with a_lab(folder / "lab", "paris", "lyon") as site:
        site.seed("paris", some_files(folder / "files"), volumes=4)
        yield site


@pytest.fixture
def world(site: Site, tmp_path: Path) -> World:
    return World(site, tmp_path)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """paris and lyon, which hold nothing."""
    with made(tmp_path / "lab", "paris", "lyon") as lab:
        yield lab


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What the test starts can be interrupted. In the background of a shell SIGINT is ignored, by children too.

    What the test itself has ignored from then on, as what was interrupted once does, no other one has.
    """
    former = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for each, handler in former.items():
        signal.signal(each, handler)
