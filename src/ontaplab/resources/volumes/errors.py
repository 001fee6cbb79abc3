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
    """Assumption: PATCH answers with the code that is known of POST."""
    return OntapError(409, "917526", f'Volume "{name}" exists already in SVM "{svm}".', target="name")


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


def policy_needs_online(name: str) -> OntapError:
    return OntapError(
        400,
        "917533",
        f'The export policy of volume "{name}" cannot be changed: it is not online.',
        target="nas.export_policy",
    )


def busy(name: str, operation: str) -> OntapError:
    """Assumption: which of the two codes for a volume that another operation runs on."""
    return OntapError(409, "13107405", f'Another operation is running on volume "{name}": {operation}.', target="uuid")


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


def no_space(name: str, more_bytes: int, available_bytes: int) -> OntapError:
    """Assumption: the code. Those of other refusals of the file system are made so: 131072 and the errno."""
    return OntapError(
        400,
        "131100",
        f'No space left on volume "{name}": {more_bytes} bytes more are needed, {available_bytes} are available.',
    )


def smaller_than_content(name: str, size_bytes: int, content_bytes: int) -> OntapError:
    """Assumption: the code is that of a size that is too small."""
    return OntapError(
        400,
        "917534",
        f'The size {size_bytes} is too small for volume "{name}", which holds {content_bytes} bytes.',
        target="size",
    )


def too_small_for_source(name: str, size_bytes: int, source_bytes: int) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(
        400,
        "917536",
        f'Destination volume "{name}" of {size_bytes} bytes is smaller than its source of {source_bytes} bytes, and'
        ' its autosize mode is "off".',
    )


def wrong_autosize(field: str, why: str) -> OntapError:
    """Assumption: the code of an invalid value."""
    return OntapError(400, "262197", f'Invalid value for field "{field}": {why}.', target=field)


def is_root(name: str) -> OntapError:
    """Assumption: the code of the removal of an SVM's root volume serves for taking it offline too."""
    return OntapError(400, "917531", f'Volume "{name}" is the root volume of its SVM.', target="state")


def is_constituent(name: str) -> OntapError:
    return OntapError(
        400, "13107371", f'Volume "{name}" is a constituent of a FlexGroup: change or remove the FlexGroup itself.'
    )


def only_for_flexgroups(name: str, field: str) -> OntapError:
    return OntapError(
        400, "13107349", f'Field "{field}" can be set for FlexGroups only; volume "{name}" is none.', target=field
    )


def fewer_constituents(name: str, count: int) -> OntapError:
    """Assumption: the code of an invalid value."""
    return OntapError(
        400,
        "262197",
        f'FlexGroup "{name}" cannot have fewer than its {count} constituents.',
        target="constituent_count",
    )


def cannot_decrypt(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(
        400,
        "917536",
        f'Volume "{name}" is encrypted; it can be decrypted only while it is moved to another aggregate.',
        target="encryption.enabled",
    )


def nothing_to_rekey(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(400, "917536", f'Volume "{name}" is not encrypted.', target="encryption.rekey")


def wrong_encryption_action(action: str) -> OntapError:
    """Assumption: the code of an invalid value."""
    return OntapError(
        400, "262197", f'"{action}" does not fit what the encryption is doing.', target="encryption.action"
    )
