"""Public references, claim codes and keys: random, readable aloud, without look-alikes."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
CLAIM_LENGTH = 28  # 140 bits
VOUCHER_LENGTH = 16  # 80 bits: guessed at by nobody, and short enough to read out
REF_LENGTH = 8  # 40 bits: names a case, is no secret


def _random(length: int) -> str:
    return "".join(
        ALPHABET[byte % 32] for byte in secrets.token_bytes(length)
    )  # 32 divides 256: none is likelier


def _grouped(text: str) -> str:
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def new_reference() -> str:
    """A public reference such as `7K3M-9Q2X`: random, says nothing, opens nothing by itself."""
    return _grouped(_random(REF_LENGTH))


def new_claim_code() -> str:
    """A claim code of 140 random bits in groups of four; only its keyed hash is ever stored."""
    return _grouped(_random(CLAIM_LENGTH))


def new_voucher_code() -> str:
    """A single-use code of a trusted group, of 80 random bits in groups of four; only its keyed hash is ever stored."""
    return _grouped(_random(VOUCHER_LENGTH))


def tidy(text: str) -> str:
    """A reference or code as it was meant: upper case, look-alikes folded, anything between the groups dropped."""
    return "".join(c for c in text.upper().translate(_READ_AS) if c in ALPHABET)


def tidy_reference(text: str) -> str:
    """A reference as typed, in the form in which generated ones are stored."""
    return _grouped(tidy(text))


def new_key() -> str:
    """An idempotency key of 128 random bits, in hexadecimal."""
    return secrets.token_hex(16)


def new_payment_reference() -> str:
    """Ten characters that name a payment on a bank statement and say nothing else."""
    return _random(10)
