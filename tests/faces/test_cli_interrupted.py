"""A command that is ended while clients wait for it: whoever ended it is told whom it left waiting, and what to do."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.faces.labs import Lab, done, some_files
from tests.faces.terminal import SCRIPT


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whose_clients_wait_is_told_with_the_two_ways_on(lab: Lab, tmp_path: Path, how: signal.Signals) -> None:
    lab.site.seed("paris", some_files(tmp_path / "files", 2), volumes=1)
    done(lab.typed("apply", "--yes"))
    lab.lab("pace", "set", "paris", "--route", "POST /storage/volumes/*/snapshots", "--held")
    with subprocess.Popen(
        [SCRIPT, "failover", "gold", "--yes", "-c", lab.folder / "datamotion.yaml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "... paris: Take the last snapshot" in line:
                break
        process.send_signal(how)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "vol_1 at gold-paris is frozen, its clients cannot write" in err
    assert "datamotion failover gold --abort lets clients in again" in err
    assert err.endswith("interrupted. Run the same command again: it begins with what the clusters show.\n")
    lab.lab("pace", "clear", "paris")
    assert "frozen" in lab.typed("status").out
    done(lab.typed("failover", "gold", "--abort", "--yes"))
    assert "frozen" not in lab.typed("status").out
