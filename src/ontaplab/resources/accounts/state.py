"""An account's record: who may log in, how, and in which role."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from types import MappingProxyType

METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "amqp": ("password",),
        "console": ("password",),
        "http": ("password", "certificate", "domain", "nsswitch"),
        "ontapi": ("password", "certificate", "domain", "nsswitch"),
        "service_processor": ("password", "publickey"),
        "ssh": ("password", "publickey", "domain", "nsswitch"),
    }
)
"""How one can log in to each application. Only `http` is more than recorded: it is how this API is reached."""

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
RESERVED_NAMES = frozenset({"autosupport", "diag"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    application: str
    authentication_methods: tuple[str, ...]
    second_authentication_method: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`secret` is made of the password, which is nowhere kept; without one no password fits."""

    uuid: str
    name: str
    role: str
    """Name of a role with the same owner."""
    applications: tuple[Application, ...]
    svm: str | None = None
    """uuid of the SVM that owns it; None: the cluster."""
    secret: str | None = None
    locked: bool = False
    comment: str = ""

    def logs_in_by(self, method: str) -> bool:
        """Whether it may reach the API in that way."""
        return not self.locked and any(
            each.application == "http" and method in each.authentication_methods for each in self.applications
        )

    def has_password(self, password: str) -> bool:
        if self.secret is None:
            return False
        salt, _, digest = self.secret.partition("$")
        return hmac.compare_digest(_digest(salt, password), digest)


def secret_of(password: str) -> str:
    """What is kept of a password. One round of a fast hash: it is asked at every call, of accounts of a lab."""
    salt = token_hex(16)
    return f"{salt}${_digest(salt, password)}"


def _digest(salt: str, password: str) -> str:
    return hashlib.sha512(f"{salt}{password}".encode()).hexdigest()
