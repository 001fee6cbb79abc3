"""What can be wrong with a request about a licence, and with one that needs a licence."""

from ontaplab.errors import OntapError


def not_licensed(description: str) -> OntapError:
    """Assumption: for SnapMirror the code that is known of another package, and the text."""
    return OntapError(400, "1115127", f"The feature is not licensed on this cluster: {description} is not installed.")


def no_keys() -> OntapError:
    return OntapError(400, "1115130", "No license key was provided.", target="keys")


def bad_key(key: str) -> OntapError:
    return OntapError(400, "1115159", f'The license "{key}" is not in an acceptable format.', target="keys")


def is_installed(name: str) -> OntapError:
    return OntapError(409, "1115132", f'The license for package "{name}" already exists on the system.', target="keys")


def is_part_of_bundle(name: str, bundle: str) -> OntapError:
    return OntapError(
        400, "1115564", f'The license for package "{name}" is part of "{bundle}" and cannot be removed individually.'
    )
