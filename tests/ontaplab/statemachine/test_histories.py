"""Two clusters that are asked at random do what the model does."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.ontaplab.statemachine.machine import Histories

_soaking = settings.get_current_profile_name() == "soak"

TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=settings().max_examples if _soaking else 8,
    stateful_step_count=50 if _soaking else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
