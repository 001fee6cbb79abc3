"""What can be wrong with a request about a QoS policy."""

from ontaplab.errors import OntapError


def not_found_for_volume(name: str) -> OntapError:
    """Assumption: no source gives the code for a volume's QoS policy that does not exist; the general one serves."""
    return OntapError(400, "4", f'entry doesn\'t exist: QoS policy "{name}"', target="qos.policy.name")


def name_taken(name: str, *, wanted: str, present: str) -> OntapError:
    code = {
        ("fixed", "fixed"): "8454379",
        ("adaptive", "adaptive"): "8454380",
        ("adaptive", "fixed"): "8454277",
        ("fixed", "adaptive"): "8454278",
    }[wanted, present]
    return OntapError(
        409, code, f'The name "{name}" of the {wanted} QoS policy is that of a {present} one already.', target="name"
    )


def minimum_above_maximum() -> OntapError:
    return OntapError(
        400, "8454194", "The minimum throughput must be less than or equal to the maximum throughput.", target="fixed"
    )


def adaptive_zero(field: str) -> OntapError:
    return OntapError(400, "8454273", f'The value of "{field}" must not be zero.', target=field)


def expected_above_peak() -> OntapError:
    return OntapError(
        400,
        "8454274",
        "The value of expected_iops must be less than or equal to that of peak_iops.",
        target="adaptive.expected_iops",
    )


def fixed_and_adaptive() -> OntapError:
    return OntapError(400, "8454389", 'The fields "fixed" and "adaptive" cannot be used together.', target="adaptive")


def name_and_limits() -> OntapError:
    return OntapError(
        400, "8454389", "A volume's QoS policy is given by name or uuid, or by its limits.", target="qos.policy"
    )


def cannot_become(kind: str) -> OntapError:
    code, present = ("8454327", "fixed") if kind == "adaptive" else ("8454328", "adaptive")
    return OntapError(400, code, f"The existing {present} QoS policy cannot be modified to {kind}.", target=kind)


def is_preset(name: str) -> OntapError:
    return OntapError(400, "8454286", f'The preset QoS policy "{name}" cannot be modified or deleted.', target="uuid")
