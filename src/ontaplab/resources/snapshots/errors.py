"""What can be wrong with a request about a snapshot."""

from ontaplab.errors import OntapError


def exists(name: str) -> OntapError:
    return OntapError(409, "525059", f'A snapshot named "{name}" exists already.', target="name")


def too_many(most: int) -> OntapError:
    return OntapError(400, "525062", f"The volume holds {most} snapshots already; it cannot hold more.")


def bad_name(name: str) -> OntapError:
    return OntapError(400, "1638518", f'Invalid snapshot name "{name}".', target="name")


def cannot_create_on_mirror() -> OntapError:
    return OntapError(400, "1638461", "Snapshots can only be created on read/write volumes.")


def cannot_change_on_mirror() -> OntapError:
    return OntapError(400, "1638522", "Snapshots can only be renamed or modified on read/write volumes.")


def cannot_delete_on_mirror() -> OntapError:
    return OntapError(400, "1638521", "Snapshots can only be deleted on read/write volumes.")


def is_reference(name: str) -> OntapError:
    return OntapError(
        409,
        "1638476",
        f'Snapshot "{name}" is a reference snapshot of another job and cannot be renamed.',
        target="name",
    )


def has_owner(name: str, owners: str) -> OntapError:
    return OntapError(409, "1638543", f'Snapshot "{name}" has an owner ({owners}) and cannot be deleted.')


def is_kept(name: str, until: str) -> OntapError:
    return OntapError(409, "1638555", f'Snapshot "{name}" cannot be deleted before its expiry time, {until}.')


def bad_expiry(text: str) -> OntapError:
    return OntapError(400, "1638554", f'The expiry time "{text}" is no time to come.', target="expiry_time")


def label_too_long(label: str, longest: int) -> OntapError:
    return OntapError(
        400, "1638523", f'The label "{label}" is longer than {longest} characters.', target="snapmirror_label"
    )


def volume_is_offline(name: str) -> OntapError:
    return OntapError(400, "524479", f'Volume "{name}" is offline.')
