"""What becomes ONTAP's error body: `{"error": {"code", "message", "target", "arguments"}}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class OntapError(Exception):
    """A refusal in ONTAP's words. Raised before anything changed, or by a job, which then fails with it.

    `code` is the string that clients compare; `target` the field the refusal is about.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.arguments = tuple(arguments)

    def body(self) -> Mapping[str, object]:
        """The value of `error` in a reply."""
        told: dict[str, object] = {"message": self.message, "code": self.code}
        if self.target is not None:
            told["target"] = self.target
        if self.arguments:
            told["arguments"] = [{"code": self.code, "message": argument} for argument in self.arguments]
        return told


def no_entry(target: str | None = None) -> OntapError:
    return OntapError(404, "4", "entry doesn't exist", target=target)


def invalid_value(value: object, field: str) -> OntapError:
    return OntapError(400, "262197", f'"{value}" is an invalid value for field "{field}".', target=field)


def unexpected_argument(name: str) -> OntapError:
    return OntapError(400, "262179", f'Unexpected argument "{name}".', target=name)


def missing_field(field: str) -> OntapError:
    """Assumption: no source gives a code of its own for a required field that is absent."""
    return OntapError(400, "262245", f'A value is required for field "{field}".', target=field)


def not_simulated(what: str, *, status: int = 404) -> OntapError:
    """ONTAP's code for an API it does not have, with a text that tells the lab's gaps from ONTAP's own."""
    return OntapError(status, "3", f"API not found: {what} is not simulated by ontaplab.")
