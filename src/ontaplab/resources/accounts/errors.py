"""What can be wrong with a request about an account, and with one that an account makes."""

from ontaplab.errors import OntapError


def not_permitted(method: str, path: str) -> OntapError:
    return OntapError(403, "6", f"not authorized for that command: {method} {path}")


def tunnel_not_permitted() -> OntapError:
    """Assumption: the code; it is documented only that an account of an SVM cannot act as another one."""
    return OntapError(403, "6", "not authorized for that command: the account belongs to an SVM and cannot name one")


def not_on_svm_interfaces(path: str) -> OntapError:
    """What ONTAP says of aggregates where an SVM is spoken to."""
    return OntapError(404, "3", f"API not found: {path}")


def name_taken(name: str) -> OntapError:
    return OntapError(409, "1", f'Account "{name}" already exists: duplicate entry.', target="name")


def name_reserved(name: str) -> OntapError:
    return OntapError(400, "5636121", f'The account name "{name}" is reserved for use by the system.', target="name")


def bad_name(name: str) -> OntapError:
    return OntapError(400, "7077897", f'Invalid character in username "{name}".', target="name")


def no_such_role(name: str) -> OntapError:
    return OntapError(400, "1261215", f'The role "{name}" was not found.', target="role.name")


def bad_application(name: str) -> OntapError:
    return OntapError(400, "5636178", f'"{name}" is an invalid value for field "application".', target="applications")


def bad_method(application: str, method: str) -> OntapError:
    return OntapError(
        400,
        "5636176",
        f'The application "{application}" and the authentication method "{method}" are an invalid combination.',
        target="applications",
    )


def not_for_svms(application: str) -> OntapError:
    code = {"console": "5636140", "service_processor": "5636141", "amqp": "5636179"}[application]
    return OntapError(
        400, code, f'A login with application "{application}" is not supported for a data SVM.', target="applications"
    )


def password_too_short(shortest: int) -> OntapError:
    return OntapError(400, "7077919", f"The password needs {shortest} characters at least.", target="password")


def password_too_long(longest: int) -> OntapError:
    return OntapError(400, "7077940", f"The password cannot have more than {longest} characters.", target="password")


def password_too_simple() -> OntapError:
    return OntapError(400, "7077920", "A new password must have both letters and numbers.", target="password")


def password_contains_name() -> OntapError:
    return OntapError(400, "7077918", "The password cannot contain the username.", target="password")


def password_not_set() -> OntapError:
    return OntapError(400, "7077929", "Cannot lock an account that has no password.", target="locked")


def last_administrator() -> OntapError:
    return OntapError(
        400, "5636098", "The last unlocked account that has the admin role cannot be deleted.", target="name"
    )


def last_to_be_locked() -> OntapError:
    return OntapError(400, "7077896", "Cannot lock the account of the last administrator.", target="locked")
