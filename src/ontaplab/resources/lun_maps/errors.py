"""What can be wrong with a request about a LUN map. Codes: NetApp's REST reference, unless an assumption is stated."""

from ontaplab.errors import OntapError


def is_mapped(lun: str, igroup: str) -> OntapError:
    return OntapError(409, "1254207", f'LUN "{lun}" is mapped to initiator group "{igroup}" already.', target="lun")


def number_taken(number: int, igroup: str) -> OntapError:
    """Assumption: the code."""
    return OntapError(
        409,
        "5374035",
        f'Logical unit number {number} is in use in initiator group "{igroup}", or by one of its initiators.',
        target="logical_unit_number",
    )


def bad_number(number: int, highest: int) -> OntapError:
    """Assumption: the code."""
    return OntapError(
        400,
        "262197",
        f'"{number}" is an invalid value for field "logical_unit_number" (0 to {highest}).',
        target="logical_unit_number",
    )
