"""What can be wrong with a request about a job."""

from ontaplab.errors import OntapError


def is_over() -> OntapError:
    return OntapError(409, "458762", "The job has ended already.", target="uuid")


def cannot_cancel() -> OntapError:
    return OntapError(400, "458784", "This job cannot be cancelled.", target="uuid")


def cannot_pause() -> OntapError:
    return OntapError(400, "458783", "This job cannot be paused.", target="uuid")


def not_running() -> OntapError:
    return OntapError(409, "458776", "The job is not paused.", target="uuid")
