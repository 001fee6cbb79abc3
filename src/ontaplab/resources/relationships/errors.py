"""ONTAP's codes for what can go wrong with relationships and their transfers."""

from __future__ import annotations

from ontaplab.errors import OntapError

BUSY = "Another transfer is in progress."
"""Clients look for this text."""

_FAILED = {
    "13303808": 'Failed to change the SnapMirror relationship to state "broken_off".',
    "13303810": 'Failed to change the SnapMirror relationship to state "snapmirrored".',
    "13303811": "Failed to resume the SnapMirror relationship.",
    "13303812": "Failed to initialize the SnapMirror relationship.",
    "13303818": "The SnapMirror relationship cannot make this transition.",
    "13303823": "The SnapMirror relationship could not be quiesced in time.",
    "13303832": "The SnapMirror relationship is already initialized.",
    "13303830": "The SnapMirror relationship is in a transient state. Try again later.",
    "13303844": "Failed to update the SnapMirror relationship.",
    "13303845": "Failed to restore the SnapMirror relationship.",
    "13303848": "Transfers of synchronous SnapMirror relationships cannot be aborted.",
    "13303849": "The SnapMirror transfer is not active.",
    "13303855": "The SnapMirror restore relationship cannot be deleted.",
    "6619715": "The SnapMirror relationship is being modified. Try again later.",
}


def failed(code: str, reason: str = "") -> OntapError:
    """A refusal by one of the codes above, with the reason why."""
    text = _FAILED[code] + (f" Reason: {reason}" if reason else "")
    return OntapError(409 if reason == BUSY else 400, code, text)


def no_common_snapshot(code: str = "13303810") -> OntapError:
    return failed(code, "No common snapshot was found on the source volume and the destination volume.")


def destination_taken(path: str) -> OntapError:
    return OntapError(
        409, "6619637", f'A relationship with destination "{path}" already exists.', target="destination.path"
    )


def same_volume(path: str) -> OntapError:
    return OntapError(400, "6619441", f'Source and destination are the same volume, "{path}".')


def no_source_volume(path: str, why: str) -> OntapError:
    return OntapError(400, "6619337", f'Source volume "{path}" {why}.', target="source.path")


def destination_not_a_mirror(path: str) -> OntapError:
    return OntapError(400, "6619546", f'Destination volume "{path}" must be of type "dp".', target="destination.path")


def path_without_colon(field: str, path: str) -> OntapError:
    return OntapError(400, "13303852", f'"{path}" is not a path of the form "svm:volume".', target=field)


def svm_not_found(name: str) -> OntapError:
    return OntapError(404, "2621462", f'SVM "{name}" does not exist.', target="destination.path")


def svms_not_peered(source: str, destination: str) -> OntapError:
    """Assumption: no source gives the code for a missing SVM peer; this is the one for a missing peer permission."""
    return OntapError(
        400,
        "13303886",
        f'SVM "{destination}" has no SVM peer "{source}" in state "peered" with the application "snapmirror".',
        target="source.path",
    )


def policy_not_for_volumes(name: str) -> OntapError:
    return OntapError(400, "13303866", f'SnapMirror policy "{name}" is not for relationships of volumes.')


def creation_schedules_on_flexgroup() -> OntapError:
    return OntapError(
        400, "6621125", "A policy whose rules have a creation_schedule is not for FlexGroup volumes.", target="policy"
    )


def not_for_volumes(field: str) -> OntapError:
    return OntapError(400, "13304093", f'"{field}" is for relationships of SVMs only.', target=field)


def policy_of_another_type(name: str) -> OntapError:
    """Assumption: which of the codes for a policy that cannot be exchanged."""
    return OntapError(
        400,
        "13303865",
        f'SnapMirror policy "{name}" is of another type: delete the relationship and create it anew.',
        target="policy",
    )


def not_for_synchronous(field: str) -> OntapError:
    """The code for a policy property that is not valid for these endpoints.

    Assumption: it serves for the relationship's own property too.
    """
    return OntapError(400, "6621782", f'"{field}" is not for synchronous relationships.', target=field)


def restore_is_read_only() -> OntapError:
    return OntapError(400, "13303851", "A restore relationship cannot be modified.")


def restore_is_deleted_whole() -> OntapError:
    return OntapError(
        400,
        "13303854",
        'A restore relationship is deleted without "destination_only", "source_only" or "source_info_only".',
    )


def fields_exclude_each_other(one: str, other: str) -> OntapError:
    return OntapError(400, "13304082", f'"{one}" and "{other}" exclude each other.', target=one)


def too_many_destinations(path: str, most: int) -> OntapError:
    """Assumption: the general code of a validation that failed."""
    return OntapError(400, "13303925", f'Source volume "{path}" has {most} destinations already; it cannot have more.')


def released(path: str) -> OntapError:
    """Assumption: the general code for what is not there."""
    return OntapError(404, "4", f'entry doesn\'t exist: "{path}" was released, its source does not list it.')


def source_was_moved(path: str) -> OntapError:
    """Assumption: the code of an update that fails."""
    return failed(
        "13303844",
        f'Source volume "{path}" was moved to another aggregate: scheduled transfers go on once one that is asked for '
        "has succeeded.",
    )


def schedule_is_no_cron(name: str) -> OntapError:
    return OntapError(400, "6619714", f'Schedule "{name}" is not a cron schedule.', target="transfer_schedule")


def flags_exclude_each_other() -> OntapError:
    """Assumption: the code for mutually exclusive properties serves for these flags too."""
    return OntapError(400, "13304082", '"destination_only", "source_only" and "source_info_only" exclude each other.')


def source_unreachable(cluster: str, cause: str) -> OntapError:
    """The code for remote information that cannot be had."""
    said = cause.removesuffix(".")
    return OntapError(500, "13303892", f'The source cluster "{cluster}" cannot be reached: {said}.')


def info_release_failed(cause: str) -> OntapError:
    return OntapError(500, "13303822", f"The source information of the relationship was not removed: {cause}")


def release_failed(cause: str) -> OntapError:
    return OntapError(
        500, "13303815", f"The relationship was not removed, because its source could not be released: {cause}"
    )


def styles_differ(path: str) -> OntapError:
    return OntapError(
        400,
        "13107371",
        f'Source and destination "{path}" are of different styles: both have to be FlexVols or FlexGroups.',
    )


def geometry_changed(code: str, path: str, source: int, destination: int) -> OntapError:
    """Clients look for the two halves of the first sentence."""
    return OntapError(
        400,
        code,
        f'Geometry of the destination FlexGroup "{path}" has been changed since the SnapMirror relationship was'
        f" created. The source has {source} constituents, the destination has {destination}.",
    )
