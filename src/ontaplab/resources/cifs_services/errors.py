"""What can be wrong with a request about a CIFS server."""

from ontaplab.errors import OntapError


def exists(svm: str) -> OntapError:
    """Assumption: the code is the general one for a duplicate."""
    return OntapError(409, "1", f'SVM "{svm}" has a CIFS server already: duplicate entry.', target="svm")


def bad_name(name: str, longest: int) -> OntapError:
    """Assumption: the code is that of an invalid value."""
    return OntapError(
        400, "262197", f'Invalid CIFS server name "{name}": 1 to {longest} characters are possible.', target="name"
    )
