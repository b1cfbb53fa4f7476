"""The second factor: six digits every thirty seconds (RFC 6238, SHA-1), each step used at most once."""

import base64
import binascii
import datetime as dt
import hmac
import unicodedata

import pyotp

from hardship.core.errors import BadInput

STEP_SECONDS = 30
DIGITS = 6
MIN_SECRET_BYTES = 14
DRIFT = 1  # steps that a telephone's clock may be off, either way


def new_secret() -> str:
    """A fresh secret in base 32, 160 bits."""
    return pyotp.random_base32()


def checked_secret(secret: str) -> str:
    """A secret made elsewhere; raises `BadInput` for one that is no base 32 or has less than 112 bits (NIST SP
    800-63B-4, 3.1.4.1)."""
    try:
        decoded = base64.b32decode(secret + "=" * (-len(secret) % 8))
    except binascii.Error:
        decoded = b""
    if len(decoded) < MIN_SECRET_BYTES:
        raise BadInput(
            "not a secret of a second factor", where="secret", fix="Use base 32 of 112 bits or more."
        )
    return secret


def step_of(at: dt.datetime) -> int:
    """The number of the step that an instant falls into."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int) -> str:
    """The six digits of one step."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).generate_otp(step)


def accepted_step(secret: str, given: str, at: dt.datetime, last_step: int) -> int | None:
    """The step whose code was given, or None. A step up to `last_step` was used and is never taken again."""
    code = "".join(c for c in unicodedata.normalize("NFKC", given) if c.isdigit())
    now = step_of(at)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()) and step > last_step:
            found = step
    return found


def next_usable(at: dt.datetime, last_step: int) -> int | None:
    """The earliest step from now on whose code is still accepted, or None when every one near was used."""
    step = max(step_of(at), last_step + 1)
    return step if step <= step_of(at) + DRIFT else None


def provisioning_uri(secret: str, email: str, issuer: str) -> str:
    """The address that an authenticator application reads (from a QR code)."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(
        name=email, issuer_name=issuer
    )
