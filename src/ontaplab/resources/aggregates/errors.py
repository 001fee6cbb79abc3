"""What can be wrong with an aggregate that a request names."""

from ontaplab.errors import OntapError


def not_found(name: str) -> OntapError:
    return OntapError(404, "918241", f'Aggregate "{name}" was not found.', target="aggregates.name")


def full(name: str, wanted_bytes: int, available_bytes: int) -> OntapError:
    """Assumption: a volume that does not fit fails with the generic code for volume work."""
    return OntapError(
        400,
        "917536",
        f'Aggregate "{name}" has not enough space: {wanted_bytes} bytes are needed, {available_bytes} are available.',
        target="aggregates.name",
    )
