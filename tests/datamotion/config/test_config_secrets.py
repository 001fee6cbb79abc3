"""A secret is found where its reference says, and shown nowhere."""

from __future__ import annotations

import os
import select
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
import pytest
import trio
import trio.testing
from trio.testing import MockClock

from datamotion.config import secrets
from datamotion.config.clusters import SecretRef
from datamotion.errors import ConfigError

SECRET = "hunter2"


def resolve(ref: SecretRef, environ: Mapping[str, str], folder: Path) -> str:
    return anyio.run(secrets.resolve, ref, environ, folder)


def printing(text: str, status: int = 0) -> SecretRef:
    program = f"import sys; sys.stdout.write({text!r}); sys.stderr.write({text!r}); sys.exit({status})"
    return SecretRef(command=(sys.executable, "-c", program))


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> SecretRef:
    (folder / "password").write_bytes(content)
    (folder / "password").chmod(mode)
    return SecretRef(file=Path("password"))


def refusal(ref: SecretRef, folder: Path, environ: dict[str, str] | None = None) -> ConfigError:
    """The refusal to look `ref` up; neither it nor anything it drags along shows the secret."""
    with pytest.raises(ConfigError) as refused:
        resolve(ref, environ or {}, folder)
    error = refused.value
    assert SECRET not in "".join(traceback.format_exception(error))
    assert error.__context__ is None or SECRET not in repr(vars(error.__context__)) + repr(error.__context__)
    assert str(ref) in error.message
    return error


def test_a_variable_gives_its_value(tmp_path: Path) -> None:
    assert resolve(SecretRef(env="P"), {"P": SECRET}, tmp_path) == SECRET


def test_a_variable_that_is_not_set_is_refused_by_name(tmp_path: Path) -> None:
    error = refusal(SecretRef(env="PARIS_PASSWORD"), tmp_path)
    assert error.message == "environment variable PARIS_PASSWORD is not set"
    assert "export PARIS_PASSWORD=" in (error.hint or "")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_gives_its_text_without_the_newline(tmp_path: Path, end: str) -> None:
    assert resolve(secret_file(tmp_path, f" pass wörd {end}".encode()), {}, tmp_path) == " pass wörd "


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(SecretRef(file=Path("password")), tmp_path).message


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "password")
    assert "it is no regular file" in refusal(SecretRef(file=Path("password")), tmp_path).message


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_a_file_open_to_others_is_refused_with_the_command_that_closes_it(tmp_path: Path, mode: int) -> None:
    error = refusal(secret_file(tmp_path, SECRET.encode(), mode), tmp_path)
    assert "is open to others (-rw" in error.message
    assert error.hint == f"chmod 600 {tmp_path / 'password'}"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_for_its_owner_alone_is_taken(tmp_path: Path, mode: int) -> None:
    assert resolve(secret_file(tmp_path, SECRET.encode(), mode), {}, tmp_path) == SECRET


def test_a_command_gives_what_it_prints_without_the_newline(tmp_path: Path) -> None:
    assert resolve(printing(f"{SECRET}\n"), {}, tmp_path) == SECRET


def test_a_command_runs_in_the_files_folder_with_the_environment_given(tmp_path: Path) -> None:
    program = tmp_path / "show"
    program.write_text('#!/bin/sh\necho "$WHO of ${PWD##*/}"\n')
    program.chmod(0o700)
    found = resolve(SecretRef(command=("./show",)), {"WHO": "admin", "PATH": os.defpath}, tmp_path)
    assert found == f"admin of {tmp_path.name}"


def test_a_failing_command_is_refused_with_its_status_and_none_of_its_words(tmp_path: Path) -> None:
    assert "ended with status 3" in refusal(printing(SECRET, status=3), tmp_path).message


def test_a_command_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "cannot be run: No such file" in refusal(SecretRef(command=("./none", SECRET)), tmp_path).message


def test_a_command_that_cannot_be_written_down_for_the_system_is_refused(tmp_path: Path) -> None:
    assert "an argument holds a NUL" in refusal(SecretRef(command=("show", f"{SECRET}\0")), tmp_path).message


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n"])
def test_an_empty_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(secret_file(tmp_path, content), tmp_path).message == "the secret in file password is empty"
    assert "is empty" in refusal(printing(content.decode()), tmp_path).message
    assert "is empty" in refusal(SecretRef(env="P"), tmp_path, {"P": content.decode()}).message


def test_a_secret_of_two_lines_is_refused(tmp_path: Path) -> None:
    assert "more than one line" in refusal(secret_file(tmp_path, b"hunter2\nuser: admin\n"), tmp_path).message


def test_a_secret_that_is_not_text_is_refused(tmp_path: Path) -> None:
    content = SECRET.encode() + b"\xff"
    assert "not UTF-8" in refusal(secret_file(tmp_path, content), tmp_path).message
    assert "not UTF-8" in refusal(SecretRef(env="P"), tmp_path, {"P": os.fsdecode(content)}).message


def test_a_file_that_is_longer_than_any_secret_is_refused(tmp_path: Path) -> None:
    error = refusal(secret_file(tmp_path, SECRET.encode() * secrets.MAX_BYTES), tmp_path)
    assert f"more than {secrets.MAX_BYTES} bytes" in error.message


@pytest.mark.slow
def test_a_command_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    program = f"while True: print({SECRET!r})"
    error = refusal(SecretRef(command=(sys.executable, "-c", program)), tmp_path)
    assert f"printed more than {secrets.MAX_BYTES} bytes" in error.message


class Fifo:
    """Where a program that a command has started says so, and shows by its silence that it has ended."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "fifo")
        self._end = os.open(folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)

    async def started(self) -> None:
        await trio.lowlevel.wait_readable(self._end)
        assert os.read(self._end, 100) == b"started\n"

    def assert_ended(self) -> None:
        assert select.select([self._end], [], [], 30)[0], "it still runs"
        assert os.read(self._end, 100) == b""
        os.close(self._end)


WITH_A_CHILD = f"echo {SECRET}; exec 3> fifo; echo started >&3; sleep 600 > /dev/null &"
HANGS = SecretRef(command=("sh", "-c", f"{WITH_A_CHILD} wait"))
LEAVES_A_CHILD = SecretRef(command=("sh", "-c", WITH_A_CHILD))


def test_a_command_that_hangs_is_ended_in_time_with_what_it_started(tmp_path: Path) -> None:
    fifo, clock, refused = Fifo(tmp_path), MockClock(), []

    async def look_up() -> None:
        try:
            await secrets.resolve(HANGS, {"PATH": os.defpath}, tmp_path)
        except ConfigError as error:
            refused.append(error)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look_up)
            await fifo.started()
            clock.jump(secrets.TIMEOUT_S - 1)
            await trio.testing.wait_all_tasks_blocked()
            assert not refused
            clock.jump(1)

    trio.run(main, clock=clock)
    fifo.assert_ended()
    assert [error.message for error in refused] == [
        "command 'sh', which should print a secret, did not end within 30 s"
    ]


def test_a_command_whose_secret_is_not_waited_for_any_more_is_ended_with_what_it_started(tmp_path: Path) -> None:
    fifo = Fifo(tmp_path)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(secrets.resolve, HANGS, {"PATH": os.defpath}, tmp_path)
            await fifo.started()
            nursery.cancel_scope.cancel()

    trio.run(main)
    fifo.assert_ended()


def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    fifo = Fifo(tmp_path)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fifo.started)
            assert await secrets.resolve(LEAVES_A_CHILD, {"PATH": os.defpath}, tmp_path) == SECRET

    trio.run(main)
    fifo.assert_ended()
