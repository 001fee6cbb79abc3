"""The story that `datamotion demo` plays: protect, lose a site, serve from the other, come home, compare every file."""

from __future__ import annotations

import shlex
import shutil
import signal
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from datamotion.cli.columns import a_table, print_table
from datamotion.cli.demo_files import Digests, digests, files_of, write_some
from datamotion.cli.interruptions import Interruptions, interruptions
from datamotion.cli.lab import lab_errors, seed_site
from datamotion.cli.render import render_plan
from datamotion.cli.render_run import render_run
from datamotion.cli.terminal import open_console, plain, tell
from datamotion.cli.watching import TerminalWatcher, kept_fresh
from datamotion.config.loading import load
from datamotion.errors import DataMotionError
from datamotion.exit_status import ExitStatus
from datamotion.model.group import Group
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, mirrors, preparing, protecting
from datamotion.service.intents import Intent
from datamotion.service.reports import RunReport
from datamotion.service.session import Session, World
from datamotion.service.verdict import Verdict
from ontaplab.site import Site

_HOME, _TARGET = "paris", "lyon"
_HOME_SVM, _TARGET_SVM = "svm_gold", "svm_gold_dr"
_TRIES = 60  # a second apart
_COPIES = 4  # what is served and a snapshot of it, on both clusters


class DemoError(DataMotionError):
    """The demo did not come out as promised."""

    code = "demo"


class DemoInterrupted(DataMotionError):
    """A signal asked the demo to end, and it has."""

    code = "interrupted"
    exit_status: int = ExitStatus.INTERRUPTED

    def __init__(self, by: signal.Signals, *, kept: bool) -> None:
        left = "the lab goes on running" if kept else "nothing is left of it"
        super().__init__(f"the demo was interrupted ({by.name})", hint=f"{left}; the same command starts anew")
        self.exit_status = 128 + by


def play(world: World, source: Path | None, volumes: int, *, keep: bool) -> None:
    """The demo from end to end.

    Raises: DemoError where it does not come out as promised; DemoInterrupted once it has cleaned up.
    """
    with interruptions() as signals:
        try:
            with lab_errors(), _lab(signals, keep=keep) as site, signals.let_in():
                _Demo(site, world, signals).play(source, volumes)
        except KeyboardInterrupt:
            raise DemoInterrupted(signals.first or signal.SIGINT, kept=keep) from None


@contextmanager
def _lab(signals: Interruptions, *, keep: bool) -> Iterator[Site]:
    """Two clusters in a folder of their own. Unless they are to be kept they are gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="datamotion-demo-"))
    site = None
    try:
        with signals.let_in():
            site = Site.up(folder, [_HOME, _TARGET], base_port=0, owned=not keep)
        yield site
    finally:
        if site is not None and keep:
            _say_how_to_end(site.folder)
        elif site is not None:
            site.down(remove=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _say_how_to_end(folder: Path) -> None:
    command = shlex.quote(_command())
    _say("The lab goes on running, to look around and to end it:")
    for line in (
        f"status -c {shlex.quote(str(folder / 'datamotion.yaml'))}",
        f"lab down --remove --dir {shlex.quote(str(folder))}",
    ):
        tell(open_console(), f"  {plain(f'{command} {line}')}")


def _command() -> str:
    """What starts this program, as it can be typed: its bare name only where that finds it on the path."""
    script = Path(sysconfig.get_path("scripts")) / "datamotion"
    found = shutil.which(script.name)
    if found is not None and Path(found).samefile(script):
        return script.name
    return str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else str(script)


def _say(text: str) -> None:
    tell(open_console(), f"[bold cyan]==[/] {text}")


@dataclass
class _Demo:
    site: Site
    world: World
    signals: Interruptions
    calls: dict[str, int] = field(default_factory=dict)

    def play(self, source: Path | None, volumes: int) -> None:
        """The whole story. Raises DemoError where a file is not as it was at the last completed transfer."""
        session = self._session()
        _say(f"Two ONTAP clusters run on this machine: {_HOME} and {_TARGET}. Filling {_HOME} with files")
        seeded = seed_site(self.site, _HOME, source, volumes, copies=_COPIES)
        count = f"{count_text(len(seeded.volumes), 'volume')}, {count_text(seeded.files, 'file')}"
        _say(f"{count}, {size_text(seeded.bytes)}")
        group = session.group("gold")

        _say("datamotion apply gold")
        self.signals.run(self._run, session, protecting.protect(group))
        _say(f"Clients write more at {_HOME}; datamotion update gold carries it over")
        self._write(seeded.volumes, "written before the last transfer")
        self.signals.run(self._run, session, protecting.update(group))
        expected = {volume: digests(self._home(volume)) for volume in seeded.volumes}
        _say(f"Clients write still more at {_HOME}, and no transfer will carry that")
        self._write(seeded.volumes, "written after the last transfer")

        report, served_s = self.signals.run(self._lose_home, session, group)
        self._compare(expected, report, served_s)
        self._come_home(session, group, seeded.volumes)

    def _session(self) -> Session:
        path = (self.site.folder / "datamotion.yaml").absolute()
        return Session(configuration=load(path), folder=path.parent, world=self.world)

    async def _lose_home(self, session: Session, group: Group) -> tuple[RunReport, float]:
        """The home is killed and the group failed over: the report, and the seconds that the group was not served."""
        _say(f"[bold red]{_HOME} is killed (SIGKILL)[/]")
        self.site.kill(_HOME)
        killed_s = self.world.clock.monotonic_s()
        _say("datamotion failover gold --yes")
        report = await self._run(session, failing_over.failover(group, FailoverChoice()))
        return report, self.world.clock.monotonic_s() - killed_s

    async def _follow(self, session: Session, intent: Intent) -> RunReport:
        """As `_run`, once the clusters have noticed that they can reach each other again."""
        for _ in range(_TRIES):
            async with preparing.prepare(session, [intent]) as (prepared,):
                if prepared.report.changes:
                    break
            await self.world.clock.sleep(1)
        return await self._run(session, intent)

    async def _run(self, session: Session, intent: Intent) -> RunReport:
        async with preparing.prepare(session, [intent], at_once=True) as (prepared,):
            render_plan(prepared.report)
            with TerminalWatcher(self.world.clock, prepared.unanswered) as watcher:
                async with kept_fresh(watcher, self.world.clock):
                    report = await prepared.carry_out(watcher)
        render_run(report)
        self.calls[report.operation] = report.calls
        if report.verdict is not Verdict.DONE:
            raise DemoError(f"{report.operation} ended as: {report.verdict}")
        return report

    def _home(self, volume: str) -> Path:
        return self.site.volume_path(_HOME, _HOME_SVM, volume)

    def _write(self, volumes: Mapping[str, int], text: str, tree_of: Callable[[str], Path] | None = None) -> None:
        """At the home, or where a volume's clients find it by now."""
        for volume in volumes:
            write_some((tree_of or self._home)(volume), volume, text)

    def _target(self, volume: str) -> Path:
        return self.site.exports(_TARGET, _TARGET_SVM) / volume

    def _compare(self, expected: Mapping[str, Digests], report: RunReport, served_s: float) -> None:
        served = {volume: digests(self._target(volume)) for volume in expected}
        table = a_table("volume", "files", "equal", "recovery point", "age at failover")
        points = {each.volume: each for each in report.volumes}
        differing = 0
        for volume, digests_then in expected.items():
            names = digests_then.keys() | served[volume].keys()
            equal = sum(digests_then.get(name) == served[volume].get(name) for name in names)
            differing += len(names) - equal
            age = points[volume].recovery_age_s
            shown = duration_text(timedelta(seconds=age)) if age is not None else "unknown"
            table.add_row(volume, str(len(names)), str(equal), points[volume].recovery_point or "unknown", shown)
        held = sum(path.stat().st_size for volume in expected for path in files_of(self._home(volume)))
        _say(f"Every file served at {_TARGET}, by SHA-256, beside what {_HOME} held at the last completed transfer:")
        print_table(table)
        files = sum(len(each) for each in expected.values())
        calls = ", ".join(f"{name} {count}" for name, count in self.calls.items())
        _say(f"{count_text(len(expected), 'volume')}, {count_text(files, 'file')}, {size_text(held)}")
        _say(f"from the kill to all volumes served: [bold]{served_s:.1f} s[/]")
        _say(f"API calls: {calls}")
        if differing:
            raise DemoError(f"{count_text(differing, 'file')} differ at {_TARGET}")
        _say("[bold green]Every file is equal.[/]")

    def _come_home(self, session: Session, group: Group, volumes: Mapping[str, int]) -> None:
        """The home is back, with writes that nobody else has; it mirrors what is served, then serves again itself."""
        _say(f"Clients work on at {_TARGET}. {_HOME} comes back, with writes that {_TARGET} never got")
        self._write(volumes, f"written at {_TARGET}", self._target)
        alone = {volume: digests(self._home(volume)) for volume in volumes}
        self.site.start(_HOME)
        _say(f"datamotion reprotect gold --discard-divergent gold-{_HOME}")
        self.signals.run(self._follow, session, mirrors.reprotect(group, discard=[f"gold-{_HOME}"]))
        kept = {volume: digests(self._home(f"{volume}_kept_e2")) for volume in volumes}
        self._hold(alone, kept, f"What {_HOME} alone held is kept beside its mirrors")

        self._write(volumes, "written just before going home", self._target)
        _say("datamotion failback gold --no-reprotect")
        self.signals.run(
            self._run, session, failing_over.failover(group, FailoverChoice(to=group.home.name, is_planned=True))
        )
        last = {volume: digests(self.site.volume_path(_TARGET, _TARGET_SVM, volume)) for volume in volumes}
        home = {volume: digests(self.site.exports(_HOME, _HOME_SVM) / volume) for volume in volumes}
        self._hold(last, home, f"{_HOME} serves every write that clients made at {_TARGET}")

        self._write(volumes, "written at home again")
        _say("datamotion reprotect gold")
        self.signals.run(self._follow, session, mirrors.reprotect(group))
        home = {volume: digests(self._home(volume)) for volume in volumes}
        mirrored = {volume: digests(self.site.volume_path(_TARGET, _TARGET_SVM, volume)) for volume in volumes}
        self._hold(home, mirrored, f"{_TARGET} mirrors it again")

    def _hold(self, wanted: Mapping[str, Digests], found: Mapping[str, Digests], text: str) -> None:
        """Raises: DemoError where they differ."""
        if wanted != found:
            raise DemoError(f"files differ: not so that {text}")
        files = sum(len(each) for each in wanted.values())
        _say(f"{text}: {count_text(files, 'file')} [bold green]equal[/]")
