"""Logs say what happened, never to whom."""

import json

import pytest

from hardship.core.logs import configure, log


def fail_with(text: str) -> None:
    """An error whose message quotes what somebody typed."""
    raise ValueError(text)


def test_what_is_not_known_to_be_harmless_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    """An address passed by mistake does not reach the log."""
    configure()
    log().info("request", status=200, email="ada@example.org", name="Ada")
    line = json.loads(capsys.readouterr().err)
    assert line["status"] == 200
    assert "ada" not in json.dumps(line).lower()


def test_an_exception_is_told_by_its_type_and_places_only(capsys: pytest.CaptureFixture[str]) -> None:
    """What the exception quotes stays out."""
    configure()
    try:
        fail_with("Ada Lovelace, 20-00-00 55779911")
    except ValueError as error:
        log().error("failed", exc_info=error)
    line = json.loads(capsys.readouterr().err)
    assert line["error"] == "ValueError"
    assert any("fail_with" in place for place in line["places"])
    assert "Lovelace" not in json.dumps(line)
