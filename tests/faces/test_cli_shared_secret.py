"""A group whose claims only those can make who share a secret: introduced, used, and looked at without it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.faces.labs import Lab, a_password, done, some_files

pytestmark = pytest.mark.slow
SECRET = "correct horse battery staple"


def share(lab: Lab, secret: str) -> None:
    path = lab.folder / "datamotion.yaml"
    configured = yaml.safe_load(path.read_text())
    (lab.folder / "gold.secret").unlink(missing_ok=True)
    a_password(lab.folder / "gold.secret", secret)
    configured["groups"]["gold"]["shared_secret"] = {"file": "gold.secret"}
    path.write_text(yaml.safe_dump(configured))


def test_a_secret_is_introduced_and_from_then_on_who_has_another_makes_no_claim(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 2)
    done(lab.typed("apply", "--yes"))
    share(lab, SECRET)
    shown = lab.typed("status")
    assert shown.status == 1
    assert "was not made with the secret of gold" in " ".join(shown.out.split())
    done(lab.typed("settle", "gold", "--keep", "gold-paris", "--yes"))
    done(lab.typed("apply", "--yes"))
    done(lab.typed("status"))

    share(lab, "another one")
    refused = lab.typed("failover", "gold", "--to", "gold-lyon", "--yes")
    assert refused.status == 3
    assert "was not made with the secret of gold" in " ".join(refused.out.split())

    share(lab, SECRET)
    lab.lab("kill", "paris")
    served = done(lab.typed("failover", "gold", "--yes"))
    for text in (served.out, served.err, lab.typed("status", "-o", "json").out):
        assert SECRET not in text


def test_without_its_secret_nothing_is_begun(lab: Lab) -> None:
    share(lab, SECRET)
    (lab.folder / "gold.secret").chmod(0o644)
    ended = lab.typed("status")
    assert ended.status == 2
    assert "gold.secret holds a secret and is open to others" in " ".join(ended.err.split())
