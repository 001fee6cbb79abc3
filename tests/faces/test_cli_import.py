"""`datamotion import`: the groups of a cinder.conf."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datamotion.config.loading import load
from tests.faces.documents import check_document
from tests.faces.terminal import typed

SECRET = "pa$$word=1"
CONF = f"""
[DEFAULT]
enabled_backends = paris, other
state_path = STATE

[backend_defaults]
netapp_login = "admin"
netapp_password = {SECRET}

[paris]
volume_driver = datamotion_cinder.driver.DataMotionDriver
netapp_storage_protocol = iscsi
netapp_pool_name_search_pattern = ^(vol_.+)$, db
netapp_server_hostname = paris.example.com
netapp_server_port = 8443
netapp_vserver = svm_gold
netapp_ssl_cert_path = /etc/ssl/paris.pem
replication_device = backend_id:lyon
replication_device = backend_id:nice
netapp_replication_aggregate_map = backend_id:lyon,aggr1:aggr1_lyon,aggr2:aggr2_lyon
netapp_replication_aggregate_map = backend_id:nice,aggr1:aggr1_nice
datamotion_rpo = 4h

[lyon]
netapp_server_hostname = lyon.example.com
netapp_vserver = svm_gold_dr

[nice]
netapp_server_hostname = lyon.example.com
netapp_vserver = svm_gold_nice
[other]
volume_driver = somebody.elses
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "cinder.conf"
    path.write_text(CONF.replace("STATE", str(tmp_path)))
    return path


def test_what_replicates_becomes_a_group_and_two_sections_of_one_cluster_share_it(conf: Path) -> None:
    written = conf.with_name("made.yaml")
    shown = typed("import", conf, "-c", written)
    assert (shown.status, shown.err) == (0, "")
    made = load(written)
    assert set(made.groups) == {"paris"}
    group = made.groups["paris"]
    assert (group.home, group.rpo.total_seconds()) == ("paris", 4 * 3600)
    assert [(each.backend, each.aggregates, each.policy) for each in group.targets] == [
        ("lyon", {"aggr1": "aggr1_lyon", "aggr2": "aggr2_lyon"}, "MirrorAllSnapshots"),
        ("nice", {"aggr1": "aggr1_nice"}, "MirrorAllSnapshots"),
    ]
    assert {name: (each.cluster, each.svm) for name, each in made.backends.items()} == {
        "paris": ("paris", "svm_gold"),
        "lyon": ("lyon", "svm_gold_dr"),
        "nice": ("lyon", "svm_gold_nice"),
    }
    assert made.backends["paris"].volumes == ("vol_?*", "db")
    paris = made.clusters["paris"]
    assert (paris.url, paris.user, paris.password.env) == ("https://paris.example.com:8443", "admin", "PARIS_PASSWORD")
    assert paris.ca_file == Path("/etc/ssl/paris.pem")
    assert "LYON_PASSWORD: netapp_password of [lyon]" in shown.out


def test_no_password_is_shown_or_written(conf: Path) -> None:
    shown = typed("import", conf, "-c", conf.with_name("made.yaml"), "-o", "json")
    check_document(shown.document)
    report = shown.report
    assert report["passwords"][0] == {"variable": "PARIS_PASSWORD", "section": "paris"}
    assert SECRET not in shown.out + shown.err + conf.with_name("made.yaml").read_text()
    assert conf.with_name("made.yaml").stat().st_mode & 0o777 == 0o600
    conf.write_text(f"{CONF}\n{SECRET}\n".replace("=1", ""))
    broken = typed("import", conf, "-c", conf.with_name("more.yaml"))
    assert (broken.status, SECRET[:7] in broken.out + broken.err) == (2, False)


def test_a_share_is_taken_to_be_called_as_its_junction_path_and_what_the_driver_noted_goes_before(conf: Path) -> None:
    shares = conf.with_name("shares")
    shares.write_text("# ours\n192.0.2.10:/vol_1\n192.0.2.10:/vol_2 -o vers=4\n")
    text = conf.read_text().replace("= iscsi", f"= nfs\nnfs_shares_config = {shares}")
    conf.write_text(text)
    first, second, third = (conf.with_name(name) for name in ("1.yaml", "2.yaml", "3.yaml"))
    assert "junction paths" in typed("import", conf, "-c", first).out
    assert load(first).backends["paris"].volumes == ("vol_1", "vol_2")
    (conf.parent / "datamotion").mkdir()
    noted = {"backends": {"paris": {"volumes": ["gold_7"]}}}
    (conf.parent / "datamotion" / "paris.yaml").write_text(json.dumps(noted))
    assert "driver has in use" in typed("import", conf, "-c", second).out
    assert load(second).backends["paris"].volumes == ("gold_7",)
    assert typed("import", conf, "-c", third, "--volumes", "vol_*", "--backend", "paris").status == 0
    assert load(third).backends["lyon"].volumes == ("vol_*",)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("netapp_vserver = svm_gold\n", "netapp_transport_type = http\n", "[paris] netapp_transport_type: "),
        ("netapp_vserver = svm_gold\n", "", "[paris] netapp_vserver: not set"),
        ("[nice]\n", "[nice]\nnetapp_ssl_cert_verify = off\n", "[nice] netapp_ssl_cert_verify: "),
        ("/etc/ssl/paris.pem", "/etc", "[paris] netapp_ssl_cert_path: a folder"),
        (f"netapp_password = {SECRET}\n", "", "[lyon] netapp_password: not set"),
        ("backend_id:nice\n", "backend_id:rome\n", "[paris] replication_device: there is no section [rome]"),
        (
            "backend_id:nice,aggr1:aggr1_nice",
            "backend_id:nice",
            "aggregate_map: none with backend_id:nice",
        ),
        ("^(vol_.+)$, db", "vol_[0-9]{3}", "[paris] netapp_pool_name_search_pattern: "),
        ("paris.example.com", "$my_ip", "[paris] netapp_server_hostname: refers to another option"),
        ("= iscsi", "= nvme", "[paris] netapp_storage_protocol: expected nfs, iscsi or fc"),
        ("datamotion_rpo", "netapp_consistent_replication = yes\ndatamotion_rpo", "netapp_consistent_replication: "),
        ("datamotion_rpo = 4h", "datamotion_rpo = soon", "groups.paris.rpo"),
        ("backend_id:nice\n", "backend_id:lyon\n", "is a target of the group already"),
        ("enabled_backends = paris, ", "enabled_backends = ", "no back end in [DEFAULT] enabled_backends"),
        ("\n[DEFAULT]", "option = 1\n[DEFAULT]", "an option before any section"),
    ],
)
def test_what_datamotion_cannot_go_by_is_told_by_section_and_option(
    conf: Path, before: str, after: str, told: str
) -> None:
    text = conf.read_text()
    assert before in text
    conf.write_text(text.replace(before, after, 1))
    written = conf.with_name("made.yaml")
    ended = typed("import", conf, "-c", written)
    assert (ended.status, ended.out, written.exists()) == (2, "", False)
    assert told in " ".join(ended.err.split())


def test_a_file_that_is_there_is_left_as_it_is(conf: Path) -> None:
    written = conf.with_name("made.yaml")
    written.write_text("mine")
    ended = typed("import", conf, "-c", written)
    assert (ended.status, written.read_text()) == (2, "mine")
    assert typed("import", conf.with_name("absent"), "-c", conf.with_name("x.yaml")).status == 2
