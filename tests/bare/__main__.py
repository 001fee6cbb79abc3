"""`make bare`: the README's two commands on machines that have nothing but what the README asks for.

Makes a minimal Debian 12 and 13 in folders, installs what the README says by the README's own line, and runs both
commands there as an ordinary user: with umask 077, a space in the path, no locale, 200 MB in /tmp. Then it ends the
demo in every way that there is. Prints what docs/bare.md records.

Needs root, debootstrap (or roots in `$ROOTS/bookworm` and `$ROOTS/trixie`, which are copied) and what `make demo` needs
of the network. `$SUITES` names others. Everything happens in namespaces of its own and is gone at the end.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bare.machine import Machine, make_root, run
from tests.faces.on_terminal import CTRL_C, OnTerminal

_SUITES = os.environ.get("SUITES", "bookworm trixie").split()
_REPOSITORY = Path(__file__).parents[2]
_MIB = 1024**2
_LEAST_MIB, _TOO_SMALL_MIB = 200, 40
_UNDER_WAY = "Initialize, at lyon"


def main() -> None:
    """In a namespace of processes and mounts, where what is mounted and started ends with it."""
    if os.geteuid():
        sys.exit("make bare needs root")
    if "--inside" in sys.argv:
        _play(Path(sys.argv[-1]))
        return
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # what is in the folder is large
    with tempfile.TemporaryDirectory(prefix="datamotion-bare-") as folder:
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        first = ["sh", "-c", '"$@"; exit $?', "sh"]  # the first process of all collects those that nobody waits for
        here = [*first, sys.executable, "-m", "tests.bare", "--inside", folder]
        sys.exit(subprocess.run([*apart, *here], cwd=_REPOSITORY, check=False).returncode)


def _play(folder: Path) -> None:
    bundle = folder / "bundle"
    run("git", "-c", "safe.directory=*", "bundle", "create", bundle, "HEAD")
    for suite in _SUITES:
        with _told(f"{suite}: minimal root"):
            make_root(suite, folder / suite)
        machine = Machine(folder / suite)
        machine.mount()
        machine.add_user()
        empty = machine.disk_bytes()
        _first_minute(machine, bundle)
        _ends(machine)
        _all_tests(machine)
        _small(machine)
        _tell(f"  disk, without the root: {(machine.disk_bytes() - empty) / _MIB:.0f} MiB")


def _first_minute(machine: Machine, bundle: Path) -> None:
    line = _prerequisites()
    machine.install(line.replace("python3-venv", "python3"))
    machine.clone(bundle)
    with _told("without python3-venv: a hint, and no environment is left"):
        _fails(machine, "make demo", "python3-venv", "ensurepip")
        _check(not (machine.checkout / ".venv").exists(), ".venv is left")
    with _told(line):
        machine.install(line)
    with _told("make demo, the first time"):
        _succeeds(machine, "make demo", "Every file is equal.")
    with _told("make demo, again"):
        _succeeds(machine, "make demo", "Every file is equal.")
    _nothing_is_left(machine)


def _ends(machine: Machine) -> None:
    """Each end of the demo in turn; after each nothing is left."""
    ways: dict[str, Callable[[OnTerminal], object]] = {
        "Ctrl-C": lambda it: it.press(CTRL_C),
        "Ctrl-C, over and over": lambda it: it.press_until_the_end(CTRL_C),
        "SIGTERM to the demo": lambda it: os.kill(_demo(machine), signal.SIGTERM),
        "SIGTERM to make": lambda it: it.process.send_signal(signal.SIGTERM),
        "a closed terminal": OnTerminal.close,
        "SIGKILL to the demo": lambda it: os.kill(_demo(machine), signal.SIGKILL),
    }
    for name, end in ways.items():
        with _told(f"{name}: nothing is left"):
            with machine.user("umask 077; exec make demo") as it:
                shown = it.read_until(_UNDER_WAY)
                _check(_UNDER_WAY in shown, shown)
                end(it)
                it.read_to_the_end()
            _nothing_is_left(machine)
    with _told("KEEP=1: the commands that it tells work as they are typed"):
        shown = _succeeds(machine, "make demo KEEP=1", "lab down")
        end_it = next(line.strip() for line in shown.splitlines() if "lab down" in line)
        _succeeds(machine, end_it, "ended and removed")
        _nothing_is_left(machine)


def _all_tests(machine: Machine) -> None:
    with _told("make test"), _peak(machine):
        shown = _succeeds(machine, "make test", " passed")
    _tell(f"  {shown.splitlines()[-1]}")
    _nothing_is_left(machine)


def _small(machine: Machine) -> None:
    machine.size_tmp(_TOO_SMALL_MIB)
    with _told(f"{_TOO_SMALL_MIB} MiB in /tmp: both commands say so at once"):
        _fails(machine, "make demo", "4 copies of the files", "free")
        _fails(machine, "make test", "TMPDIR")
        _nothing_is_left(machine)
    machine.size_tmp(_LEAST_MIB)


def _prerequisites() -> str:
    """The README's line."""
    found = re.search(r"(?:sudo )?apt install [^`\n#]*", (_REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert found is not None, "the README names no prerequisites for Debian"
    return found[0].strip()


def _demo(machine: Machine) -> int:
    return next(pid for pid, line in machine.processes().items() if "bin/datamotion demo" in line)


def _succeeds(machine: Machine, line: str, told: str) -> str:
    with machine.user(f"umask 077; {line}") as it:
        shown = it.read_to_the_end()
    _check(it.process.returncode == 0 and told in shown, f"{line} ended with {it.process.returncode}:\n{shown}")
    return shown


def _fails(machine: Machine, line: str, *told: str) -> None:
    with machine.user(f"umask 077; {line}") as it:
        shown = it.read_to_the_end()
    _check(it.process.returncode != 0, f"{line} succeeded")
    _check(all(each in shown for each in told) and "Traceback" not in shown, f"{line} told:\n{shown}")


def _nothing_is_left(machine: Machine) -> None:
    deadline = time.monotonic() + 20
    while (left := [*machine.processes().values(), *machine.files_in_tmp()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    _check(not left, f"left: {left}")


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"NOT SO: {otherwise}")


@contextmanager
def _told(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    _tell(f"{what}: {time.monotonic() - began:.0f} s")


@contextmanager
def _peak(machine: Machine) -> Iterator[None]:
    """Tells the most that was in /tmp meanwhile, looking five times a second."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            peak[0] = max(peak[0], machine.used_tmp_bytes())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        _tell(f"  at most {peak[0] / _MIB:.0f} MiB in /tmp")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
