"""What a client's certificate says, told to the application in the way of ASGI's extension for TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU"}


class CertifiedProtocol(H11Protocol):
    """A connection that knows whose certificate it was opened with. The server has verified that."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        certificate = transport.get_extra_info("peercert")
        if certificate:
            self.app = _certified(self.app, subject_of(certificate))


def subject_of(certificate: Mapping[str, Any]) -> str:
    r"""The subject as RFC 4514 writes it, of a certificate as the `ssl` module tells it.

    >>> subject_of({"subject": ((("organizationName", "lab"),), (("commonName", "me, too"),))})
    'O=lab,CN=me\\, too'
    """
    names = [pair for names in certificate.get("subject", ()) for pair in names]
    return ",".join(f"{_SHORT.get(kind, kind)}={_escaped(value)}" for kind, value in names)


def _escaped(value: str) -> str:
    return "".join(f"\\{letter}" if letter in ',+"\\<>;=' else letter for letter in value)


def _certified(app: ASGIApp, subject: str) -> ASGIApp:
    async def certified(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), "tls": {"client_cert_name": subject}}
        await app({**scope, "extensions": extensions}, receive, send)

    return certified
