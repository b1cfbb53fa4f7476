"""Structured logs without personal data: JSON lines on stderr, only fields that are known to be harmless.

A log call carries named values; whatever is not on the list of `HARMLESS` fields is dropped, and an exception is
told by its type and the places it passed through, never by its message, which may quote what somebody typed.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, cast

import structlog

HARMLESS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "endpoint",
        "status",
        "milliseconds",
        "actor_kind",
        "actor_id",
        "permission",
        "job",
        "done",
        "attempt",
        "batch",
        "rail",
        "count",
        "error",
        "places",
        "retry_in_seconds",
    }
)


def configure(level: int = logging.INFO) -> None:
    """Set the logs up for this process; again is harmless."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            told_by_type,
            only_harmless,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log() -> structlog.typing.FilteringBoundLogger:
    """The process's log."""
    return cast(structlog.typing.FilteringBoundLogger, structlog.get_logger())


def told_by_type(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put an exception's type and the places it passed through in place of the exception itself."""
    error = fields.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        fields["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        fields["places"] = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames
        ]
    return fields


def only_harmless(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every field that is not known to be harmless."""
    return {name: value for name, value in fields.items() if name in HARMLESS}
