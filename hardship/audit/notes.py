"""Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint), signed with Ed25519 (RFC 8032). Pure functions.

help.example.org
1255
qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=

— help.example.org base64(key hash ‖ signature)
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
_DASH = "\u2014 "
_LONGEST = 64 * 1024


@dataclass(frozen=True)
class Checkpoint:
    """The size and root (hexadecimal) of the tree as it was signed."""

    size: int
    root: str


def key_name(base_url: str) -> str:
    """The name of the log and of its key: the host of the public address."""
    return urlsplit(base_url).hostname or "localhost"


def write(name: str, checkpoint: Checkpoint, signer: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note."""
    text = f"{name}\n{checkpoint.size}\n{base64.b64encode(bytes.fromhex(checkpoint.root)).decode()}\n"
    stamp = _key_hash(name, signer.public_key()) + signer.sign(text.encode())
    return f"{text}\n{_DASH}{name} {base64.b64encode(stamp).decode()}\n"


def verifier_key(name: str, key: Ed25519PublicKey) -> str:
    """The public key in the form in which others are given it: name+hash+base64(type ‖ key)."""
    return (
        f"{name}+{_key_hash(name, key).hex()}+{base64.b64encode(ED25519 + key.public_bytes_raw()).decode()}"
    )


def read(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint in a note that `key` signed, under whatever name; raises `ValueError` saying what is wrong."""
    if len(note) > _LONGEST:
        raise ValueError("the checkpoint is too long")
    text, gap, signatures = note.replace("\r\n", "\n").partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) < 3 or not lines[0]:
        raise ValueError("this is no checkpoint")
    if not any(_signed(line, text + "\n", key) for line in signatures.splitlines()):
        raise ValueError("the checkpoint is not signed by this instance, or was changed")
    return _body(lines)


def _body(lines: list[str]) -> Checkpoint:
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error:
        raise ValueError("the checkpoint's root cannot be read") from None
    if not (lines[1].isascii() and lines[1].isdigit()) or len(lines[1]) > 18 or len(root) != 32:
        raise ValueError("the checkpoint's size or root cannot be read")
    return Checkpoint(int(lines[1]), root.hex())


def _signed(line: str, text: str, key: Ed25519PublicKey) -> bool:
    if not line.startswith(_DASH):
        return False
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        stamp = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    if stamp[:4] != _key_hash(name, key):
        return False
    try:
        key.verify(stamp[4:], text.encode())
    except InvalidSignature:
        return False
    return True


def _key_hash(name: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + key.public_bytes_raw()).digest()[:4]
