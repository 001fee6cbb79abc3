"""Why no answer came, said so that a person can act on it: from httpx's exceptions and what caused them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

# OpenSSL's X509_V_ERR_*: no chain from the certificate to a trusted authority.
_NOT_SIGNED_BY_TRUSTED = frozenset({18, 19, 20, 21})


@dataclass(frozen=True, slots=True)
class Silence:
    """`message` goes after the cluster's name and URL. Both speak of one request: others may have been carried out.

    `is_distrust`: something answers there, and nothing was sent to it.
    """

    message: str
    hint: str
    is_distrust: bool = False


def why_silent(error: httpx.RequestError, *, timeout: httpx.Timeout, ca_file: Path | None) -> Silence:
    """The reason, in words for the person who runs the command. Certain to hold no secret."""
    match error:
        case httpx.ConnectTimeout():
            message = f"did not accept a connection within {timeout.connect or 0:g} s"
            return _unsent(message, "Is the cluster up, and is the address right?")
        case httpx.ConnectError():
            return _why_no_connection(error, ca_file)
        case httpx.TimeoutException():
            return Silence(f"did not answer within {timeout.read or 0:g} s", "It may still be at work on the request.")
        case _:
            return Silence("closed the connection before it answered", "It may have gone down, or have been restarted.")


def _unsent(message: str, advice: str) -> Silence:
    return Silence(message, f"This request was not sent. {advice}")


def was_refused(error: BaseException) -> bool:
    """Whether the other end turned a connection away, as a cluster does that is full, before anything was sent."""
    causes = list(_causes(error))
    distrusted = any(isinstance(cause, ssl.SSLError) for cause in causes)
    turned_away = any(isinstance(cause, ConnectionRefusedError | ConnectionResetError) for cause in causes)
    return isinstance(error, httpx.ConnectError) and turned_away and not distrusted


def _why_no_connection(error: httpx.ConnectError, ca_file: Path | None) -> Silence:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return _why_no_trust(cause, ca_file)
            case ssl.SSLError():
                return Silence(
                    "does not speak TLS there", "This request was not sent. Are scheme and port of the URL right?"
                )
            case ConnectionRefusedError():
                return Silence(
                    "refused the connection", "This request was not sent. Is the cluster up, and is the port right?"
                )
            case socket.gaierror():
                return _unsent("has an address that cannot be found", "Is the URL right?")
            case _:
                pass
    return _unsent(f"cannot be reached: {error}", "Is the cluster up, and the network?")


def _why_no_trust(error: ssl.SSLCertVerificationError, ca_file: Path | None) -> Silence:
    if error.verify_code in _NOT_SIGNED_BY_TRUSTED:
        signer = ca_file or "an authority that this machine trusts"
        message = f"presents a certificate that is not signed by {signer}"
        advice = "Set `ca_file` to the CA that signed the cluster's certificate."
    else:
        message = f"presents a certificate that is not valid: {error.verify_message}"
        advice = "Renew the certificate, or use the name or address that it was made for."
    return replace(_unsent(message, advice), is_distrust=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it; several addresses tried leave a group."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _causes(each)
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield from _causes(cause)
