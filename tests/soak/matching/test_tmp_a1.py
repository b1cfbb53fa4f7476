import sys
from hypothesis import settings, Phase, HealthCheck
from hypothesis.stateful import run_state_machine_as_test
from tests.integration.matching.machine import Money
import pytest
@pytest.mark.parametrize("kind", ["sqlite","postgresql"])
@pytest.mark.parametrize("seed", [0])
def test_x(kind, seed, make_runtime):
    class OnThis(Money): pass
    OnThis.make = staticmethod(lambda: make_runtime(kind))
    run_state_machine_as_test(OnThis, settings=settings(max_examples=8 if kind=="sqlite" else 10, stateful_step_count=30, derandomize=False, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)))
