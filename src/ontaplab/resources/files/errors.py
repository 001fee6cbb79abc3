"""What can be wrong with a request about a file, and what the file system's own errors become."""

import errno

from ontaplab.errors import OntapError


def not_found(path: str) -> OntapError:
    return OntapError(404, "6684674", f'No such file or directory: "{path}".', target="path")


def read_only() -> OntapError:
    return OntapError(400, "131102", "Read-only file system.")


def exists(path: str) -> OntapError:
    return OntapError(409, "6488118", f'File exists: "{path}".', target="path")


def denied(path: str) -> OntapError:
    return OntapError(403, "6488117", f'Permission denied: "{path}".', target="path")


def volume_is_offline(name: str) -> OntapError:
    return OntapError(400, "917752", f'Volume "{name}" is offline.')


def unsupported(what: str) -> OntapError:
    return OntapError(400, "6488119", f"{what} is not simulated by ontaplab.")


def flexgroup(volume: str) -> OntapError:
    return OntapError(
        400, "13107223", f'Volume "{volume}" is a FlexGroup: its files cannot be copied.', target="volume"
    )


def no_peer_for_copies(source: str, destination: str) -> OntapError:
    return OntapError(
        400,
        "7013360",
        f'SVM "{destination}" is no peer of "{source}" in this cluster that has "file_copy".',
        target="svm",
    )


def other_svm(source: str, destination: str) -> OntapError:
    return OntapError(
        400, "7012364", f'A file is moved within its SVM, and "{source}" is not "{destination}".', target="svm"
    )


def read_only_destination(volume: str) -> OntapError:
    return OntapError(400, "7018866", f'Volume "{volume}" is read-only: no file can be copied to it.', target="volume")


def mirrored_at_once(volume: str) -> OntapError:
    return OntapError(
        400, "7012376", f'Volume "{volume}" is in a synchronous SnapMirror relationship.', target="volume"
    )


def from_os_error(error: OSError, path: str) -> OntapError:
    """Assumption: the codes of what the reference does not list; the machine's own text says what it was."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return not_found(path)
        case errno.EEXIST:
            return exists(path)
        case errno.ENOTEMPTY:
            return OntapError(409, "131138", f'Directory not empty: "{path}".', target="path")
        case errno.EISDIR:
            return OntapError(400, "6488083", f'"{path}" is a directory.', target="path")
        case errno.EACCES | errno.EPERM:
            return denied(path)
    return OntapError(500, "6488081", f"{error.strerror}: {path}", target="path")
