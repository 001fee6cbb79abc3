"""What can be wrong with a request about a SnapMirror policy."""

from ontaplab.errors import OntapError


def not_found(name: str) -> OntapError:
    return OntapError(404, "13303821", f'SnapMirror policy "{name}" was not found.', target="policy")


def name_taken(name: str) -> OntapError:
    return OntapError(409, "6621060", f'A SnapMirror policy named "{name}" exists already.', target="name")


def bad_name(name: str) -> OntapError:
    """Assumption: the code of an invalid value."""
    return OntapError(
        400,
        "262197",
        f'Invalid policy name "{name}": it has 1 to 256 characters, letters, digits, ".", "-" and "_".',
        target="name",
    )


def flags_conflict(text: str) -> OntapError:
    return OntapError(400, "13304084", f"The policy's properties do not go together: {text}.")


def schedule_is_no_cron(name: str) -> OntapError:
    return OntapError(400, "6619714", f'Schedule "{name}" is not a cron schedule.', target="transfer_schedule")


def is_built_in(name: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "13303865", f'Policy "{name}" is built in and cannot be modified or deleted.', target="uuid")


def not_for_this_type(field: str) -> OntapError:
    return OntapError(400, "13303842", f'Field "{field}" is not for policies of this type.', target=field)


def cannot_be_changed(field: str) -> OntapError:
    return OntapError(400, "13304085", f'Field "{field}" cannot be changed.', target=field)


def common_snapshots_too_often_or_rarely(name: str) -> OntapError:
    return OntapError(
        400,
        "6621972",
        f'Schedule "{name}" does not fire at intervals from 30 minutes to 24 hours.',
        target="sync_common_snapshot_schedule",
    )


def is_used(name: str) -> OntapError:
    """Assumption: no source gives the code; this is one for what relationships do not let a policy do."""
    return OntapError(409, "13303867", f'SnapMirror policy "{name}" is used by a relationship.', target="uuid")


def is_the_clusters(name: str) -> OntapError:
    """Assumption: the general code of what is not permitted."""
    return OntapError(403, "6", f'not authorized for that command: "{name}" is owned by the cluster', target="uuid")
