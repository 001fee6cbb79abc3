"""What can be wrong with a request about a qtree."""

from ontaplab.errors import OntapError


def read_only(volume: str) -> OntapError:
    return OntapError(400, "5242897", f'Volume "{volume}" is read-only: its qtrees cannot be changed.', target="volume")


def bad_name(name: str) -> OntapError:
    """Assumption: the code; names have no slash and no more than 64 characters."""
    return OntapError(400, "5242902", f'Invalid qtree name "{name}".', target="name")


def name_taken(name: str, volume: str) -> OntapError:
    """Assumption: the code is the general one for a duplicate; a directory of that name is one too."""
    return OntapError(409, "1", f'"{name}" exists already in volume "{volume}": duplicate entry.', target="name")


def too_many(volume: str, most: int) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "5242925", f'Volume "{volume}" has {most} qtrees, which is the limit.', target="volume")


def is_volume(what: str) -> OntapError:
    """Assumption: the code, and that qtree 0 takes no policy of its own."""
    return OntapError(400, "5242954", f"Qtree 0 is the volume itself: it cannot be {what}.", target="id")
