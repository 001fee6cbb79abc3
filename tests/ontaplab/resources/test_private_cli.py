"""The commands of the CLI that clients reach by REST, the events they log, and what they only want checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

LOG = {
    "computer_name": "host",
    "event_source": "Cinder driver",
    "app_version": "1.0",
    "event_id": "0",
    "category": "provisioning",
    "event_description": "started",
    "severity": "notice",
    "autosupport_required": "false",
}


def test_the_release_can_be_read_as_by_the_version_command(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        (record,) = await paris.get("/private/cli/version", fields="version", max_records="10000")
        assert record["version"].startswith("NetApp Release 9.15.1: ")

    in_lab(tmp_path, claim)


def test_efficiency_is_found_by_names_with_dashes(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("data", {"efficiency": {"compression": "both", "dedupe": "background"}})
        await paris.volume("plain")
        asked = {"volume": "data", "vserver": "svm1", "fields": "logical-data-size,logical-data-limit"}
        record = await paris.one("/private/cli/volume/efficiency", **asked)
        assert (record["logical_data_size"], record["logical_data_limit"]) == (0, 640 * 1024**4)
        asked = {"volume": "data", "fields": "path,state,inline_compression"}
        found = await paris.one("/private/cli/volume/efficiency", **asked)
        assert (found["path"], found["state"], found["inline_compression"]) == ("/vol/data", "enabled", True)
        assert len(await paris.get("/private/cli/volume/efficiency", state="disabled")) == 1

    in_lab(tmp_path, claim)


def test_a_files_disk_usage_is_told_without_an_envelope(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("data", {"nas.path": "/data"})
        (paris.seen("/data") / "dir").mkdir()
        (paris.seen("/data") / "dir" / "file").write_bytes(b"x" * 10_000)

        async def usage(path: str) -> dict[str, Any]:
            query = {"vserver": "svm1", "path": path, "fields": "unique-bytes"}
            answer = await paris.http.get("/api/private/cli/volume/file/show-disk-usage", params=query)
            told: dict[str, Any] = answer.json()
            return told

        told = await usage("/vol/data/dir/file")
        assert "records" not in told
        assert int(told["unique_bytes"].removesuffix("KB")) >= 9
        for missing in ("/vol/data/no", "/vol/other/file", "file"):
            assert (await usage(missing))["error"]["code"] == "917806"

    in_lab(tmp_path, claim)


def test_a_command_that_is_not_simulated_says_so(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        code, message = await paris.refusal("GET", "/private/cli/volume/rehost")
        assert code == "3"
        assert "not simulated" in message

    in_lab(tmp_path, claim)


def test_what_an_application_logs_is_an_event(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        for severity in ("notice", "emergency"):
            answer = await paris.http.post("/api/support/ems/application-logs", json={**LOG, "severity": severity})
            assert answer.status_code == 201
        event = await paris.one("/support/ems/events", **{"message.name": "app.log.emerg"})
        assert event["log_message"] == "app.log.emerg: host: Cinder driver 1.0: (0) provisioning: started"
        assert (event["index"], event["message"]["severity"]) == (2, "emergency")

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(("changes", "code"), [({"severity": "mild"}, "262197"), ({"event_id": None}, "262245")])
def test_an_incomplete_log_is_refused(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {name: value for name, value in {**LOG, **changes}.items() if value is not None}
        assert (await paris.refusal("POST", "/support/ems/application-logs", body))[0] == code
        assert await paris.get("/support/ems/events") == []

    in_lab(tmp_path, claim)


def test_validate_only_refuses_what_would_be_refused_and_changes_nothing(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        lyon = pair.lyon
        place = {"svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
        only = {"validate_only": "true"}
        answer = await lyon.http.post("/api/storage/volumes", json={"name": "new", **place}, params=only)
        assert (answer.status_code, answer.json()) == (200, {})
        assert (await lyon.refusal("POST", "/storage/volumes", {"name": "1", **place}, **only))[0] == "917888"
        await lyon.patch("/storage/volumes", {"comment": "x", "validate_only": "true"}, name="data_dr")
        assert [(each["name"], each["comment"]) for each in await lyon.get("/storage/volumes", fields="comment")] == [
            ("data_dr", "")
        ]
        assert (await lyon.refusal("PATCH", pair.path, {"state": "broken_off"}, **only))[0] == "13303808"
        await lyon.patch(pair.path, {"state": "snapmirrored", "throttle": 9}, **only)
        record = await pair.relationship()
        assert (record["state"], record["throttle"]) == ("uninitialized", 0)
        await lyon.volume("spare")
        await lyon.delete(pair.path, **only)
        await lyon.delete(RELATIONSHIPS, uuid=pair.uuid, **only)
        await lyon.delete("/storage/volumes", name="spare", **only)
        assert (len(await lyon.get(RELATIONSHIPS)), len(await lyon.get("/storage/volumes", name="spare"))) == (1, 1)
        await lyon.delete(pair.path)
        ends = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr"}
        answer = await lyon.http.post(f"/api{RELATIONSHIPS}", json=ends, params=only)
        assert (answer.status_code, await lyon.get(RELATIONSHIPS)) == (200, [])

    in_pair(tmp_path, claim)
