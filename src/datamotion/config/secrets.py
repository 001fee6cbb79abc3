"""Looking a secret up where its reference says. The secret itself is in no message, nor in any error's context."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from datamotion.config.models import SecretRef
from datamotion.errors import ConfigError

_COMMAND_TIMEOUT_S = 30.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def resolve(ref: SecretRef, environ: Mapping[str, str], base: Path) -> str:
    """The secret that `ref` stands for, without the newline at its end.

    Relative files are in `base`, the configuration file's folder; a command runs there with `environ`, at most 30 s.
    Raises: ConfigError, naming the reference, if there is no secret, more than a line, or others could read it.
    """
    if ref.env is not None:
        content = _from_environment(ref, ref.env, environ)
    elif ref.file is not None:
        content = _from_file(ref, base / ref.file)
    else:
        assert ref.command is not None  # exactly one of the three is set
        content = _from_command(ref, ref.command, environ, base)
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


def _from_file(ref: SecretRef, path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{ref} is not a file, expected one that holds a secret")
        if mode & _OTHERS:
            may = stat.filemode(mode)
            raise ConfigError(f"{ref} holds a secret and is open to others ({may})", hint=f"chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{ref}, which should hold a secret, cannot be read: {error.strerror}") from None


def _from_command(ref: SecretRef, command: Sequence[str], environ: Mapping[str, str], base: Path) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  # running the configured program, without a shell, is what it is for
            command,
            cwd=base,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        problem = f"did not end within {_COMMAND_TIMEOUT_S:.0f} s"
    except OSError as error:
        problem = f"cannot be run: {error.strerror}"
    except ValueError:
        problem = "cannot be run: an argument holds a NUL or is not Unicode"
    else:
        if done.returncode == 0:
            return done.stdout
        problem = f"ended with status {done.returncode}"
    # Raised out here: inside `except`, the error would carry what the command printed.
    raise ConfigError(f"{ref}, which should print a secret, {problem}", hint="Run it by hand to see what it says.")


def _decoded(ref: SecretRef, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass  # raised out here: inside `except`, the error would carry the bytes
    raise ConfigError(f"the secret in {ref} is not UTF-8 text")
