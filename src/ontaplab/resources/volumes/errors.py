"""What can be wrong with a request about a volume."""

from ontaplab.errors import OntapError


def bad_name(name: str) -> OntapError:
    return OntapError(
        400,
        "917888",
        f'Invalid volume name "{name}": it has to begin with a letter or "_" and hold letters, digits and "_" only.',
        target="name",
    )


def name_too_long(name: str, longest: int) -> OntapError:
    return OntapError(400, "917887", f'The volume name "{name}" is longer than {longest} characters.', target="name")


def name_taken(name: str, svm: str) -> OntapError:
    """Assumption: the code is the general one for a duplicate."""
    return OntapError(409, "1", f'Volume "{name}" exists already in SVM "{svm}": duplicate entry.', target="name")


def too_small(size_bytes: int, smallest_bytes: int) -> OntapError:
    return OntapError(
        400, "917534", f"The size {size_bytes} is too small: at least {smallest_bytes} bytes are needed.", target="size"
    )


def one_aggregate_needed() -> OntapError:
    return OntapError(
        400, "918242", "A FlexVol needs exactly one aggregate, by aggregates.name or .uuid.", target="aggregates"
    )


def reserve_too_large(percent: int) -> OntapError:
    return OntapError(
        400,
        "917835",
        f"The snapshot reserve {percent} is more than 90 percent.",
        target="space.snapshot.reserve_percent",
    )


def bad_junction_path(path: str) -> OntapError:
    return OntapError(
        400,
        "918252",
        f'Invalid nas path "{path}": it has to begin with "/" and have no empty part, "." or "..".',
        target="nas.path",
    )


def junction_path_taken(path: str, volume: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(409, "917536", f'Junction path "{path}" is in use by volume "{volume}".', target="nas.path")


def junction_below_junction(path: str, other: str) -> OntapError:
    return OntapError(
        400,
        "917536",
        f'Junction path "{path}" is above or below "{other}": junctions within volumes are not simulated by ontaplab.',
        target="nas.path",
    )


def not_for_dp(field: str) -> OntapError:
    code = "917617" if field.startswith("snapshot_policy") else "917628"
    return OntapError(400, code, f'Field "{field}" cannot be set for a volume of type "dp".', target=field)


def not_initialized(name: str) -> OntapError:
    return OntapError(
        400,
        "917536",
        f'Volume "{name}" cannot be mounted: it is not initialized. Run "snapmirror initialize" on it first.',
        target="nas.path",
    )


def not_online(name: str) -> OntapError:
    return OntapError(400, "9437885", f'Volume "{name}" is not online.', target="state")


def is_protected(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(
        409,
        "917536",
        f'Volume "{name}" is an end of a SnapMirror relationship; delete and release that first.',
        target="uuid",
    )


def not_found(name: str) -> OntapError:
    return OntapError(404, "918235", f'Volume "{name}" was not found.', target="volume.uuid")
