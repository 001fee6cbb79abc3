"""What Cinder's data-motion mixin does for mirrors, done by datamotion."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cinder import coordination, exception
from cinder.objects import fields
from cinder.volume import volume_utils
from cinder.volume.drivers.netapp.dataontap.utils import utils as sections
from oslo_config import cfg
from oslo_log import log
from tooz.coordination import LockAcquireFailed

from datamotion_cinder.bridge import DONE, PARTLY, REFUSED, Answer, Bridge, NotToBeBridged
from datamotion_cinder.migration import Migration
from datamotion_cinder.options import OPTIONS

LOG = log.getLogger(__name__)

_ANSWER_S = 60
"""Cinder asks for none that ONTAP may take longer for."""
_HOME = "default"
"""What Cinder calls the home of what was failed over."""


def section_of(name: str) -> Any:
    """The options of a back end, ours among them. Raises: cinder's ConfigNotFound."""
    section = sections.get_backend_configuration(name)
    section.append_config_values(OPTIONS)
    return section


class Replication(Migration):
    """Stands before Cinder's own driver or library, of which it has the back end's name and configuration."""

    def validate_no_conflicting_snapmirrors(self, config: Any, src_backend_name: str, flexvol_names: Any) -> None:
        """Nothing is asked: the home may be lost. What is in the way of a mirror is told volume by volume."""

    def ensure_snapmirrors(self, config: Any, src_backend_name: str, src_flexvol_names: Iterable[str]) -> None:
        """Every pool has its mirrors, and nothing that was written since a failover is touched.

        Never raises: an exception ends the loop that calls this, for good.
        """
        self._see_to(["apply"], list(src_flexvol_names))

    def _handle_housekeeping_tasks(self) -> None:
        """Every ten minutes, while failed over too: a home that is back is fenced, and mirrors what is served.

        Never raises, as Cinder's own does where who serves does not answer.
        """
        try:
            super()._handle_housekeeping_tasks()  # type: ignore[misc]
        except Exception:
            LOG.exception("Not all of the housekeeping of %s was done.", self.backend_name)  # type: ignore[attr-defined]
        if self.replication_enabled and self.failed_over and not self._is_cinders():  # type: ignore[attr-defined]
            self._see_to_what_was_overtaken()

    def do_setup(self, context: Any) -> None:
        """As Cinder's, whose client then waits for no answer longer than `_ANSWER_S`. Raises: as that."""
        super().do_setup(context)  # type: ignore[misc]
        self._be_patient_no_longer()

    def _update_zapi_client(self, backend_name: str) -> None:
        """As Cinder's, and so with the client that it makes. Raises: as that."""
        super()._update_zapi_client(backend_name)  # type: ignore[misc]
        self._be_patient_no_longer()

    def _be_patient_no_longer(self) -> None:
        """Cinder's client waits for an answer for ever, and the housekeeping with it."""
        self.zapi_client.connection.set_timeout(_ANSWER_S)  # type: ignore[attr-defined]

    def _see_to_what_was_overtaken(self) -> None:
        self._see_to(["apply", "reprotect"], sorted(set(self._pools().values())))

    def _see_to(
        self, verbs: Sequence[str], volumes: Sequence[str], within: str = "datamotion_housekeeping_timeout"
    ) -> None:
        """Each of these, in what `within` allows for all of them. Logged where it did not come about. Never raises."""
        name = self.backend_name  # type: ignore[attr-defined]
        try:
            until = time.monotonic() + self._option(within)
            for verb in verbs:
                answer = self._datamotion([verb, name, "--yes"], volumes, until)
                if answer.status != DONE:
                    LOG.warning("datamotion %s %s: not all is as wanted: %s", verb, name, answer.why)
        except LockAcquireFailed:
            LOG.warning("datamotion %s %s: something else was done for it all the time.", " and ".join(verbs), name)
        except Exception:
            LOG.exception("datamotion %s %s could not be run.", " and ".join(verbs), name)

    def _failover(
        self, context: Any, volumes: Sequence[Any], secondary_id: str | None = None, groups: Any = None
    ) -> Any:
        """Serve the pools from a target, or from home again (`default`); what Cinder's does with a consistency group.

        Raises: InvalidReplicationTarget where that is refused and all is as it was; UnableToFailOver else.
        """
        if self._is_cinders():
            return super()._failover(context, volumes, secondary_id, groups)  # type: ignore[misc]
        name = self.backend_name  # type: ignore[attr-defined]
        targets = self.get_replication_backend_names(self.configuration)  # type: ignore[attr-defined]
        if secondary_id == name:
            raise exception.InvalidReplicationTarget(reason=f"{name} is the home: name a target, or {_HOME}.")
        if not targets:
            raise exception.InvalidReplicationTarget(reason=f"{name} has no replication targets.")
        if secondary_id == _HOME:
            return self._complete_failback(volumes)
        if secondary_id and secondary_id not in targets:
            known = ", ".join(targets)
            raise exception.InvalidReplicationTarget(reason=f"{secondary_id} is no target of {name}: {known}.")
        to = ["--to", secondary_id] if secondary_id else []
        waits = f"{max(self._option('netapp_snapmirror_quiesce_timeout'), 1)}s"
        more = ["--max-loss", "any", "--frozen-for", waits, "--without-store", "--no-reprotect"]
        words = ["failover", name, *to, "--yes", *more]
        return self._moved(words, volumes, fields.ReplicationStatus.FAILED_OVER)

    def _failover_host(self, volumes: Sequence[Any], secondary_id: str | None = None, groups: Any = None) -> Any:
        """`_failover`, after which this node speaks with who serves. Raises: as that."""
        active, updates, groups = self._failover(None, volumes, secondary_id, groups)
        self._failover_completed(None, active)
        return active, updates, groups

    def _complete_failback(self, volumes: Sequence[Any]) -> Any:
        """Home serves again, with every write that was made elsewhere; refused where that cannot be.

        Raises: as `_failover`.
        """
        name = self.backend_name  # type: ignore[attr-defined]
        waits = f"{max(self._option('netapp_snapmirror_quiesce_timeout'), 1)}s"
        names = sorted(set(self._pools().values()))
        self._see_to(["reprotect"], names, "datamotion_timeout")  # home has to mirror what it is to serve
        words = ["failback", name, "--yes", "--frozen-for", waits, "--no-reprotect"]
        return self._moved(words, volumes, fields.ReplicationStatus.ENABLED)

    def _failover_completed(self, context: Any, secondary_id: str | None = None) -> None:
        """This node speaks with who serves now."""
        if self._is_cinders():
            super()._failover_completed(context, secondary_id)  # type: ignore[misc]
            return
        home = self.backend_name  # type: ignore[attr-defined]
        elsewhere = None if secondary_id in ("", _HOME, home) else secondary_id
        self._update_zapi_client(elsewhere or home)
        self.failed_over = elsewhere is not None
        self.failed_over_backend_name = elsewhere

    # -- how

    def _moved(self, words: Sequence[str], volumes: Sequence[Any], status: str) -> tuple[str, list[Any], list[Any]]:
        """What Cinder is told of a failover: who serves, and what became of each of its volumes."""
        pools = self._pools()
        names = sorted(set(pools.values()))
        answer = self._asked(words, names)
        if answer.status == REFUSED:  # nothing was done; of targets that are alike another one may be the best by now
            answer = self._asked(words, names)
        serving = self._serving(answer, names)
        if serving is None or (answer.status not in (DONE, PARTLY)):
            raise _as_cinders(answer)
        # The others follow who serves. Nobody waits for it, and the housekeeping goes on with it.
        threading.Thread(target=self._see_to, args=(["reprotect"], names), daemon=True).start()
        failed = _failed(answer, serving)
        updates = []
        for volume in volumes:
            pool = volume_utils.extract_host(volume["host"], level="pool")
            is_failed = pools.get(pool, pool) in failed
            became = fields.ReplicationStatus.FAILOVER_ERROR if is_failed else status
            updates.append({"volume_id": volume["id"], "updates": {"replication_status": became}})
        if failed:
            LOG.error("%s: not all pools are served from %s: %s", words[1], serving, answer.why)
        return serving, updates, []

    def _serving(self, answer: Answer, volumes: Sequence[str]) -> str | None:
        """The back end that serves, as was seen at the end; None: that of none can be said."""
        report = next(iter(answer.reports), {})
        if "serving" not in report and answer.status == DONE:  # nothing was left to do: that does not tell who serves
            looked = self._asked(["status", self.backend_name], volumes)  # type: ignore[attr-defined]
            report = next(iter(looked.reports), {}).get("groups", [{}])[0]
        if report.get("serving"):
            return str(report["serving"])
        home = self.backend_name  # type: ignore[attr-defined]
        others = [each["backend"] for each in report.get("served", ()) if each["backend"] != home]
        return others[0] if len(others) == 1 else None

    def _asked(self, words: Sequence[str], volumes: Sequence[str]) -> Answer:
        """Raises: InvalidReplicationTarget, UnableToFailOver where it could not be asked for."""
        try:
            return self._datamotion(words, volumes)
        except NotToBeBridged as error:
            raise exception.InvalidReplicationTarget(reason=str(error)) from error
        except OSError as error:
            raise exception.UnableToFailOver(reason=f"datamotion could not be run: {error}") from error

    def _datamotion(self, words: Sequence[str], volumes: Sequence[str], until: float | None = None) -> Answer:
        """One child at a time for a back end, on whatever node; told to end at `until` on the monotonic clock.

        Raises: LockAcquireFailed where its turn had not come by then; NotToBeBridged, OSError.
        """
        lock = coordination.COORDINATOR.get_lock(f"datamotion-{self.backend_name}")  # type: ignore[attr-defined]
        # Cinder's own decorator goes on without the lock where it waits for a time and does not get it.
        if not lock.acquire(blocking=True if until is None else max(until - time.monotonic(), 0.0)):
            raise LockAcquireFailed(lock.name)
        try:
            longest_s = self._option("datamotion_timeout")
            if until is not None:
                longest_s = min(longest_s, max(until - time.monotonic(), 1.0))
            return self._bridge().run(words, volumes, longest_s)
        finally:
            lock.release()

    def _bridge(self) -> Bridge:
        targets = self.get_replication_backend_names(self.configuration)  # type: ignore[attr-defined]
        folder = Path(cfg.CONF.state_path) / "datamotion"
        return Bridge(self.backend_name, section_of, folder, targets)  # type: ignore[attr-defined]

    def _pools(self) -> Mapping[str, str]:
        """The name of each pool's volume, by what Cinder calls the pool; and by that name itself."""
        catalogue = self.ssc_library.get_ssc()  # type: ignore[attr-defined]
        names = {name: name for name in catalogue}
        return names | {each["pool_name"]: name for name, each in catalogue.items() if each.get("pool_name")}

    def _option(self, name: str) -> Any:
        return section_of(self.backend_name).safe_get(name)  # type: ignore[attr-defined]

    def _is_cinders(self) -> bool:
        """Whether Cinder's own code is left to it: consistency groups and active sync."""
        configuration = self.configuration  # type: ignore[attr-defined]
        return bool(
            self.is_active_sync_configured(configuration)  # type: ignore[attr-defined]
            or self.is_consistent_replication_enabled(configuration)  # type: ignore[attr-defined]
        )


def _failed(answer: Answer, serving: str) -> set[str]:
    """The pools that are not served where they were to be."""
    report = next(iter(answer.reports), {})
    ended = {each["volume"]: each["outcome"] for each in report.get("volumes", ()) if each["backend"] == serving}
    refused = {each["volume"] for each in report.get("refusals", ()) if each.get("volume")}
    return refused | {volume for volume, outcome in ended.items() if outcome not in ("done", "unchanged")}


def _as_cinders(answer: Answer) -> Exception:
    """A refusal leaves all as it was, and Cinder keeps its status; after anything else nobody knows."""
    if answer.is_refused:
        return exception.InvalidReplicationTarget(reason=answer.why)  # type: ignore[no-any-return]
    return exception.UnableToFailOver(reason=answer.why)  # type: ignore[no-any-return]
