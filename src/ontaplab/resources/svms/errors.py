"""What can be wrong with a request about an SVM."""

from ontaplab.errors import OntapError


def not_found(name: str) -> OntapError:
    return OntapError(404, "2621462", f'SVM "{name}" does not exist.', target="svm.name")


def does_not_match(name: str, uuid: str) -> OntapError:
    return OntapError(400, "2621706", f'The SVM uuid "{uuid}" and name "{name}" are not of the same SVM.', target="svm")


def not_given() -> OntapError:
    return OntapError(400, "2621707", "No SVM was given: svm.name or svm.uuid is required.", target="svm")


def name_taken(name: str) -> OntapError:
    return OntapError(409, "13434908", f'The SVM name "{name}" is already used.', target="name")


def name_too_long(name: str, longest: int) -> OntapError:
    return OntapError(400, "13434911", f'The SVM name "{name}" is longer than {longest} characters.', target="name")


def bad_name(name: str) -> OntapError:
    """Assumption: the code; letters, digits, `_`, `-` and `.` after a letter or `_` are taken."""
    return OntapError(400, "262197", f'"{name}" is an invalid value for field "name".', target="name")


def only_for_default(field: str) -> OntapError:
    return OntapError(
        400,
        "2621580",
        f'Field "{field}" cannot be given for an SVM of subtype "dp_destination".',
        target=field,
    )


def has_peers() -> OntapError:
    return OntapError(409, "9895956", "The SVM is in an SVM peer relationship; delete that first.", target="uuid")


def has_volumes(names: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(409, "2621525", f"The SVM still has volumes: {names}.", target="uuid")
