"""The command line on the test's runtime."""

from pathlib import Path

import pytest

from hardship.core.runtime import Runtime
from tests.integration.matching.helpers import Shell


@pytest.fixture
def shell(
    runtime: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """`hardship …` on the runtime of both databases."""
    return Shell(runtime, tmp_path, capsys, monkeypatch)
