"""This host in the place of a cluster: what a failover's hooks are asked of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Never

from datamotion.engine.ports import Accepted, Declined, Reply
from datamotion.errors import ClusterRefused, InternalError
from datamotion.model.acts import THIS_HOST, Act, RunHook
from datamotion.model.item_records import FileName, FilesIn
from datamotion.model.view import Aspect
from datamotion.service.commands_here import RunsHere


@dataclass(frozen=True, slots=True)
class Hooks:
    """Fulfils `Cluster` for acts that run a hook."""

    environ: Mapping[str, str]
    run_here: RunsHere

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> Never:
        """Nothing is seen here, and nobody looks."""
        raise InternalError("this host is no cluster to be looked at")

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        """One after the other, in their order; after one that fails none is run."""
        replies: list[Reply] = []
        for act in acts:
            replies.append(replies[-1] if replies and isinstance(replies[-1], Declined) else await self._run(act))
        return replies

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        """There are no jobs here."""
        return {}

    async def _run(self, act: Act) -> Reply:
        hook = act.change
        assert isinstance(hook, RunHook)
        ended = await self.run_here(hook.command, dict(hook.facts), self.environ, timedelta(seconds=hook.limit_s))
        if ended.passed:
            return Accepted()
        why = ended.problem or f"ended with status {ended.status}"
        last = ended.printed.strip().splitlines()[-1:]
        moment = act.text.partition(":")[0]
        hint = "mend what it found, or take it out of `hooks`, then run the same command again"
        if moment.startswith("after-"):
            hint = "run it by hand: what it follows is done, and the same command does not run it again"
        return Declined(
            ClusterRefused(
                THIS_HOST,
                f"hook {moment}: {hook.command[0]} {why}" + (f": {last[0]:.200}" if last else ""),
                request=f"run {hook.command[0]}",
                status=0,
                ontap_code="",
                hint=hint,
            )
        )
