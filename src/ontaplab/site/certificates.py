"""The lab's certificates. The authority's key is never written: no certificate can be added later, by anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trustme import CA

from ontaplab.folder import ClusterFolder, write_private

LOOPBACK = "127.0.0.1"
CLIENT = "automation"
"""Name of the account that the client certificate is for; the account itself is to be made."""


def write_certificates(ca_file: Path, folders: Sequence[ClusterFolder]) -> None:
    """Each cluster has a key and a certificate for the loopback address, which `ca_file` vouches for.

    So does a client of the name `CLIENT`, in the file `client.pem` next to it.
    """
    authority = CA(organization_name="ontaplab")
    write_private(ca_file, authority.cert_pem.bytes())
    ca_file.chmod(0o644)  # no secret: others may check who answers
    client = authority.issue_cert(common_name=CLIENT, organization_name="ontaplab")
    write_private(ca_file.with_name("client.pem"), client.private_key_and_cert_chain_pem.bytes())
    for folder in folders:
        issued = authority.issue_cert(LOOPBACK, "localhost", organization_name="ontaplab")
        write_private(folder.certificate, issued.private_key_and_cert_chain_pem.bytes())
