"""A minimal Debian in a folder, and an ordinary user in it. Needs root and debootstrap, and of Python only itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faces.on_terminal import OnTerminal, on_terminal

_USER_ID = 1000
_HOME = "/home/ordinary user"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROXIES = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
_MIB = 1024**2


def make_root(suite: str, root: Path) -> None:
    """The folder, which need not exist, is the root of a minimal Debian of that suite.

    It is copied from `$ROOTS/SUITE` if that is there, and otherwise made by debootstrap from `$MIRROR`, or from where
    this machine has its packages from.
    """
    kept = Path(os.environ.get("ROOTS", "/nonexistent")) / suite
    if kept.is_dir():
        run("cp", "-a", f"{kept}/.", root)
    else:
        mirror = os.environ.get("MIRROR") or _mirror_of_this_machine()
        run("debootstrap", "--variant=minbase", suite, root, *([mirror] if mirror else []))


def _mirror_of_this_machine() -> str | None:
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian"],
        capture_output=True,
        text=True,
        check=False,
    )
    return next(iter(listed.stdout.split()), None)


def run(*command: object, **environ: str) -> None:
    """It has been done. What it says is shown only if it fails."""
    words = [str(word) for word in command]
    ended = subprocess.run(words, env=os.environ | environ, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = f"{ended.stdout}{ended.stderr}".splitlines()[-20:]
        sys.exit("\n".join([f"{' '.join(words)} failed:", *said]))


@dataclass(frozen=True, slots=True)
class Machine:
    """The Debian in `root`, whose file systems are mounted. All processes that are seen here are its own."""

    root: Path

    @property
    def checkout(self) -> Path:
        """The user's, with a space in its path."""
        return Path(f"{self.root}{_HOME}/a checkout")

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    def mount(self) -> None:
        """Its file systems are there, and what pip is told on this machine holds in it."""
        run("mount", "-t", "proc", "proc", self.root / "proc")
        run("mount", "--rbind", "/dev", self.root / "dev")
        run("mount", "-t", "tmpfs", "shm", self.root / "dev/shm")
        run("mount", "-t", "tmpfs", "-o", "mode=1777,size=200m", "tmp", self.tmp)
        for name in ("resolv.conf", "hosts"):
            shutil.copyfile(f"/etc/{name}", self.root / "etc" / name)
        self._hand_over_what_pip_is_told()

    def size_tmp(self, mib: int) -> None:
        run("mount", "-o", f"remount,size={mib}m", self.tmp)

    def files_in_tmp(self) -> list[str]:
        return [f"{folder}/{name}" for folder, _, names in os.walk(self.tmp) for name in names]

    def used_tmp_bytes(self) -> int:
        status = os.statvfs(self.tmp)
        return (status.f_blocks - status.f_bfree) * status.f_frsize

    def install(self, line: str) -> None:
        """As root, what the line says; it may begin with sudo."""
        words = line.removeprefix("sudo ").replace("apt install", "apt-get install --quiet --yes $UNSAFE")
        unsafe = "-o Dpkg::Options::=--force-unsafe-io"  # quick: this root need not survive a loss of power
        environ = {"PATH": _PATH, "DEBIAN_FRONTEND": "noninteractive", "UNSAFE": unsafe, **_PROXIES}
        run("chroot", self.root, "sh", "-c", f"apt-get update --quiet && {words}", **environ)

    def add_user(self) -> None:
        run("chroot", self.root, "useradd", "--uid", str(_USER_ID), "--create-home", "--home-dir", _HOME, "ordinary")

    def clone(self, bundle: Path) -> None:
        """The user has the checkout."""
        shutil.copyfile(bundle, self.root / "bundle")
        with self.user("umask 077; git clone --quiet /bundle 'a checkout'", at_home=True) as it:
            it.read_to_the_end()
        (self.root / "bundle").unlink()

    @contextmanager
    def user(self, line: str, *, at_home: bool = False) -> Iterator[OnTerminal]:
        """The user types the line at a terminal, in the checkout unless at home, with next to no environment."""
        environ: Mapping[str, str] = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": _HOME,
            "NO_COLOR": "1",
            **_PROXIES,
        }
        place = _HOME if at_home else f"{_HOME}/{self.checkout.name}"
        words = ("chroot", f"--userspec={_USER_ID}:{_USER_ID}", self.root, "env", "-i")
        settings = [f"{name}={value}" for name, value in environ.items()]
        with on_terminal(*words, *settings, "sh", "-c", f"cd '{place}' && {line}", environ={}) as it:
            yield it

    def processes(self) -> dict[int, str]:
        """The command lines of the user's processes, by id."""
        found = {}
        for each in Path("/proc").glob("[0-9]*"):
            try:
                if each.stat().st_uid == _USER_ID:
                    found[int(each.name)] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it has ended meanwhile
                continue
        return {pid: line for pid, line in found.items() if line}

    def disk_bytes(self, path: str = "") -> int:
        """What the files take, mounted file systems left out."""
        words = ["du", "-sxB1", f"{self.root}{path}"]
        return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[0])

    @property
    def home(self) -> str:
        return _HOME

    def _hand_over_what_pip_is_told(self) -> None:
        """Which index is used, and what vouches for it, is a matter of the machine that this runs on."""
        words = [sys.executable, "-m", "pip", "config", "list"]
        listed = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        settings = dict(re.findall(r"^(?:global|:env:)\.([a-z-]+)='(.*)'$", listed, re.MULTILINE))
        lines = [f"{name} = {' '.join(map(self._shared, value.split()))}" for name, value in settings.items()]
        (self.root / "etc/pip.conf").write_text("\n".join(["[global]", *lines, ""]))

    def _shared(self, word: str) -> str:
        """The word, or, where it names a file or folder of this machine, what it is called there: it can be read."""
        path = Path(word.removeprefix("file://"))
        if not (path.is_absolute() and path.exists()):
            return word
        there = self.root / "srv" / str(path).replace("/", "-").strip("-")
        index = word.startswith("file://")  # which names files beside it
        if path.is_dir():
            there.mkdir(exist_ok=True)
        else:
            there.touch()
        run("mount", "--bind", path.parent if index else path, there)
        run("mount", "-o", "remount,bind,ro", there)
        inside = f"/srv/{there.name}"
        return f"file://{inside}/{path.name}" if index else inside
