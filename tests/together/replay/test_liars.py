"""A target that lies, over TLS, while the group is failed over to the other one: nothing that it does stops that.

How long a lie may take is set by the configuration, in seconds here; how much of it is read is counted by the liar.
"""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
import trustme
from trio.testing import MockClock

from datamotion.clock import LoopClock
from datamotion.config.models import Configuration
from datamotion.service import preparing
from datamotion.service.reports import RunReport
from datamotion.service.session import Session
from datamotion.service.verdict import Verdict
from tests.profile import some
from tests.together.replay.liar import ANSWERS, KIB, LIES, Liar, a_liar
from tests.together.replay.scenes import VOLUMES, Scene, best_failover, record_failover
from tests.together.replay.tape import Gone, Played, Player
from tests.together.world import Quiet

pytestmark = [
    pytest.mark.slow,
    # httpcore leaves a connection that is given up in the middle of its handshake to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MIB = KIB * KIB
_PATIENCE, _ENOUGH = timedelta(seconds=1), timedelta(seconds=30)
"""For what never ends, and for what is only wrong."""
_BUFFERS = 24 * MIB
"""What two sockets and TLS between them may hold of what nobody has read, for all requests of a look together."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    found: Scene = trio.run(record_failover, tmp_path_factory.mktemp("liars"), clock=MockClock(autojump_threshold=0))
    return found


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(ca: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(made)
    return made


def _session(scene: Scene, liar: Liar, ca: trustme.CA, player: Player, folder: Path, patience: timedelta) -> Session:
    """paris is gone, lyon answers as it did, and oslo is the liar, to whom little is granted."""
    folder.mkdir()
    ca_file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    tree: Any = scene.session.configuration.model_dump(exclude_unset=True)
    tree["clusters"]["oslo"] |= {
        "url": f"https://127.0.0.1:{liar.port}",
        "ca_file": str(ca_file),
        "read_timeout": patience,
        "look_timeout": patience,
        "answer_limit": 1,
    }
    tree["store"] = str(folder / "datamotion.db")
    configuration = Configuration.model_validate(tree, context={"folder": folder})
    clock = LoopClock(scene.at)
    wires = {"paris": Gone(), "lyon": Played("lyon", player, clock.now)}
    world = replace(scene.session.world, clock=clock, wires=wires)
    return replace(scene.session, configuration=configuration, folder=folder, world=world)


_OTHERS = [name for name in LIES if name not in ANSWERS]


@pytest.mark.parametrize("names", some([list(ANSWERS), _OTHERS[::2], _OTHERS[1::2]]))
@pytest.mark.sweep
def test_a_target_that_lies_does_not_stop_a_failover_to_the_other_one(
    names: Sequence[str], scene: Scene, ca: trustme.CA, context: ssl.SSLContext, tmp_path: Path
) -> None:
    """What holds up or fills up is told during a whole failover, what is merely wrong while it is planned.

    Each by a cluster of its own, and all side by side: what they take is time.
    """
    ended: list[str] = []

    async def lied_to(name: str) -> None:
        player = Player(scene.tape)
        is_answer = name in ANSWERS
        patience = _ENOUGH if is_answer else _PATIENCE
        async with a_liar(context, LIES[name]) as liar:
            session = _session(scene, liar, ca, player, tmp_path / name.replace(" ", "-"), patience)
            async with preparing.prepare(session, [best_failover(session)]) as (prepared,):
                assert prepared.plan.backend == "gold-lyon", name
                assert prepared.report.changes, name
                assert not prepared.report.refusals, name
                if not is_answer:
                    _check(await prepared.carry_out(Quiet()), player, scene)
        assert liar.asked or not is_answer, name
        # Two looks, at the plan and before the first act, of up to four answers of 1 MiB.
        assert liar.sent <= 2 * 4 * MIB + _BUFFERS, name
        ended.append(name)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for name in names:
                tasks.start_soon(lied_to, name, name=name)
        for each in gc.get_objects():  # what was given up in a handshake is ended here, and troubles no other test
            if isinstance(each, asyncio.Transport):
                each.abort()
        await anyio.sleep(0.1)

    anyio.run(main)
    gc.collect()
    assert sorted(ended) == sorted(names)


def _check(report: RunReport, player: Player, scene: Scene) -> None:
    """All was done, at lyon, and nothing else."""
    assert report.verdict is Verdict.DONE, report
    done = {(each.volume, each.backend) for each in report.volumes if each.outcome == "done"}
    assert done == {(volume, "gold-lyon") for volume in VOLUMES}
    assert player.acts == scene.tape.acts
