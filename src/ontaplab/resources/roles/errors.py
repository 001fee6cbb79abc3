"""What can be wrong with a request about a role."""

from ontaplab.errors import OntapError


def is_built_in(name: str) -> OntapError:
    return OntapError(400, "1263347", f'Cannot modify the pre-defined role "{name}".', target="name")


def not_found(name: str) -> OntapError:
    return OntapError(404, "5636129", f'The role "{name}" has not been defined.', target="role.name")


def name_taken(name: str) -> OntapError:
    return OntapError(409, "1", f'Role "{name}" already exists: duplicate entry.', target="name")


def path_taken(path: str) -> OntapError:
    return OntapError(409, "1", f'The role has a privilege for "{path}" already: duplicate entry.', target="path")


def is_used(name: str, account: str) -> OntapError:
    return OntapError(409, "5636172", f'Role "{name}" is assigned to account "{account}".', target="name")


def bad_access(access: str) -> OntapError:
    return OntapError(400, "5636144", f'The value "{access}" of the access level is not valid.', target="access")


def bad_path(path: str) -> OntapError:
    return OntapError(400, "5636169", f'The URI path "{path}" is invalid or not supported.', target="path")


def no_such_path(path: str) -> OntapError:
    return OntapError(400, "5636170", f'The URI "{path}" does not exist.', target="path")


def no_such_object(path: str) -> OntapError:
    return OntapError(400, "5636185", f'The UUID in "{path}" was not found.', target="path")


def not_for_svms(path: str) -> OntapError:
    return OntapError(400, "5636175", f'An SVM administrator cannot have access to "{path}".', target="path")


def mixed_paths() -> OntapError:
    return OntapError(
        400, "5636191", "The privileges of a role are for API endpoints only or for commands only.", target="privileges"
    )


def query_for_api() -> OntapError:
    return OntapError(400, "5636192", "A query cannot be specified for an API endpoint.", target="query")


def access_not_for_command(access: str) -> OntapError:
    return OntapError(400, "5636200", f'The access "{access}" is not for a command.', target="access")


def needs_a_privilege() -> OntapError:
    return OntapError(400, "13434892", "A role needs at least one privilege.", target="privileges")
