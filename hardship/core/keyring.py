"""The keyring: a file outside the database and its backups that holds every root secret.

Key-encryption keys are versioned, so that rotation re-wraps data keys without touching what they seal. The other
secrets stay for the life of the instance: `token_key` for stable blind tokens (donors, claim codes, rate limits),
`mac_key` for the head of the event log, `signing_key` (Ed25519) for checkpoints and statements.
"""

import base64
import json
import os
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hardship.core.canonical import canonical, sha256_hex
from hardship.core.errors import Broken

KEY_BYTES = 32
_SECRETS = ("token_key", "mac_key", "signing_key")


@dataclass(frozen=True)
class Keyring:
    """The root secrets, in memory. `purpose` is `demo` for a keyring that production refuses."""

    id: str
    purpose: str
    current: int
    keks: dict[int, bytes]
    token_key: bytes
    mac_key: bytes
    signing_key: bytes

    def __repr__(self) -> str:
        return f"Keyring(id={self.id!r}, versions={sorted(self.keks)})"

    @property
    def kek(self) -> bytes:
        """The key-encryption key that new data keys are wrapped with."""
        return self.keks[self.current]


def generate(purpose: str) -> Keyring:
    """A new keyring with one version."""
    return Keyring(
        id=secrets.token_hex(16),
        purpose=purpose,
        current=1,
        keks={1: secrets.token_bytes(KEY_BYTES)},
        token_key=secrets.token_bytes(KEY_BYTES),
        mac_key=secrets.token_bytes(KEY_BYTES),
        signing_key=secrets.token_bytes(KEY_BYTES),
    )


def with_new_version(ring: Keyring) -> Keyring:
    """The keyring with one more version, which new keys are wrapped with from now on."""
    version = max(ring.keks) + 1
    return replace(ring, current=version, keks=ring.keks | {version: secrets.token_bytes(KEY_BYTES)})


def without_version(ring: Keyring, version: int) -> Keyring:
    """The keyring without a version, and so without all that only it can open; raises `ValueError` for the current."""
    if version == ring.current:
        raise ValueError("the current version is in use")
    return replace(ring, keks={number: key for number, key in ring.keks.items() if number != version})


def save(ring: Keyring, path: Path) -> None:
    """Write the keyring whole or not at all, readable by its owner only (mode 0600)."""
    body: dict[str, Any] = {
        "format": 1,
        "id": ring.id,
        "purpose": ring.purpose,
        "current": ring.current,
        "keks": {str(version): _encode(key) for version, key in sorted(ring.keks.items())},
    }
    body |= {name: _encode(getattr(ring, name)) for name in _SECRETS}
    body["digest"] = _digest(body)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(body, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too: after a power cut it is either the old keyring or the new one
    finally:
        os.close(folder)


def load(path: Path) -> Keyring:
    """Read the keyring; raises `Broken` when it is missing, unreadable, malformed or open to others."""
    where = str(path)
    try:
        mode = path.stat().st_mode
        body = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Broken(
            "the keyring is missing", where=where, fix="Put it back, or point HARDSHIP_KEYRING at it."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise Broken(
            f"the keyring cannot be read ({type(error).__name__})", where=where, fix="Put a good copy back."
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise Broken("the keyring can be read by others", where=where, fix=f"Run: chmod 600 {where}")
    try:
        keks = {int(version): _decode(key) for version, key in body["keks"].items()}
        ring = Keyring(
            id=str(body["id"]),
            purpose=str(body["purpose"]),
            current=int(body["current"]),
            keks=keks,
            **{name: _decode(body[name]) for name in _SECRETS},
        )
        ring.kek  # noqa: B018 — the current version has to be there
        if body["format"] != 1 or body.get("digest", _digest(body)) != _digest(body):
            raise ValueError("not as it was written")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Broken("the keyring is damaged", where=where, fix="Put a good copy back.") from None
    return ring


def _digest(body: dict[str, Any]) -> str:
    """A digest of all that a keyring's file says, so that a secret that was damaged is told from a good one."""
    return sha256_hex(canonical({name: value for name, value in body.items() if name != "digest"}))


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _decode(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError("a key of the wrong length")
    return key
