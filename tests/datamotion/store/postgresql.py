"""A PostgreSQL server for tests: of an ordinary user, on a socket in a folder of its own, without any network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
_SETTINGS = "-c listen_addresses='' -c fsync=off -c log_statement=none"

_ENVIRON = {"PATH": os.defpath, "PGOPTIONS": "-c default_transaction_read_only=off -c client_min_messages=error"}


def why_none() -> str | None:
    """Why no server can be started here; None where one can."""
    if _program("initdb") is None or _program("pg_ctl") is None:
        return "PostgreSQL's initdb and pg_ctl are not installed"
    try:
        import psycopg  # noqa: F401, PLC0415
    except ImportError as error:
        return f"its driver is not installed: {error}"
    return None if os.getuid() or _account() else "it does not run as root, and there is no other account"


def _program(name: str) -> str | None:
    return shutil.which(name) or next((str(each / name) for each in _PLACES if (each / name).exists()), None)


def _account() -> str | None:
    """Whom to run as, where this is root."""
    names = {each.pw_name for each in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


@dataclass(frozen=True, slots=True)
class Server:
    folder: Path

    def url(self, database: str = "postgres", **parameters: str) -> str:
        query = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql://datamotion@/{database}?host={self.folder}{query}"

    def ctl(self, *words: str) -> None:
        run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-s", *words)

    def start(self) -> None:
        self.ctl("-o", f"-k {self.folder} {_SETTINGS}", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self.ctl("-m", "immediate", "stop")

    def sql(self, statement: str) -> None:
        run("psql", "-q", "-h", str(self.folder), "-U", "datamotion", "-d", "postgres", "-c", statement)


def run(program: str, *words: str) -> None:
    found = _program(program)
    assert found is not None
    account = _account() if os.getuid() == 0 else None
    subprocess.run([found, *words], user=account, cwd="/", env=_ENVIRON, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def a_server() -> Iterator[Server]:
    """In a folder with a short name, as a socket's has to be."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        if os.getuid() == 0:
            os.chown(folder, pwd.getpwnam(_account() or "").pw_uid, -1)
        run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "datamotion",
            "-A",
            "trust",
            "-E",
            "SQL_ASCII",
            "-N",
            "--no-instructions",
        )
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
