"""What can be wrong with a request about a share."""

from ontaplab.errors import OntapError


def no_server(svm: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "655462", f'SVM "{svm}" has no CIFS server.', target="svm")


def no_path(path: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "655551", f'The path "{path}" does not exist in the namespace of the SVM.', target="path")


def name_taken(name: str) -> OntapError:
    """Assumption: the code is the general one for a duplicate. Names are told apart without case."""
    return OntapError(409, "1", f'Share "{name}" exists already: duplicate entry.', target="name")


def bad_name(name: str, longest: int) -> OntapError:
    """Assumption: the code is that of an invalid value."""
    return OntapError(
        400, "262197", f'Invalid share name "{name}": 1 to {longest} characters without slashes.', target="name"
    )


def no_share(name: str) -> OntapError:
    return OntapError(404, "655470", f'Share "{name}" does not exist.', target="share")


def entry_exists(who: str) -> OntapError:
    """Assumption: the code is the general one for a duplicate."""
    return OntapError(409, "1", f'The share has an entry for "{who}" already: duplicate entry.', target="user_or_group")
