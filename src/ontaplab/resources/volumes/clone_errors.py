"""What can be wrong with a clone or a split, and with bringing a volume back to a snapshot."""

from ontaplab.errors import OntapError


def has_clones(name: str, clones: str) -> OntapError:
    return OntapError(409, "524615", f'Volume "{name}" has clones: {clones}. Split or remove them first.')


def parent_not_found(name: str) -> OntapError:
    return OntapError(404, "524601", f'The parent volume "{name}" was not found.', target="clone.parent_volume")


def parent_mismatch(name: str, uuid: str) -> OntapError:
    return OntapError(
        400,
        "918236",
        f'The parent volume\'s name "{name}" and uuid "{uuid}" do not belong together.',
        target="clone.parent_volume",
    )


def parent_snapshot_mismatch(name: str, uuid: str) -> OntapError:
    return OntapError(
        400,
        "918243",
        f'The parent snapshot\'s name "{name}" and uuid "{uuid}" do not belong together.',
        target="clone.parent_snapshot",
    )


def snapshot_not_found(name: str, target: str) -> OntapError:
    return OntapError(404, "542797", f'Snapshot "{name}" was not found.', target=target)


def snapshot_not_named(target: str) -> OntapError:
    return OntapError(400, "1638515", "Snapshot not specified.", target=target)


def wrong_type_for_clone(kind: str) -> OntapError:
    return OntapError(400, "918244", f'A clone cannot be of type "{kind}".', target="type")


def not_for_clone(field: str) -> OntapError:
    """Assumption: the code of an argument that is not taken."""
    return OntapError(400, "262179", f'Field "{field}" follows from the parent of a clone.', target=field)


def no_clone(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(400, "917536", f'Volume "{name}" is not a clone.', target="clone.split_initiated")


def split_stands_alone(field: str) -> OntapError:
    return OntapError(
        400, "918248", f'Field "{field}" cannot be changed in the request that splits a clone.', target=field
    )


def split_stopped(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(400, "917536", f'The split of clone "{name}" was stopped.')


def snapshots_in_use(name: str, snapshots: str) -> OntapError:
    """Assumption: the code of a snapshot that has an owner."""
    return OntapError(409, "1638543", f'Clone "{name}" has snapshots that are in use: {snapshots}.')


def newer_in_use(name: str, newer: str) -> OntapError:
    return OntapError(
        409, "1638480", f'Snapshot "{name}" cannot be restored: the newer reference snapshot "{newer}" is in use.'
    )


def nothing_to_clone(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(400, "917536", f'Volume "{name}" holds nothing yet: run "snapmirror initialize" on it first.')
