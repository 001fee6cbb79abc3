"""What can be wrong with a request about a LUN. Codes: NetApp's REST reference, unless an assumption is stated."""

from ontaplab.errors import OntapError


def not_found(lun: str, *, by_name: bool = False) -> OntapError:
    return OntapError(404, "5374876" if by_name else "5374875", f'The LUN "{lun}" was not found.', target="uuid")


def name_taken(name: str) -> OntapError:
    return OntapError(409, "5374242", f'A LUN or a file exists already at "{name}".', target="name")


def bad_name(name: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "5374352", f'"{name}" is no name of a LUN: /vol/VOLUME[/QTREE]/LUN is.', target="name")


def names_differ(name: str, location: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "5374858", f'Name "{name}" and location "{location}" do not match.', target="location")


def volume_is_offline(name: str) -> OntapError:
    return OntapError(400, "5374866", f'Volume "{name}" is offline: its LUNs cannot be changed.', target="name")


def read_only(volume: str) -> OntapError:
    """Assumption: the code is that of files."""
    return OntapError(400, "131102", f'Volume "{volume}" is read-only: its LUNs cannot be changed.', target="name")


def no_luns_in(volume: str, what: str) -> OntapError:
    """Assumption: the code, and that it is one for both."""
    return OntapError(400, "5374237", f'LUNs cannot be created in volume "{volume}", {what}.', target="location.volume")


def is_mapped(name: str) -> OntapError:
    return OntapError(
        400, "1254197", f'LUN "{name}" is mapped: "allow_delete_while_mapped" was not given.', target="uuid"
    )


def would_shrink(name: str, size_bytes: int) -> OntapError:
    """Assumption: the code, and that nothing in REST overrides it."""
    return OntapError(400, "5374134", f'LUN "{name}" cannot be made smaller than {size_bytes} bytes.', target="space")


def bad_size(size_bytes: int, smallest: int, most: int) -> OntapError:
    """Assumption: the code."""
    return OntapError(
        400, "5374241", f"{size_bytes} is no size of a LUN: {smallest} to {most} bytes are.", target="space.size"
    )


def other_volume(source: str) -> OntapError:
    return OntapError(400, "1260121", f'LUN "{source}" can only be cloned within its volume.', target="clone.source")


def one_source() -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "262197", "A LUN is cloned or copied, not both.", target="copy.source")


def too_many_at_once(most: int) -> OntapError:
    return OntapError(
        409, "7018877", f"{most} LUNs and files are being copied or moved: no more can be.", target="uuid"
    )


def no_peer_for_copies(peer: str) -> OntapError:
    """Assumption: the code is that of files."""
    return OntapError(
        400, "7013360", f'"{peer}" is no peer of this cluster that has "lun_copy".', target="copy.source.peer"
    )


def nothing_to_steer(name: str, kind: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "262197", f'No {kind} of LUN "{name}" is known.', target="progress.state")
