"""A lab of three clusters, and services of OpenStack for it in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ontaplab.site import Site
from tests.conformance.environments import program, variables
from tests.ontaplab.site.labs import client_of, eventually, records

HOME, TARGETS = "paris", ("lyon", "nice")
SVMS = {"paris": "svm_gold", "lyon": "svm_gold_dr", "nice": "svm_gold_nice"}


class Failed(Exception):
    """What the service raised: the class's name, its message, ONTAP's code."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['error']}: {answer['message']}")
        self.kind, self.code = answer["error"], answer["code"]


class Service:
    """A service of OpenStack in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    def __call__(self, method: str, *arguments: object) -> Any:
        """What the method returns. Raises: Failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"it ended:\n{self._log.read_text()[-3000:]}"
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer)
        return answer["result"]


@contextmanager
def service(
    environment: str, configuration: Path, *arguments: str, script: Sequence[str] = (), path: str = os.defpath
) -> Iterator[Service]:
    """What that environment's script beside this file serves, with that configuration; just started.

    `script` is another one, with what it takes before the configuration; `path` is where it looks for programs.
    """
    name, *first = script or (f"{environment}_backend.py",)
    command = [program(environment, "python"), str(Path(__file__).with_name(name)), *first]
    log = configuration.with_suffix(".log")
    with (
        log.open("a") as errors,
        subprocess.Popen(
            [*command, str(configuration), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=variables(configuration.parent, PATH=path),
        ) as process,
    ):
        try:
            yield Service(process, log)
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """It ends where nothing more is asked; what does not is killed."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()


@dataclass(frozen=True)
class World:
    """A lab of three clusters and a service's configuration for them."""

    site: Site
    configuration: Path

    def write(self, cluster: str, method: str, path: str, body: object) -> str:
        """What an operator does; it is done. Returns the uuid of what was made."""
        with client_of(self.site, cluster) as client:
            query = {"return_records": "true", "return_timeout": "60"}
            answer = client.request(method, path, json=body, params=query)
            assert answer.status_code in (200, 201), answer.text
            return str(answer.json()["records"][0]["uuid"])

    def volume(self, name: str, **properties: object) -> None:
        """A volume of the home back end, which holds a file."""
        body: dict[str, object] = {
            "name": name,
            "svm.name": SVMS[HOME],
            "aggregates": [{"name": "aggr1_paris"}],
            "size": "1GB",
        }
        body |= {"nas.path": f"/{name}", "guarantee.type": "none", **properties}
        self.write(HOME, "POST", "/storage/volumes", body)
        self.file(HOME, name).write_text("first")

    def file(self, cluster: str, volume: str) -> Path:
        return self.site.volume_path(cluster, SVMS[cluster], volume) / "file"

    def mirrors(self, target: str, **query: str) -> list[dict[str, Any]]:
        return records(self.site, target, "/snapmirror/relationships", fields="state,healthy", **query)

    def states(self, target: str) -> set[str]:
        return {mirror["state"] for mirror in self.mirrors(target)}

    def update(self, *targets: str) -> None:
        """The mirrors there hold what their sources hold."""
        for target in targets:
            for mirror in self.mirrors(target):
                path = f"/snapmirror/relationships/{mirror['uuid']}/transfers"
                before = len(records(self.site, target, path, state="success"))
                with client_of(self.site, target) as client:
                    answer = client.post(path, json={})
                    assert answer.status_code in (200, 201), answer.text
                eventually(partial(self._has_more, target, path, before))

    def _has_more(self, target: str, path: str, before: int) -> bool:
        """Whether more transfers than that have ended well."""
        return len(records(self.site, target, path, state="success")) > before

    def rename_the_third(self) -> None:
        """The third cluster's SVM has a name of its own: by default it is called as that of the second."""
        (svm,) = records(self.site, "nice", "/svm/svms")
        self.write("nice", "PATCH", f"/svm/svms/{svm['uuid']}", {"name": SVMS["nice"]})
