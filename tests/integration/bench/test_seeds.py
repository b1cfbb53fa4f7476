"""The benchmarks' seeds are inserted past the services: they have to fit the schema as it is now."""

import pytest
from sqlmodel import select

from hardship.applications.models import Application
from hardship.core.runtime import Runtime
from tests.bench.seeds import applications, events, gifts


@pytest.mark.parametrize("seed", [applications, events, gifts], ids=lambda seed: str(seed.__name__))
def test_a_seed_fits_the_schema(sqlite_runtime: Runtime, seed: object) -> None:
    seed.stored(16)(sqlite_runtime)  # type: ignore[attr-defined]


def test_a_seeded_application_has_what_every_application_has(sqlite_runtime: Runtime) -> None:
    applications.stored(1)(sqlite_runtime)
    with sqlite_runtime.read() as session:
        (seeded,) = session.exec(select(Application)).all()
    bare = Application(**{name: None for name in ("ref", "round_id", "data_key_id", "claim_token")})
    for name in ("has_bank", "bank_check", "other_way", "language"):
        assert getattr(seeded, name) == getattr(bare, name)
