"""What can be wrong with moving a volume to another aggregate."""

from ontaplab.errors import OntapError


def same_aggregate(name: str) -> OntapError:
    return OntapError(
        400, "918265", f'The volume is on aggregate "{name}" already.', target="movement.destination_aggregate"
    )


def unknown_destination(name: str) -> OntapError:
    return OntapError(404, "918267", f'Aggregate "{name}" was not found.', target="movement.destination_aggregate.name")


def state_with_destination(state: str) -> OntapError:
    return OntapError(
        400,
        "918266",
        f'A movement cannot be started in state "{state}": of states only "cutover_wait" goes with an aggregate.',
        target="movement.state",
    )


def wrong_movement_state(state: str, why: str) -> OntapError:
    return OntapError(
        400, "918786", f'The movement\'s state cannot be set to "{state}": {why}.', target="movement.state"
    )


def source_not_initialized(name: str) -> OntapError:
    """Assumption: the code is the generic one for volume work."""
    return OntapError(
        400, "917536", f'Volume "{name}" is the source of a relationship that is not initialized; it cannot be moved.'
    )


def flexgroups_cannot_be_moved(name: str) -> OntapError:
    return OntapError(400, "13107371", f'"{name}" is a FlexGroup: it cannot be moved as a whole.', target="movement")
