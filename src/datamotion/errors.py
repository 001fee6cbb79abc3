"""What can go wrong, as one tree.

    DataMotionError
      ConfigError        the configuration or the command line is wrong; nothing was contacted
      Refused            we decline: the step would lose data or break a rule; nothing was changed
      ClusterError       a cluster was asked
        ClusterRefused   it answered no: status, ONTAP's code and message, the request
          ClusterNotAsked  it cannot be asked from here: its secret or CA file cannot be read; nothing was sent
        ClusterSilent    it gave no answer: the change may or may not have happened
      StoreFailed        the local store cannot be written; the run stops, the clusters are as they are
      CopyFailed         a copy through this host did not come to its end; nothing is under the final name
      InternalError      our own mistake; please report it

Refused and silent are never the same class: after a refusal nothing has changed, after silence only another look tells.
Each class carries the exit status that the command line ends with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from datamotion.exit_status import ExitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the configuration is wrong, and how. `line` and `key` are None where the file as a whole is meant."""

    file: str
    line: int | None
    key: str | None
    text: str


class DataMotionError(Exception):
    """Something a person has to know: a message, the lines below it, and a hint that says what to do next.

    `places` are where it comes from in the configuration.
    """

    code: ClassVar[str] = "error"
    exit_status: int = ExitStatus.FAILED

    def __init__(
        self, message: str, *, hint: str | None = None, below: Sequence[str] = (), places: Sequence[Place] = ()
    ) -> None:
        self.lines = (message, *below)
        self.places = tuple(places)
        self.message = "\n".join(self.lines)
        self.hint = hint
        super().__init__(self.message)


class ConfigError(DataMotionError):
    """The files or the arguments are wrong. Nothing was contacted, nothing was changed."""

    code = "config"
    exit_status = ExitStatus.USAGE


class Refused(DataMotionError):
    """A safety rule declines. Nothing was changed; the hint names the command that overrides it, and its price."""

    code = "refused"
    exit_status = ExitStatus.REFUSED


class ClusterError(DataMotionError):
    """A cluster was asked and the result is not what was hoped for. `cluster` is the name in the configuration."""

    code = "cluster"

    def __init__(self, cluster: str, message: str, *, request: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.cluster = cluster
        self.request = request


class ClusterRefused(ClusterError):
    """The cluster answered no: nothing was changed by this request.

    `status` is the HTTP status, `ontap_code` the string in `error.code` ("" where the body held none). `transient`:
    the cluster is busy with something that passes by itself, so asking again in a moment can help.
    """

    code = "cluster-refused"

    def __init__(
        self,
        cluster: str,
        message: str,
        *,
        request: str,
        status: int,
        ontap_code: str,
        hint: str | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(cluster, message, request=request, hint=hint)
        self.transient = transient
        self.status = status
        self.ontap_code = ontap_code


class ClusterNotAsked(ClusterRefused):
    """Nothing was sent: what the configuration names for it, a secret or a CA file, cannot be had.

    It counts as a refusal: that nothing has changed is certain. Other clusters are asked all the same.
    """

    code = "config"
    exit_status = ConfigError.exit_status

    def __init__(self, cluster: str, why: ConfigError) -> None:
        super().__init__(
            cluster,
            f"{cluster} was not asked: {why.message}",
            request="",
            status=0,
            ontap_code="",
            hint=why.hint,
        )
        self.places = why.places


class ClusterSilent(ClusterError):
    """No answer came. A change that was asked for is unknown: neither done nor failed. Observe again."""

    code = "cluster-silent"
    exit_status = ExitStatus.SILENT


class StoreFailed(DataMotionError):
    """The local store cannot be written: nothing more is asked for without a journal. The clusters are as they are."""

    code = "store"


class CopyFailed(DataMotionError):
    """A copy through this host ended early. The source is untouched; nothing was put under the final name.

    `errno` is what the machine said, None where the copy itself found something wrong.
    """

    code = "copy"
    errno: int | None = None


class InternalError(DataMotionError):
    """Our own mistake. Please report it."""

    code = "internal"
