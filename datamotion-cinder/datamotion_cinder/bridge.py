"""From the sections of cinder.conf to datamotion's configuration, and one child process an operation.

The group has the name of the back end, for ever: it is what marks and claims at the clusters say. Passwords are in the
child's environment only; the file that is written holds none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from oslo_concurrency import processutils
from oslo_log import log

LOG = log.getLogger(__name__)

DONE, PARTLY, USAGE, REFUSED, SILENT = 0, 1, 2, 3, 4
"""datamotion's exit statuses."""
_TO_END_S = 60
"""What a child that is told to end may take for it, before it is killed."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")


class NotToBeBridged(Exception):
    """A section of cinder.conf says something that datamotion does not do. The message is for an operator."""


class Answer(NamedTuple):
    """What a child came to: its exit status, its reports, and what it said beside them."""

    status: int
    reports: tuple[Mapping[str, Any], ...]
    said: str

    @property
    def is_refused(self) -> bool:
        """Whether nothing was carried out, for certain: it was declined, or came no further than its plan."""
        return self.status in (REFUSED, USAGE) or any(
            report.get("refusals") and "run" not in report for report in self.reports
        )

    @property
    def why(self) -> str:
        """In one line, why not."""
        for report in self.reports:
            for each in (*report.get("refusals", ()), *report.get("volumes", ())):
                text = each.get("text") or each.get("detail")
                if text:
                    return _with_hint(text, each)
        return self.said.strip().splitlines()[-1] if self.said.strip() else f"it ended with status {self.status}"


class Bridge:
    """datamotion for one back end of Cinder. `section` gives the options of any back end by its name."""

    def __init__(self, name: str, section: Callable[[str], Any], folder: Path, targets: Sequence[str]) -> None:
        self._name = name
        self._section = section
        self._folder = folder
        self._targets = tuple(targets)

    def configuration(self, volumes: Sequence[str]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """What datamotion is to know for these pools, by their volumes' names, and the secrets that it refers to.

        Raises: NotToBeBridged.
        """
        home = self._section(self._name)
        places, secrets = self._places((self._name, *self._targets), sorted(volumes) or ["!*"])
        return {
            **places,
            "groups": {
                self._name: {
                    "home": self._name,
                    "rpo": home.datamotion_rpo,
                    "targets": [self._target(name, home) for name in self._targets],
                }
            },
            "store": str(self._folder / f"{self._name}.db"),
        }, secrets

    def _places(self, names: Sequence[str], volumes: Sequence[str]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """These back ends, each with those volumes, their clusters, and the secrets. Raises: NotToBeBridged."""
        sections = {name: self._section(name) for name in names}
        secrets: dict[str, str] = {}
        clusters: dict[str, Any] = {}
        backends: dict[str, Any] = {}
        for number, (name, section) in enumerate(sections.items()):
            url, variable = _url(name, section), f"DATAMOTION_PASSWORD_{number}"
            cluster = next((each for each in clusters if _is_same(clusters[each], url, section, secrets)), name)
            backends[name] = {"cluster": cluster, "svm": section.netapp_vserver, "volumes": list(volumes)}
            if cluster == name:
                clusters[name] = {"url": url, "user": section.netapp_login, "password": {"env": variable}}
                clusters[name] |= {"ca_file": section.netapp_ssl_cert_path} if section.netapp_ssl_cert_path else {}
                secrets[variable] = section.netapp_password
        return {"clusters": clusters, "backends": backends}, secrets

    def _target(self, name: str, home: Any) -> Mapping[str, Any]:
        maps = home.safe_get("netapp_replication_aggregate_map") or ()
        found = next((dict(each) for each in maps if each.get("backend_id") == name), {})
        found.pop("backend_id", None)
        return {
            "backend": name,
            "aggregates": found,
            "policy": home.safe_get("netapp_replication_policy") or "MirrorAllSnapshots",
            "schedule": home.datamotion_schedule,
            "online_timeout": f"{home.netapp_replication_volume_online_timeout}s",
        }

    def run(self, words: Sequence[str], volumes: Sequence[str], longest_s: float) -> Answer:
        """One command of datamotion, with this group's configuration. Raises: NotToBeBridged, OSError."""
        tree, secrets = self.configuration(volumes)
        return self._run(words, self._write(self._name, tree), secrets, longest_s)

    def migrate(self, path: str, to: str, more: Sequence[str], longest_s: float) -> Answer:
        """Bring this LUN or file of this back end, VOLUME/PATH, to the volume BACKEND:VOLUME of any back end.

        Each pair of back ends has a configuration of its own. Raises: NotToBeBridged, OSError.
        """
        goal = to.partition(":")[0]
        name = f"{self._name}-to-{goal}"
        places, secrets = self._places(list(dict.fromkeys((self._name, goal))), ["*"])
        written = self._write(name, {**places, "store": str(self._folder / f"{name}.db")})
        words = ["migrate", f"{self._name}:{path}", "--to", to, "--yes", *more]
        return self._run(words, written, secrets, longest_s)

    def _run(self, words: Sequence[str], path: Path, secrets: Mapping[str, str], longest_s: float) -> Answer:
        """Raises: OSError."""
        program = self._section(self._name).datamotion_program
        # timeout(1) ends it as Ctrl-C would: at a clean point, from which the next one goes on.
        limit = ["timeout", "--signal=INT", f"--kill-after={_TO_END_S}", f"{longest_s:.0f}"]
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            out, err = processutils.execute(
                *[*limit, program, *words, "-c", str(path), "-o", "json"],
                env_variables={**kept, **secrets},
                cwd=str(self._folder),
            )
        except processutils.ProcessExecutionError as error:
            return _answer(error.exit_code, error.stdout or "", error.stderr or "")
        return _answer(DONE, out, err)

    def _write(self, name: str, tree: Mapping[str, Any]) -> Path:
        """JSON is YAML; whoever reads it meets the file whole, whoever else writes it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{name}.yaml"
        with NamedTemporaryFile("w", encoding="utf-8", dir=self._folder, suffix=".new", delete=False) as new:
            new.write(json.dumps(tree, indent=2))
        return Path(new.name).replace(path)


def _url(name: str, section: Any) -> str:
    """Where a back end's cluster is reached. Raises: NotToBeBridged for what datamotion does not do."""
    if section.netapp_transport_type != "https":
        raise NotToBeBridged(f"[{name}] netapp_transport_type = http: datamotion speaks https only")
    if not section.netapp_ssl_cert_verify:
        raise NotToBeBridged(f"[{name}] netapp_ssl_cert_verify = False: datamotion verifies certificates always")
    if section.netapp_ssl_cert_path and Path(section.netapp_ssl_cert_path).is_dir():
        raise NotToBeBridged(f"[{name}] netapp_ssl_cert_path is a folder: datamotion takes a file of certificates")
    if not (section.netapp_login and section.netapp_password):
        raise NotToBeBridged(f"[{name}] netapp_login and netapp_password: datamotion logs in with these")
    return f"https://{section.netapp_server_hostname}:{section.netapp_server_port or 443}"


def _is_same(cluster: Mapping[str, Any], url: str, section: Any, secrets: Mapping[str, str]) -> bool:
    """Whether a cluster is reached in the same way from another section."""
    password = secrets[cluster["password"]["env"]]
    return (cluster["url"], cluster["user"], password) == (url, section.netapp_login, section.netapp_password)


def _answer(status: int, out: str, err: str) -> Answer:
    """Reports are what is printed on standard output; an error that ends a command is told on the other one.

    Of an operation it is that of its run, where there was one, else its plan.
    """
    try:
        printed = json.loads(out)["report"] if out.strip() else []
    except (ValueError, TypeError, LookupError):
        printed = []
    operations = printed if isinstance(printed, list) else [{"run": printed}]
    reports = [each["run"] or each["plan"] for each in operations if each["run"] or each["plan"]]
    if err.strip():
        LOG.debug("datamotion: %s", err.strip())
    return Answer(status, tuple(reports), _in_words(err))


def _in_words(err: str) -> str:
    """What was said; the error that ended a command comes as JSON in the last line."""
    *before, last = err.strip().splitlines() or [""]
    try:
        error = json.loads(last)["error"]
        return "\n".join([*before, _with_hint(error["message"].replace("\n", " "), error)])
    except (ValueError, TypeError, LookupError):
        return err


def _with_hint(text: str, told: Mapping[str, Any]) -> str:
    return f"{text} ({told['hint']})" if told.get("hint") else text
