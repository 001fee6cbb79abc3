"""What can be wrong with a request about an SVM peer permission."""

from ontaplab.errors import OntapError


def exists(svm: str, peer: str) -> OntapError:
    return OntapError(409, "9896057", f'SVM "{svm}" has a permission for peer cluster "{peer}" already.')
