"""What can be wrong with a request about a network interface."""

from ontaplab.errors import OntapError


def name_taken(name: str) -> OntapError:
    return OntapError(409, "1966140", f'An interface with the name "{name}" already exists.', target="name")


def address_taken(address: str, by: str) -> OntapError:
    return OntapError(409, "1376963", f'Duplicate IP address: {address} is used by "{by}".', target="ip.address")


def bad_address(address: str) -> OntapError:
    return OntapError(400, "53281680", f'"{address}" is an invalid value for field "ip.address".', target="ip.address")


def bad_prefix_length(netmask: str, version: int) -> OntapError:
    code, longest = ("1966267", 127) if version == 6 else ("1966269", 32)
    return OntapError(
        400,
        code,
        f'"{netmask}" is no netmask: the prefix length has to be between 1 and {longest}.',
        target="ip.netmask",
    )


def address_not_given() -> OntapError:
    return OntapError(400, "1967398", "Address must be specified by ip.address and ip.netmask.", target="ip.address")


def svm_not_given() -> OntapError:
    return OntapError(400, "1967127", 'svm.uuid or svm.name must be provided if scope is "svm".', target="svm")


def ipspace_not_given() -> OntapError:
    return OntapError(
        400, "1967128", 'ipspace.uuid or ipspace.name must be provided if scope is "cluster".', target="ipspace"
    )


def svm_in_cluster_scope() -> OntapError:
    return OntapError(400, "1967402", "A data SVM cannot be specified with cluster scope.", target="svm")


def svm_not_in_ipspace(ipspace: str) -> OntapError:
    return OntapError(400, "1967081", f'The specified SVM must exist in the IPspace "{ipspace}".', target="ipspace")


def no_home() -> OntapError:
    return OntapError(
        400,
        "1967111",
        "A home node must be specified by location.home_node, location.home_port or location.broadcast_domain.",
        target="location",
    )


def no_such_node(name: str) -> OntapError:
    return OntapError(400, "393271", f'Node "{name}" does not exist in the cluster.', target="location.home_node")


def no_such_port(name: str, field: str) -> OntapError:
    code = "1967130" if field == "location.home_port.name" else "1967133"
    return OntapError(400, code, f'The specified {field} "{name}" is not valid.', target=field)


def no_such_broadcast_domain(name: str) -> OntapError:
    return OntapError(
        400,
        "1967136",
        f'The specified location.broadcast_domain.name "{name}" is not valid.',
        target="location.broadcast_domain.name",
    )


def no_such_service_policy(name: str) -> OntapError:
    return OntapError(
        400, "53281065", f'The service_policy "{name}" does not exist in the SVM.', target="service_policy.name"
    )


def only_home() -> OntapError:
    return OntapError(
        400, "1967389", 'Patching location.is_home to the value "false" is not supported.', target="location.is_home"
    )
