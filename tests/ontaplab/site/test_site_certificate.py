"""A client that shows its certificate instead of a password."""

from __future__ import annotations

import ssl

import httpx
import pytest
from trustme import CA

from ontaplab.site import Site
from tests.ontaplab.site.labs import client_of, status_of

pytestmark = pytest.mark.slow


def test_the_labs_client_certificate_admits_the_account_it_is_for(lab: Site) -> None:
    file = lab.folder / "client.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    context = ssl.create_default_context(cafile=lab.folder / "ca.pem")
    context.load_cert_chain(file)
    body = {
        "name": "automation",
        "role": "readonly",
        "applications": [{"application": "http", "authentication_methods": ["certificate"]}],
    }
    with (
        httpx.Client(base_url=f"{status_of(lab, 'paris').url}/api", verify=context, trust_env=False) as certified,
        client_of(lab, "paris") as admin,
    ):
        assert certified.get("/cluster").status_code == 401
        assert admin.post("/security/accounts", json=body).status_code == 201
        try:
            assert certified.get("/cluster").json()["name"] == "paris"
            assert certified.post("/svm/svms", json={"name": "x"}).status_code == 403
        finally:
            assert admin.delete("/security/accounts?name=automation").status_code == 200


def test_a_certificate_of_somebody_else_opens_no_connection(lab: Site) -> None:
    context = ssl.create_default_context(cafile=lab.folder / "ca.pem")
    CA().issue_cert(common_name="automation").configure_cert(context)
    with (
        httpx.Client(base_url=f"{status_of(lab, 'paris').url}/api", verify=context, trust_env=False) as stranger,
        pytest.raises(httpx.TransportError),
    ):
        stranger.get("/cluster")
