"""Who is asking, and as which SVM."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request as HttpRequest

from ontaplab.errors import OntapError
from ontaplab.wire.resource import Tunnel

_COMMON_NAME = re.compile(r"(?:^|,)\s*CN=((?:\\.|[^,\\])*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever sent a request that may be answered. `tunnel` is the SVM that it is confined to."""

    account: str
    tunnel: Tunnel | None = None
    is_svms: bool = False
    """Whether the account is that SVM's own."""


Admit = Callable[[HttpRequest], Caller]
"""Says who is asking. Raises: OntapError 6, with 401 for who is not known and 403 for what is not permitted."""


def not_authenticated() -> OntapError:
    return OntapError(401, "6", "User is not authorized.")


def credentials(http: HttpRequest) -> tuple[str, str] | None:
    """Name and password of Basic authentication; None without."""
    scheme, _, encoded = http.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = b64decode(encoded).decode().partition(":")
    except ValueError:
        return None
    return name, password


def certified_name(http: HttpRequest) -> str | None:
    """The common name in the client's certificate, which the server has verified; None without one.

    It is where ASGI's extension for TLS has the certificate's subject.
    """
    tls = http.scope.get("extensions", {}).get("tls", {})
    found = _COMMON_NAME.search(tls.get("client_cert_name") or "")
    return found[1].replace("\\", "") if found else None


def tunnel_of(http: HttpRequest) -> Tunnel | None:
    """The SVM that the headers name."""
    name, uuid = http.headers.get("x-dot-svm-name"), http.headers.get("x-dot-svm-uuid")
    return Tunnel(name, uuid) if name or uuid else None
