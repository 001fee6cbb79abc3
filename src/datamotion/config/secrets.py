"""Looking a secret up where its reference says. The secret itself is in no message, nor in any error's context."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
from anyio import to_thread
from anyio.abc import ByteReceiveStream, Process

from datamotion.config.clusters import SecretRef
from datamotion.config.files import open_regular
from datamotion.errors import ConfigError

TIMEOUT_S = 30.0
MAX_BYTES = 64 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


async def resolve(ref: SecretRef, environ: Mapping[str, str], base: Path) -> str:
    """The secret that `ref` stands for, without the newline at its end.

    Relative files are in `base`, the configuration file's folder; a command runs there with `environ`. Either has 30 s
    and 64 KiB; what the command has started ends with it.
    Raises: ConfigError, naming the reference, if there is no secret, more than a line, or others could read it.
    """
    if ref.env is not None:
        content = _from_environment(ref, ref.env, environ)
    elif ref.file is not None:
        content = await _from_file(ref, base / ref.file)
    else:
        assert ref.command is not None  # exactly one of the three is set
        content = await _from_command(ref, ref.command, environ, base)
    secret = _decoded(ref, content).removesuffix("\n").removesuffix("\r")
    if not secret:
        raise ConfigError(f"the secret in {ref} is empty")
    if "\n" in secret:
        raise ConfigError(f"the secret in {ref} has more than one line, expected the secret alone")
    return secret


def _from_environment(ref: SecretRef, name: str, environ: Mapping[str, str]) -> bytes:
    if name not in environ:
        raise ConfigError(f"{ref} is not set", hint=f"It holds a secret: export {name}=…")
    return os.fsencode(environ[name])


async def _from_file(ref: SecretRef, path: Path) -> bytes:
    """Read in a thread: its folder may be on a server that does not answer."""
    with anyio.move_on_after(TIMEOUT_S):
        return await to_thread.run_sync(partial(_read, ref, path), abandon_on_cancel=True)
    raise ConfigError(f"{ref}, which should hold a secret, could not be read within {TIMEOUT_S:.0f} s")


def _read(ref: SecretRef, path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & _OTHERS:
                may = stat.filemode(mode)
                raise ConfigError(f"{ref} holds a secret and is open to others ({may})", hint=f"chmod 600 {path}")
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{ref}, which should hold a secret, cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{ref} holds more than {MAX_BYTES} bytes, expected the secret alone")
    return content


async def _from_command(ref: SecretRef, command: Sequence[str], environ: Mapping[str, str], base: Path) -> bytes:
    printed = bytearray()
    try:
        with anyio.fail_after(TIMEOUT_S):
            status = await run_bounded(command, environ, base, printed)
    except TimeoutError:
        problem = f"did not end within {TIMEOUT_S:.0f} s"
    except OSError as error:
        problem = f"cannot be run: {error.strerror}"
    except ValueError:
        problem = "cannot be run: an argument holds a NUL or is not Unicode"
    else:
        if len(printed) > MAX_BYTES:
            problem = f"printed more than {MAX_BYTES} bytes"
        elif status == 0:
            return bytes(printed)
        else:
            problem = f"ended with status {status}"
    # Raised out here: inside `except`, the error would carry what the command printed.
    raise ConfigError(f"{ref}, which should print a secret, {problem}", hint="Run it by hand to see what it says.")


async def run_bounded(command: Sequence[str], environ: Mapping[str, str], base: Path, printed: bytearray) -> int:
    """The status that the command ends with; what it prints goes to `printed`, as far as that is wanted.

    It leads a session of its own, and all that it has started there ends with it, however this ends.
    """
    process = await anyio.open_process(
        command, cwd=base, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
    )
    try:
        assert process.stdout is not None
        if await _read_all(process.stdout, printed):
            return await process.wait()
        return -signal.SIGKILL
    finally:
        await _end(process)


async def _read_all(stream: ByteReceiveStream, into: bytearray) -> bool:
    """Whether that was all: no more is read than a secret can be."""
    async for chunk in stream:
        into += chunk
        if len(into) > MAX_BYTES:
            return False
    return True


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError, PermissionError):  # all have ended; or, on some systems, only its leader has
        os.killpg(process.pid, signal.SIGKILL)
    with anyio.CancelScope(shield=True):
        await process.wait()
        await process.aclose()


def _decoded(ref: SecretRef, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass  # raised out here: inside `except`, the error would carry the bytes
    raise ConfigError(f"the secret in {ref} is not UTF-8 text")
