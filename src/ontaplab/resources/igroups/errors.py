"""What can be wrong with a request about an igroup. Codes: NetApp's REST reference, unless an assumption is stated."""

from ontaplab.errors import OntapError


def not_found(name: str) -> OntapError:
    return OntapError(
        404, "5374878", f'The initiator group "{name}" does not exist in the SVM of the LUN.', target="igroup"
    )


def name_taken(name: str) -> OntapError:
    return OntapError(409, "5374023", f'An initiator group "{name}" exists already.', target="name")


def bad_name(name: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "5373958", f'"{name}" is no name of an initiator group.', target="name")


def is_mapped(name: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(
        400,
        "1254213",
        f'LUNs are mapped to initiator group "{name}": "allow_delete_while_mapped" was not given.',
        target="uuid",
    )


def bad_initiator(name: str, protocol: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(400, "5373971", f'"{name}" is no initiator of protocol {protocol}.', target="initiators.name")


def initiator_taken(name: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(409, "5374031", f'Initiator "{name}" is in the group already.', target="name")


def initiator_is_mapped(name: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(
        400,
        "5374029",
        f'LUNs are mapped to initiator "{name}": "allow_delete_while_mapped" was not given.',
        target="name",
    )
