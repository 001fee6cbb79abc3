"""The lab's certificates. The authority's key is never written: no certificate can be added later, by anybody."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from trustme import CA

from ontaplab.folder import ClusterFolder

LOOPBACK = "127.0.0.1"
CLIENT = "automation"
"""Name of the account that the client certificate is for; the account itself is to be made."""


def write_certificates(ca_file: Path, folders: Sequence[ClusterFolder]) -> None:
    """Each cluster has a key and a certificate for the loopback address, which `ca_file` vouches for.

    So does a client of the name `CLIENT`, in the file `client.pem` next to it.
    """
    authority = CA(organization_name="ontaplab")
    authority.cert_pem.write_to_path(ca_file)
    client = authority.issue_cert(common_name=CLIENT, organization_name="ontaplab")
    write_secret(ca_file.with_name("client.pem"), client.private_key_and_cert_chain_pem.bytes())
    for folder in folders:
        issued = authority.issue_cert(LOOPBACK, "localhost", organization_name="ontaplab")
        write_secret(folder.certificate, issued.private_key_and_cert_chain_pem.bytes())


def write_secret(path: Path, secret: bytes) -> None:
    """A new file that its owner alone can read, at every moment. Raises: FileExistsError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123  # a descriptor
        file.write(secret)
