"""Passwords: argon2id with 19 MiB, two passes, one lane (OWASP, Password Storage Cheat Sheet). About 50 ms a time,
so never inside a transaction that holds a lock."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from hardship.core.errors import BadInput

MIN_LENGTH = 8  # with a second factor at every sign-in (NIST SP 800-63B-4, 3.1.1.2)
MAX_LENGTH = 200

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """A hash that no password is known for: checked in place of a missing one, so that both take as long."""
    return _HASHER.hash("\x00 nobody's")


def hash_password(password: str) -> str:
    """The hash to store; the empty text for no password. Raises `BadInput` for one that is too short or too long."""
    if not password:
        return ""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadInput(
            f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters",
            where="password",
            fix="Choose another one.",
        )
    return _HASHER.hash(password)


def matches(stored: str, given: str) -> bool:
    """Whether the password is the right one. Takes as long for a stored hash as for none."""
    try:
        _HASHER.verify(stored or _nobodys(), given)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return bool(stored)
