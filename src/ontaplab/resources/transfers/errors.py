"""What can go wrong with a transfer at its destination."""

from __future__ import annotations

from ontaplab.errors import OntapError


def destination_not_ready(name: str) -> OntapError:
    """Assumption: the generic code for volume work."""
    return OntapError(409, "917536", f'Destination volume "{name}" is not an online volume of type "dp".')


def retention_exhausted(label: str, count: int) -> OntapError:
    """Assumption: the code of an update that fails."""
    return OntapError(
        400,
        "13303844",
        "Failed to update the SnapMirror relationship. Reason: "
        f'The destination holds {count} snapshots labelled "{label}", which are preserved.',
    )


def not_for_synchronous(field: str) -> OntapError:
    return OntapError(400, "13304040", f'"{field}" is not for transfers of synchronous relationships.', target=field)


def nothing_to_restore_into(name: str) -> OntapError:
    return OntapError(
        400,
        "13303845",
        f'Failed to restore the SnapMirror relationship. Reason: Destination volume "{name}" is neither an empty '
        'volume of type "dp" nor holds a common snapshot.',
    )
