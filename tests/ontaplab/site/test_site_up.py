"""A lab comes up whole, or not at all."""

from __future__ import annotations

import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datamotion.config.loading import load
from ontaplab.site import Site, SiteError
from tests.ontaplab.site.labs import a_lab, client_of, eventually, ontaplab, processes_in, records, status_of

pytestmark = pytest.mark.slow


def test_the_clusters_of_a_new_lab_run_side_by_side_are_peers_and_have_an_svm_each(lab: Site) -> None:
    paris, lyon = lab.status()
    assert paris.pid != lyon.pid
    assert [len(processes_in(lab.folder / name)) for name in lab.clusters] == [1, 1]
    for here, there, svm in (("paris", "lyon", "svm_gold"), ("lyon", "paris", "svm_gold_dr")):
        (peer,) = records(lab, here, "/cluster/peers", fields="remote.name,status.state")
        assert (peer["remote"]["name"], peer["status"]["state"]) == (there, "available")
        assert [each["name"] for each in records(lab, here, "/svm/svms")] == [svm]
        assert [each["name"] for each in records(lab, here, "/storage/aggregates")] == [f"aggr1_{here}"]


def test_an_answer_does_not_wait_for_the_clients_acknowledgement(lab: Site) -> None:
    """The system delays acknowledgements by 40 ms; the quickest of many calls must not have that in it."""
    with client_of(lab, "paris") as http:
        fastest_s = min(_duration_s(lambda: http.get("/cluster").raise_for_status()) for _ in range(50))
    assert fastest_s < 0.03


def _duration_s(act: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    act()
    return time.perf_counter() - began_s


def test_secrets_are_files_for_their_owner_only_and_the_authoritys_key_is_nowhere(lab: Site) -> None:
    client = lab.folder / "client.pem"
    assert stat.S_IMODE(client.stat().st_mode) == 0o600
    for name in lab.clusters:
        for secret in (lab.folder / name / "password", lab.folder / name / "server.pem"):
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600, secret
        assert stat.S_IMODE((lab.folder / name).stat().st_mode) == 0o700, "peers' secrets are in the records"
    files = [path for path in lab.folder.rglob("*") if path.is_file()]
    with_keys = [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
    assert sorted(with_keys) == sorted([client, *(lab.folder / name / "server.pem" for name in lab.clusters)])


def test_the_configuration_that_is_written_describes_the_lab(lab: Site) -> None:
    configuration = load(lab.folder / "datamotion.yaml")
    assert {name: each.url for name, each in configuration.clusters.items()} == {
        each.name: each.url for each in lab.status()
    }
    assert configuration.backend("gold-paris").volumes == ("vol_*",)
    (target,) = configuration.group("gold").targets
    assert (configuration.group("gold").home, target.backend) == ("gold-paris", "gold-lyon")
    assert target.aggregates_for("aggr1_paris") == ("aggr1_lyon",)


def test_a_lab_that_runs_is_in_use(lab: Site) -> None:
    before = lab.status()
    with pytest.raises(SiteError, match=f"in use: paris runs, as process {before[0].pid}"):
        Site.up(lab.folder, ["paris", "lyon"])
    assert lab.status() == before


def test_a_cluster_that_runs_is_not_served_twice(lab: Site) -> None:
    pid = status_of(lab, "paris").pid
    second = ontaplab("serve", lab.folder / "paris")
    assert (second.returncode, second.stderr) == (
        2,
        f"ontaplab: process {pid} runs the cluster in {lab.folder / 'paris'}\n",
    )
    with pytest.raises(SiteError, match=f"paris is running already, as process {pid}"):
        lab.start("paris")


def test_a_stopped_lab_comes_up_again_as_it_was(tmp_path: Path) -> None:
    with a_lab(tmp_path / "lab", "paris") as site:
        before = {path: path.read_bytes() for path in site.folder.glob("*.*")}
        url = status_of(site, "paris").url
        site.down()
        assert status_of(site, "paris").pid is None
        assert not processes_in(site.folder)
        again = Site.up(site.folder, ["paris"])
        assert (status_of(again, "paris").url, again.clusters) == (url, ["paris"])
        assert {path: path.read_bytes() for path in site.folder.glob("*.*")} == before
        assert [each["name"] for each in records(again, "paris", "/svm/svms")] == ["svm_gold"]
        site.down()
        with pytest.raises(SiteError, match="holds a lab of other clusters: paris"):
            Site.up(site.folder, ["rome"])


def test_a_lab_that_was_taken_down_and_removed_leaves_nothing(tmp_path: Path) -> None:
    with a_lab(tmp_path / "lab", "paris") as site:
        site.down(remove=True)
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(SiteError, match="there is no lab in"):
        Site.open(tmp_path / "lab")


def test_a_folder_that_holds_other_things_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SiteError, match=r"holds other things, 'thesis\.txt' for one"):
        Site.up(tmp_path, ["paris"], base_port=0)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SiteError, match="is not possible"):
        Site.up(tmp_path / "file" / "lab", ["paris"], base_port=0)


@pytest.mark.parametrize("names", [[], ["paris", "paris"], ["../paris"], ["a/b"], [""]])
def test_names_that_cannot_be_those_of_folders_are_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(SiteError):
        Site.up(tmp_path / "lab", names, base_port=0)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named_with_the_option_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SiteError, match=f"port {port} cannot be used") as refusal:
            Site.up(tmp_path / "lab", ["paris", "lyon"], base_port=port)
    assert "--port" in (refusal.value.hint or "")
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_whose_port_was_taken_meanwhile_says_so_and_the_lab_stays_down(tmp_path: Path) -> None:
    with a_lab(tmp_path / "lab", "paris", "lyon") as site:
        site.down()
        port = status_of(site, "lyon").port
        with (
            socket.create_server(("127.0.0.1", port)),
            pytest.raises(
                SiteError, match=f"(?s)lyon did not start:.*port {port} of 127.0.0.1: Address already in use"
            ),
        ):
            Site.up(site.folder, ["paris", "lyon"])
        assert [each.pid for each in site.status()] == [None, None]
        eventually(lambda: not processes_in(site.folder))


def test_what_an_interrupted_up_left_is_refused_and_can_be_removed(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "lab.json").write_text(
        '{"clusters": {"paris": {"svm": "svm_gold", "aggregate": "aggr1_paris"}}, "finished": false}'
    )
    with pytest.raises(SiteError, match="was never finished") as refusal:
        Site.up(folder, ["paris"], base_port=0)
    assert "lab down --remove" in (refusal.value.hint or "")
    with pytest.raises(SiteError, match="was never finished"):
        Site.open(folder).status()
    Site.open(folder).down(remove=True)
    assert not folder.exists()


def test_the_command_prints_what_is_simulated_and_how_it_is_used() -> None:
    assert "/api/storage/volumes/{uuid}  GET PATCH DELETE" in ontaplab("routes").stdout.splitlines()
    assert "serve" in ontaplab("--help").stdout
    assert ontaplab().returncode == 2


def test_a_folder_without_a_cluster_is_not_served(tmp_path: Path) -> None:
    refused = ontaplab("serve", tmp_path)
    assert refused.returncode == 2
    assert f"{tmp_path} holds no cluster" in refused.stderr
    assert "Traceback" not in refused.stderr
