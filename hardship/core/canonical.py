"""One way to write a value as bytes, so that equal things have equal hashes."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """`value` as JSON with sorted keys, no spaces and no floats, in UTF-8."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256_hex(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return sha256_hex(canonical(value))
