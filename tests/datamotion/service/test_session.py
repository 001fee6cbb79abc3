"""What a use case works with, where this machine does not give all of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from datamotion.clock import SystemClock
from datamotion.config.clusters import SecretRef
from datamotion.config.models import Configuration
from datamotion.engine.looking import Glance, Lookout
from datamotion.errors import ConfigError, Refused
from datamotion.model.view import Aspect, Unseen, View
from datamotion.model.words import Operation
from datamotion.service.clusters import NotAskedCluster
from datamotion.service.session import Session, World
from datamotion.service.store_check import store_lines
from datamotion.store.lock import hold_group

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


def a_session(folder: Path, told: list[str] | None = None, **changes: Any) -> Session:
    """paris, lyon and nantes, each with its password in a variable of its own; only lyon's is set."""
    tree = {
        "clusters": {
            name: {"url": f"https://{name}.invalid", "user": "admin", "password": {"env": name.upper()}}
            for name in ("paris", "lyon", "nantes")
        },
        "backends": {f"gold-{name}": {"cluster": name, "svm": "svm_gold"} for name in ("paris", "lyon", "nantes")},
        "groups": {
            "gold": {
                "home": "gold-paris",
                "rpo": "2h",
                "targets": [
                    {"backend": "gold-lyon", "aggregates": ["aggr1"]},
                    {"backend": "gold-nantes", "aggregates": ["aggr1"]},
                ],
            }
        },
        **changes,
    }
    configuration = Configuration.model_validate(tree, context={"folder": folder})
    environ: Mapping[str, str] = {"LYON": "hunter2", "TMPDIR": str(folder / "tmp"), "XDG_STATE_HOME": str(folder / "s")}
    world = World(clock=SystemClock(), environ=environ, tell=(told if told is not None else []).append)
    return Session(configuration=configuration, folder=folder, world=world)


# -- clusters


def look(session: Session, *names: str) -> View:
    async def main() -> View:
        glances = {name: Glance(aspects={Aspect.SVMS}, svms={"svm_gold"}) for name in names}
        async with session.clusters(names) as clusters:
            return await Lookout(clusters, glances).whole()

    return anyio.run(main)


def test_a_cluster_whose_secret_is_missing_is_unseen_and_the_others_are_asked(tmp_path: Path) -> None:
    view = look(a_session(tmp_path), "lyon", "nantes")
    assert view["nantes"] == Unseen(
        reason="nantes was not asked: environment variable NANTES is not set",
        hint="It holds a secret: export NANTES=…",
        refused=True,
        not_asked=True,
    )
    lyon = view["lyon"]
    assert isinstance(lyon, Unseen)
    assert (lyon.refused, lyon.not_asked) == (False, False), "there is no lyon, but it was looked for"


def test_a_cluster_whose_ca_file_is_missing_is_unseen_too(tmp_path: Path) -> None:
    session = a_session(tmp_path)
    nantes = session.configuration.clusters["lyon"].model_copy(update={"ca_file": tmp_path / "none.pem"})
    clusters = {**session.configuration.clusters, "nantes": nantes}
    configuration = session.configuration.model_copy(update={"clusters": clusters})
    seen = look(Session(configuration=configuration, folder=tmp_path, world=session.world), "lyon", "nantes")["nantes"]
    assert isinstance(seen, Unseen)
    assert seen.not_asked
    assert "none.pem cannot be read" in seen.reason


def test_where_none_can_be_asked_the_configuration_is_at_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="NANTES is not set"):
        look(a_session(tmp_path), "nantes", "paris")


def test_a_cluster_that_is_merely_wanted_beside_others_may_be_the_only_one_that_cannot_be_asked(tmp_path: Path) -> None:
    async def main() -> None:
        async with a_session(tmp_path).clusters(["paris"], beside=True) as clusters:
            assert clusters["paris"].unanswered is None

    anyio.run(main)


def test_programs_that_print_secrets_run_side_by_side(tmp_path: Path) -> None:
    """Each of these waits for the other."""
    session = a_session(tmp_path)
    for name in ("there", "back"):
        os.mkfifo(tmp_path / name)
    scripts = {"paris": "cat there; echo > back", "nantes": "echo hunter2 > there; cat back > /dev/null; echo hunter2"}
    clusters = {
        name: cluster.model_copy(update={"password": SecretRef(command=("sh", "-c", scripts[name]))})
        for name, cluster in session.configuration.clusters.items()
        if name in scripts
    }

    async def main() -> None:
        configuration = session.configuration.model_copy(update={"clusters": clusters})
        world = replace(session.world, environ=os.environ)
        async with Session(configuration=configuration, folder=tmp_path, world=world).clusters(list(scripts)) as opened:
            assert not [each for each in opened.values() if isinstance(each, NotAskedCluster)]

    anyio.run(main)


# -- the lock


def test_the_lock_is_beside_the_store(tmp_path: Path) -> None:
    told: list[str] = []
    session = a_session(tmp_path, told)
    with session.hold("gold", Operation.FAILOVER, NOON), pytest.raises(Refused), hold_group(tmp_path, "gold", "", NOON):
        pass
    assert told == []


def test_a_failovers_lock_goes_where_it_can_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    told: list[str] = []
    session = a_session(tmp_path, told, store="plain/datamotion.db")
    with (
        session.hold("gold", Operation.FAILOVER, NOON),
        pytest.raises(Refused),
        session.hold("gold", Operation.FAILOVER, NOON),
    ):
        pass
    (line,) = told
    assert str(tmp_path / "plain") in line
    assert f"its lock is in {tmp_path}," in line


def test_a_failover_without_any_place_for_a_lock_goes_on_and_tells_so(tmp_path: Path) -> None:
    for name in ("plain", "tmp", "s"):
        (tmp_path / name).touch()
    told: list[str] = []
    session = a_session(tmp_path, told, store="plain/datamotion.db")
    nowhere = Session(configuration=session.configuration, folder=tmp_path / "plain", world=session.world)
    with nowhere.hold("gold", Operation.FAILOVER, NOON) as hold:
        hold.let_go()
        assert (hold.take_again(), hold.holder.operation) == (None, "failover")
    (line,) = told
    assert "nothing on this machine keeps others from it" in line


def test_other_operations_do_without_neither_lock_nor_store(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    session = a_session(tmp_path, store="plain/datamotion.db")
    with pytest.raises(ConfigError, match="plain"), session.hold("gold", Operation.PROTECT, NOON):
        pass
    with pytest.raises(ConfigError, match="plain"), session.open_runs(Operation.UPDATE):
        pass
    with session.open_runs(Operation.FAILOVER) as runs:
        assert runs.runs("gold") == ()


def test_a_folder_that_others_can_write_to_is_no_place_for_it(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    spare = tmp_path / "tmp" / f"datamotion-{os.getuid()}"
    spare.mkdir(parents=True)
    spare.chmod(0o777)
    told: list[str] = []
    session = a_session(tmp_path, told, store="plain/datamotion.db")
    (tmp_path / "s").touch()
    nowhere = Session(configuration=session.configuration, folder=tmp_path / "plain", world=session.world)
    with nowhere.hold("gold", Operation.FAILOVER, NOON):
        pass
    assert list(spare.iterdir()) == []
    spare.chmod(0o700)
    with nowhere.hold("gold", Operation.FAILOVER, NOON):
        assert stat.S_ISREG((spare / ".gold.lock").stat().st_mode)


# -- checking beforehand


def problems(session: Session) -> list[str]:
    lines = store_lines(session, session.groups())
    return [f"{each.what}: {each.detail}" for each in lines if each.detail]


def test_a_check_of_store_and_lock_finds_nothing_and_makes_nothing(tmp_path: Path) -> None:
    session = a_session(tmp_path)
    findings = list(store_lines(session, session.groups()))
    assert [each.what for each in findings] == [
        "the store can be written",
        f"the lock of gold can be taken in {tmp_path}",
    ]
    assert {(each.detail, each.hint) for each in findings} == {(None, None)}
    assert list(tmp_path.iterdir()) == []


def test_a_group_that_is_held_is_no_problem_and_stays_held(tmp_path: Path) -> None:
    session = a_session(tmp_path)
    with session.hold("gold", Operation.UPDATE, NOON):
        assert problems(session) == []


def test_a_check_tells_what_is_wrong_with_store_and_lock(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    store, lock = problems(a_session(tmp_path, store="plain/datamotion.db"))
    assert f"{tmp_path / 'plain'} is not a folder" in store
    assert f"{tmp_path / 'plain'} is not a folder" in lock or "Not a directory" in lock
    (tmp_path / ".gold.lock").symlink_to(tmp_path / "elsewhere")
    (problem,) = problems(a_session(tmp_path))
    assert ".gold.lock cannot be opened" in problem
