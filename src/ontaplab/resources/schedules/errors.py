"""What can be wrong with a request about a schedule."""

from ontaplab.errors import OntapError


def only_cron() -> OntapError:
    return OntapError(
        400, "458788", "The lab's schedules are cron schedules; an interval is not simulated.", target="interval"
    )


def no_such_instant(expression: str) -> OntapError:
    return OntapError(400, "458788", f'The schedule is invalid: "{expression}" never occurs.', target="cron")


def is_built_in() -> OntapError:
    return OntapError(400, "459762", "A system-level schedule cannot be modified or deleted.", target="uuid")


def is_used(by: str) -> OntapError:
    return OntapError(409, "459758", f"The schedule cannot be deleted: it is in use by {by}.", target="uuid")


def name_taken(name: str) -> OntapError:
    return OntapError(409, "1", f'A schedule named "{name}" exists already: duplicate entry.', target="name")


def not_found(name: str) -> OntapError:
    return OntapError(400, "6619699", f'Schedule "{name}" was not found.', target="transfer_schedule")
