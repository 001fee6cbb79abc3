"""What can be wrong with a request about a snapshot policy."""

from ontaplab.errors import OntapError


def not_found(name: str) -> OntapError:
    """For whoever refers to it. Assumption: PATCH answers with the code that is known of POST."""
    return OntapError(400, "917551", f'Snapshot policy "{name}" was not found.', target="snapshot_policy")


def does_not_match(name: str, uuid: str) -> OntapError:
    return OntapError(
        400,
        "1638587",
        f'The snapshot_policy.name "{name}" and snapshot_policy.uuid "{uuid}" refer to different snapshot policies.',
        target="snapshot_policy",
    )


def count_not_given() -> OntapError:
    return OntapError(
        400, "1638407", "The count for a schedule of a snapshot policy must be specified.", target="count"
    )


def schedule_not_given() -> OntapError:
    return OntapError(
        400, "1638408", "The name of a schedule of a snapshot policy must be specified.", target="schedule"
    )


def schedule_not_found(name: str) -> OntapError:
    return OntapError(400, "1638413", f'Schedule "{name}" not found.', target="schedule")


def bad_name(name: str) -> OntapError:
    return OntapError(400, "1638417", f'The policy name "{name}" is invalid.', target="name")


def too_many_copies(most: int) -> OntapError:
    return OntapError(
        400,
        "1638451",
        f"The total snapshot count of the policy would exceed the maximum supported count of {most}.",
        target="count",
    )


def prefix_taken(prefix: str) -> OntapError:
    return OntapError(
        400, "1638508", f'Another schedule has the same prefix "{prefix}" within this policy.', target="prefix"
    )


def name_taken(name: str) -> OntapError:
    return OntapError(409, "1638527", f'Snapshot policy "{name}" already exists.', target="name")


def is_the_clusters(name: str) -> OntapError:
    return OntapError(403, "1638531", f'Snapshot policy "{name}" is owned by the cluster administrator.', target="uuid")


def bad_retention_period(text: str) -> OntapError:
    return OntapError(
        400,
        "918253",
        f'The retention period "{text}" must be an ISO-8601 duration or "infinite".',
        target="retention_period",
    )


def has_schedule(name: str) -> OntapError:
    return OntapError(
        409, "1638410", f'Schedule "{name}" already exists in the snapshot policy.', target="schedule.name"
    )


def needs_a_schedule() -> OntapError:
    return OntapError(400, "1638411", "A snapshot policy needs at least one schedule.", target="schedule")


def is_used_by_volume(name: str) -> OntapError:
    return OntapError(409, "1638415", f'The policy cannot be deleted: volume "{name}" uses it.', target="uuid")


def is_used_by_svm(name: str) -> OntapError:
    return OntapError(409, "1638430", f'The policy cannot be deleted: SVM "{name}" uses it.', target="uuid")


def is_built_in() -> OntapError:
    return OntapError(400, "1638431", "A built-in policy cannot be deleted.", target="uuid")
