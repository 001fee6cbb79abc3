"""From the back ends of a cinder.conf to a configuration: the same groups that datamotion-cinder has of them.

A group is called as the back end that replicates, for ever: marks and claims at the clusters say so. No password is
taken over: the configuration names environment variables, and the report says whose password each is to hold.

datamotion-cinder makes the like of it as Cinder runs (`datamotion_cinder/bridge.py`), with Cinder's own reading of the
file; tests/conformance/with_cinder_manager.py holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from datamotion.config.cinder_pools import called_by, noted_volumes, patterns_of
from datamotion.config.cinder_sections import CinderConf
from datamotion.config.mistakes import key_path
from datamotion.config.models import Configuration
from datamotion.errors import ConfigError

_STATE_PATH, _SHARES = "/var/lib/cinder", "/etc/cinder/nfs_shares"
_ACTIVE_SYNC = ("AutomatedFailOver", "AutomatedFailOverDuplex")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """An environment variable, and where the password stands that it is to hold."""

    variable: str
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`tree` is the configuration; `volumes_from` says where each group's volumes were taken from."""

    tree: Mapping[str, Any]
    passwords: tuple[Password, ...]
    volumes_from: Mapping[str, str]


def import_groups(conf: CinderConf, backends: Sequence[str] = (), volumes: Sequence[str] = ()) -> Imported:
    """What protects these back ends; without any, all that are enabled and replicate.

    `volumes` are patterns for the only one. Nothing is contacted. Raises: ConfigError, listing every mistake with
    section and option.
    """
    homes = list(backends) or [name for name in _enabled(conf) if conf.values(name, "replication_device")]
    if not homes:
        raise ConfigError(f"{conf.path}: no back end in [DEFAULT] enabled_backends has a replication_device")
    if volumes and len(homes) > 1:
        raise ConfigError(
            f"--volumes is for one back end, and there are {len(homes)}",
            hint=f"--backend names one: {', '.join(homes)}",
        )
    made = _Making(conf)
    for home in homes:
        made.group(home, volumes)
    if made.mistakes:
        count = f"{len(made.mistakes)} thing{'s' if len(made.mistakes) > 1 else ''}"
        raise ConfigError(
            f"{conf.path} says {count} that datamotion cannot go by:", below=[f"  {each}" for each in made.mistakes]
        )
    _check(conf, made.tree)
    return Imported(tree=made.tree, passwords=tuple(made.passwords), volumes_from=made.volumes_from)


class _Making:
    """What comes of the sections so far."""

    def __init__(self, conf: CinderConf) -> None:
        self._conf = conf
        self._reached: dict[tuple[str, str | None, str], str] = {}
        self.tree: dict[str, dict[str, Any]] = {"clusters": {}, "backends": {}, "groups": {}}
        self.passwords: list[Password] = []
        self.volumes_from: dict[str, str] = {}
        self.mistakes: list[str] = []

    def group(self, home: str, volumes: Sequence[str]) -> None:
        if home not in self._conf:
            self.mistakes.append(f"there is no section [{home}]")
            return
        targets = [_pairs(each).get("backend_id", "") for each in self._conf.values(home, "replication_device")]
        for target in targets:
            if target not in self._conf:
                self._wrong(home, "replication_device", f"there is no section [{target}]")
        if not targets:
            self._wrong(home, "replication_device", "not set: it replicates to nowhere")
        self._check_kind(home)
        selected = list(volumes) or self._volumes(home)
        for name in [home, *(each for each in targets if each in self._conf)]:
            self._backend(name, selected)
        self.tree["groups"][home] = {
            "home": home,
            "rpo": self._text(home, "datamotion_rpo") or "2h",
            "targets": [self._target(home, name) for name in targets],
        }

    def _check_kind(self, home: str) -> None:
        if (self._text(home, "netapp_storage_protocol") or "").lower() not in ("nfs", "iscsi", "fc"):
            self._wrong(home, "netapp_storage_protocol", "expected nfs, iscsi or fc")
        if self._is_on(home, "netapp_consistent_replication", default=False):
            self._wrong(
                home, "netapp_consistent_replication", "consistency groups are replicated by Cinder's own driver"
            )
        if self._text(home, "netapp_replication_policy") in _ACTIVE_SYNC:
            self._wrong(home, "netapp_replication_policy", "active sync is done by Cinder's own driver alone")

    def _backend(self, name: str, volumes: Sequence[str]) -> None:
        svm = self._text(name, "netapp_vserver")
        if svm is None:
            self._wrong(name, "netapp_vserver", "not set, expected the SVM")
        backend = {"cluster": self._cluster(name), "svm": svm, "volumes": list(volumes)}
        self.tree["backends"].setdefault(name, backend)

    def _cluster(self, name: str) -> str:
        """How its cluster is reached; one that is reached in the same way from another section is the same."""
        if self._text(name, "netapp_transport_type") not in (None, "https"):
            self._wrong(name, "netapp_transport_type", "datamotion speaks https only")
        if not self._is_on(name, "netapp_ssl_cert_verify", default=True):
            self._wrong(name, "netapp_ssl_cert_verify", "datamotion verifies certificates always")
        ca_file = self._text(name, "netapp_ssl_cert_path")
        if ca_file is not None and Path(ca_file).is_dir():
            self._wrong(name, "netapp_ssl_cert_path", "a folder; datamotion takes a file of certificates")
        secret = "\n".join(self._conf.values(name, "netapp_password"))
        if not secret:
            self._wrong(name, "netapp_password", "not set: datamotion logs in with a password, with no certificate")
        user, host = self._text(name, "netapp_login"), self._text(name, "netapp_server_hostname")
        for option, value in (("netapp_login", user), ("netapp_server_hostname", host)):
            if value is None:
                self._wrong(name, option, "not set")
        url = f"https://{host}:{self._text(name, 'netapp_server_port') or 443}"
        known = self._reached.setdefault((url, user, secret), name)
        if known == name and name not in self.tree["clusters"]:
            password = Password(variable=_variable(name, self.passwords), section=name)
            self.passwords.append(password)
            self.tree["clusters"][name] = {
                "url": url,
                "user": user,
                "password": {"env": password.variable},
                **({"ca_file": ca_file} if ca_file else {}),
            }
        return known

    def _target(self, home: str, name: str) -> Mapping[str, Any]:
        maps = [_pairs(each) for each in self._conf.values(home, "netapp_replication_aggregate_map")]
        aggregates = {**next((each for each in maps if each.get("backend_id") == name), {})}
        aggregates.pop("backend_id", None)
        if not aggregates:
            self._wrong(home, "netapp_replication_aggregate_map", f"none with backend_id:{name} and its aggregates")
        return {
            "backend": name,
            "aggregates": aggregates,
            "policy": self._text(home, "netapp_replication_policy") or "MirrorAllSnapshots",
            "schedule": self._text(home, "datamotion_schedule") or "hourly",
            "online_timeout": f"{self._text(home, 'netapp_replication_volume_online_timeout') or 360}s",
        }

    def _volumes(self, home: str) -> Sequence[str]:
        """The pools' volumes: those that the driver noted, else those that the section tells of."""
        noted = Path(self._text("DEFAULT", "state_path") or _STATE_PATH, "datamotion", f"{home}.yaml")
        if (names := noted_volumes(noted, home)) is not None:
            self.volumes_from[home] = f"what the driver has in use: {noted}"
            return names
        if (self._text(home, "netapp_storage_protocol") or "").lower() != "nfs":
            self.volumes_from[home] = "netapp_pool_name_search_pattern"
            return self._tried(home, "netapp_pool_name_search_pattern", patterns_of, [])
        path = self._text(home, "nas_share_path")
        self.volumes_from[home] = "the shares' junction paths, as if volumes were called like these"
        if path and self._text(home, "nas_host"):
            return [called_by(path)]
        shares = Path(self._text(home, "nfs_shares_config") or _SHARES)
        try:
            lines = [each.strip() for each in shares.read_text(encoding="utf-8").splitlines()]
            return [
                called_by(each.split()[0].rpartition(":")[2]) for each in lines if each and not each.startswith("#")
            ]
        except (OSError, UnicodeDecodeError):
            self._wrong(home, "nfs_shares_config", f"{shares} cannot be read; --volumes can name the pools' volumes")
            return []

    def _text(self, section: str, option: str) -> str | None:
        return self._tried(section, option, lambda value: value or None, None)

    def _is_on(self, section: str, option: str, *, default: bool) -> bool:
        return self._tried(section, option, lambda _: self._conf.is_on(section, option, default=default), default)

    def _tried(self, section: str, option: str, read: Callable[[str], _T], otherwise: _T) -> _T:
        try:
            return read(self._conf.text(section, option) or "")
        except ValueError as error:
            self._wrong(section, option, str(error))
            return otherwise

    def _wrong(self, section: str, option: str, why: str) -> None:
        mistake = f"[{section}] {option}: {why}"
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)


def _enabled(conf: CinderConf) -> Iterator[str]:
    for value in conf.values("DEFAULT", "enabled_backends"):
        yield from (each.strip() for each in value.split(",") if each.strip())


def _pairs(value: str) -> dict[str, str]:
    """`backend_id:lyon,aggr1:aggr1_lyon`, as oslo.config writes a mapping."""
    parts = (each.partition(":") for each in value.split(","))
    return {key.strip(): text.strip() for key, _, text in parts if key.strip()}


def _variable(section: str, taken: Sequence[Password]) -> str:
    """A name for an environment variable that holds that section's password."""
    name = re.sub(r"\W", "_", f"{section}_PASSWORD".upper(), flags=re.ASCII)
    name = f"_{name}" if name[0].isdigit() else name
    count = sum(each.variable.rstrip("_") == name for each in taken)
    return name + "_" * count


def _check(conf: CinderConf, tree: Mapping[str, Any]) -> None:
    """Raises: ConfigError where this is no configuration after all, such as for a name with a space in it."""
    try:
        Configuration.model_validate(tree, context={"folder": conf.path.absolute().parent})
    except ValidationError as error:
        told = [(key_path(tuple(each["loc"])), each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        raise ConfigError(
            f"what {conf.path} says makes no configuration:", below=[f"  {path}: {text}" for path, text in told]
        ) from None
