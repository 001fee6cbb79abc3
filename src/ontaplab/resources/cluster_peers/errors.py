"""What can be wrong with a request about a cluster peer."""

from ontaplab.errors import OntapError


def address_is_local(address: str) -> OntapError:
    return OntapError(400, "4656100", f"{address} is an address of this cluster.", target="remote.ip_addresses")


def passphrase_without_address() -> OntapError:
    return OntapError(400, "4656069", "A passphrase needs the remote addresses.", target="authentication.passphrase")


def passphrase_too_short(shortest: int) -> OntapError:
    return OntapError(
        400,
        "4653236",
        f"The passphrase has to have {shortest} characters at least.",
        target="authentication.passphrase",
    )


def expired() -> OntapError:
    return OntapError(400, "4653229", "The expiry time is in the past.", target="authentication.expiry_time")


def expires_too_late() -> OntapError:
    return OntapError(
        400, "4655058", "The expiry time is more than 7 days from now.", target="authentication.expiry_time"
    )


def bad_address(address: str) -> OntapError:
    return OntapError(400, "4653368", f'"{address}" is no peer address.', target="remote.ip_addresses")


def mixed_families() -> OntapError:
    return OntapError(
        400, "4653708", "The specified addresses must be of the same address family.", target="remote.ip_addresses"
    )


def no_interface() -> OntapError:
    return OntapError(
        400,
        "4656095",
        "The address family of the specified peer addresses is not valid in IPspace Default: no intercluster interface"
        " of that family is up. Use /api/network/ip/interfaces to verify that the required interfaces are present.",
        target="remote.ip_addresses",
    )


def is_peered(name: str) -> OntapError:
    return OntapError(409, "4653075", f'Cluster "{name}" is a peer already.', target="remote")


def is_in_use(name: str) -> OntapError:
    """Assumption: the text."""
    return OntapError(
        409, "4653079", f'Cluster peer "{name}" cannot be deleted: SVM peer relationships use it.', target="uuid"
    )


def no_such_offer() -> OntapError:
    return OntapError(403, "4653061", "No offer with this passphrase waits for this cluster.")


def not_found(name: str) -> OntapError:
    return OntapError(400, "9895941", f'Cluster "{name}" is not a peer of this cluster.', target="peer.cluster.name")
