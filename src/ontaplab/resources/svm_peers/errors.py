"""What can be wrong with a request about an SVM peer."""

from ontaplab.errors import OntapError


def exists(svm: str, peer: str) -> OntapError:
    """Assumption: the general code of a duplicate."""
    return OntapError(409, "1", f'SVMs "{svm}" and "{peer}" are peers already: duplicate entry.')


def alias_taken(name: str) -> OntapError:
    return OntapError(
        409, "9896086", f'The name "{name}" is that of another SVM here; give a different `name`.', target="name"
    )


def not_between_clusters(application: str) -> OntapError:
    return OntapError(400, "9895996", f'"{application}" is not for SVMs of different clusters.', target="applications")


def peer_svm_not_found(name: str, cluster: str) -> OntapError:
    return OntapError(404, "2621462", f'SVM "{name}" does not exist in cluster "{cluster}".', target="peer.svm.name")


def itself() -> OntapError:
    return OntapError(400, "26345577", "An SVM cannot be its own peer.", target="peer.svm.name")


def bad_transition(state: str, wanted: str) -> OntapError:
    return OntapError(
        400, "26345578", f'The SVM peer is "{state}" and cannot become "{wanted}" from here.', target="state"
    )
