"""What can be wrong with a request about an export policy."""

from ontaplab.errors import OntapError


def not_found(name: str) -> OntapError:
    return OntapError(404, "1703954", f'Export policy "{name}" does not exist.', target="policy.id")


def not_found_for_volume(name: str) -> OntapError:
    """Assumption: PATCH answers with the code that is known of POST."""
    return OntapError(
        400, "918271", f'Failed to get a valid export policy: "{name}" does not exist.', target="nas.export_policy"
    )


def name_taken(name: str) -> OntapError:
    return OntapError(409, "1", f'Export policy "{name}" already exists: duplicate entry.', target="name")


def bad_name(name: str) -> OntapError:
    return OntapError(400, "1703952", f'Invalid ruleset name "{name}": no spaces are allowed.', target="name")


def name_too_long(longest: int) -> OntapError:
    return OntapError(
        400, "1704047", f"The export policy name cannot be longer than {longest} characters.", target="name"
    )


def is_used(volume: str) -> OntapError:
    return OntapError(409, "1703945", f'The ruleset is in use by volume "{volume}".', target="id")


def is_default() -> OntapError:
    return OntapError(
        400, "1703947", "Cannot delete the default ruleset. It is deleted with the SVM that owns it.", target="id"
    )


def bad_index(index: int) -> OntapError:
    return OntapError(
        400,
        "3277162",
        f'The specified "index", {index}, is invalid. Valid values are from 1 to 4294967295.',
        target="index",
    )


def rule_exists() -> OntapError:
    return OntapError(409, "1704070", "An export policy rule with the same properties already exists.", target="rules")


def duplicate_client(match: str) -> OntapError:
    return OntapError(400, "1704050", f'Invalid clientmatch: the list contains "{match}" twice.', target="clients")


def bad_client(code: str, match: str, why: str) -> OntapError:
    return OntapError(400, code, f'Invalid clientmatch "{match}": {why}.', target="clients.match")


def empty_anonymous_user() -> OntapError:
    return OntapError(400, "3277149", 'The "Anon" field cannot be an empty string.', target="anonymous_user")
