"""`datamotion copy` beside the programs that people copy with: in turns, warm cache, medians.

Every run is a process of its own, so its start counts; programs that are not installed are told. The copies
are made and removed in the folder for temporary files, the small ones in memory where there is a folder for that. Where
rsync and rclone take more than four times as long as `cp` they are run once. Each turn is in another order, for what
one leaves behind, memory that this machine's host takes away again above all, meets the next.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

_MIB = 1 << 20
_SCALE = 2048  # MiB of the dense file
_RUNS = 5
_BLOCK = 64 << 10
_MEMORY = Path("/dev/shm")
_TOO_SLOW = 4
_LEAST_S = 0.5
_SLOW = ("`rsync`", "`rclone`")

_ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""In which what is imported is compiled once, as where it is installed."""

Command = Sequence[str]


def measure(numbers: Sequence[int] = (_SCALE, _RUNS)) -> None:
    """Prints a table. `numbers`: the MiB of the dense file, which the other subjects follow; how many runs."""
    scale, runs = [*numbers, _RUNS][:2]
    missing = [name for name in ("qemu-img", "rsync", "rclone") if shutil.which(name) is None]
    print(f"\nnot installed: {', '.join(missing) or 'none'}")
    print(
        "\n| subject | program | median | fastest to slowest | of `cp` |\n|---|---|---|---|---|",
        flush=True,
    )
    for subject, make in _SUBJECTS.items():
        place = _MEMORY if subject == "small files" and _MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(prefix="datamotion-bench-", dir=place) as folder:
            source, copy = Path(folder) / "source", Path(folder) / "copy"
            make(source, scale)
            _measure(subject, source, copy, runs)


def _measure(subject: str, source: Path, copy: Path, runs: int) -> None:
    commands = dict(_commands(subject, source, copy))
    took: dict[str, list[float]] = {name: [] for name in commands}
    names, luck = list(commands), random.Random(5)
    for _ in range(runs):
        luck.shuffle(names)
        for name in names:  # in turns: what else the machine does meets all of them
            if name in _SLOW and took[name] and took[name][0] > _TOO_SLOW * max(*took["`cp`"], _LEAST_S):
                continue
            if subject == "delta":
                _older(source, copy)
            began = time.perf_counter()
            subprocess.run(commands[name], check=True, stdout=subprocess.DEVNULL, env=_ENVIRON)
            took[name].append(time.perf_counter() - began)
            if name.startswith("datamotion"):
                subprocess.run(["diff", "-rq", source, copy], check=True)
            _remove(copy)
    of = median(took["`cp`"])
    for name, seconds in took.items():
        shown = f"{min(seconds):.2f} to {max(seconds):.2f} s"
        middle = median(seconds)
        print(f"| {subject} | {name} | {middle:.2f} s | {shown} | {middle / of:.2f} |", flush=True)


def _commands(subject: str, source: Path, copy: Path) -> Iterator[tuple[str, Command]]:
    """What is installed, and can do that."""
    yield "`cp`", ["cp", "-a", str(source), str(copy)]
    ours = [str(Path(sys.executable).with_name("datamotion")), "copy", str(source), str(copy)]
    is_file, is_delta = subject != "small files", subject == "delta"
    options = ["--delta", "--inplace"] if is_delta else []
    for verify in ("none", "fast"):
        yield f"datamotion, `--verify={verify}`", [*ours, *options, f"--verify={verify}"]
    if is_file and not is_delta:
        sparse = ["conv=sparse"] if subject == "sparse" else []
        yield "`dd bs=4M`", ["dd", f"if={source}", f"of={copy}", "bs=4M", "status=none", *sparse]
        if shutil.which("qemu-img"):
            raw = ["-f", "raw", "-O", "raw"]
            yield "`qemu-img convert`", ["qemu-img", "convert", "-m", "16", "-W", *raw, str(source), str(copy)]
    slash = "" if is_file else "/"
    if shutil.which("rsync"):
        how = ["--inplace", "--no-whole-file"] if is_delta else ["--whole-file", "--sparse"]
        yield "`rsync`", ["rsync", "-a", *how, f"{source}{slash}", str(copy)]
    if shutil.which("rclone") and not is_delta:
        yield "`rclone`", ["rclone", "copyto" if is_file else "copy", str(source), str(copy)]


def _empty(path: Path, scale: int) -> None:
    """What it takes to copy nothing is the start of a program."""
    del scale
    path.touch()


def _dense(path: Path, scale: int) -> None:
    with path.open("wb") as file:
        for _ in range(scale):
            file.write(os.urandom(_MIB))


def _sparse(path: Path, scale: int) -> None:
    """Four times as large, of which 160 of 2,048 parts are data, in five places."""
    each = scale * _MIB * 160 // 2048 // 5
    with path.open("wb") as file:
        file.truncate(4 * scale * _MIB)
        for place in range(5):
            file.seek(place * (4 * scale * _MIB // 5))
            file.write(os.urandom(each))


def _small(path: Path, scale: int) -> None:
    """50,000 files of 4 to 64 KiB, or fewer in proportion."""
    luck = random.Random(13)
    content = os.urandom(64 << 10)
    for number in range(50_000 * scale // _SCALE):
        if number % 200 == 0:
            (path / f"folder{number // 200}").mkdir(parents=True)
        (path / f"folder{number // 200}" / f"file{number}").write_bytes(content[: luck.randrange(4 << 10, 64 << 10)])


def _older(source: Path, copy: Path) -> None:
    """A copy of which 1% of the blocks of 64 KiB are different, and older."""
    subprocess.run(["cp", source, copy], check=True)
    luck = random.Random(99)
    blocks = source.stat().st_size // _BLOCK
    with copy.open("r+b") as file:
        for block in luck.sample(range(blocks), max(1, blocks // 100)):
            file.seek(block * _BLOCK)
            file.write(bytes(_BLOCK))
    os.utime(copy, (1, 1))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


_SUBJECTS: Mapping[str, Callable[[Path, int], None]] = {
    "empty file": _empty,
    "dense": _dense,
    "sparse": _sparse,
    "small files": _small,
    "delta": _dense,
}
