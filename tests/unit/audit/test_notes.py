"""Checkpoints in the form of signed notes."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardship.audit.notes import Checkpoint, key_name, read, verifier_key, write

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
STANDS = Checkpoint(1255, "ab" * 32)


def test_a_note_reads_back() -> None:
    """What was signed is what is read."""
    assert read(write("help.example.org", STANDS, KEY), KEY.public_key()) == STANDS


def test_a_note_has_the_published_form() -> None:
    """Three lines, a blank one, and the signature: a dash, the name, key hash and signature in base 64."""
    lines = write("help.example.org", STANDS, KEY).split("\n")
    assert lines[:2] == ["help.example.org", "1255"]
    assert base64.b64decode(lines[2]).hex() == STANDS.root
    assert lines[3] == ""
    assert lines[5:] == [""]
    dash, name, stamp = lines[4].split(" ")
    assert (dash, name) == ("—", "help.example.org")
    public = KEY.public_key().public_bytes_raw()
    expected = hashlib.sha256(b"help.example.org\n\x01" + public).digest()[:4]
    assert base64.b64decode(stamp)[:4] == expected
    KEY.public_key().verify(base64.b64decode(stamp)[4:], ("\n".join(lines[:3]) + "\n").encode())
    assert verifier_key("help.example.org", KEY.public_key()).startswith(
        f"help.example.org+{expected.hex()}+"
    )


@pytest.mark.parametrize(
    "bent",
    [
        "",
        "nothing of the kind",
        write("help.example.org", STANDS, OTHER),
        write("help.example.org", STANDS, KEY).replace("1255", "1256"),
        write("help.example.org", STANDS, KEY).replace("— ", "- "),
        write("help.example.org", STANDS, KEY).replace("— help.example.org ", "— help.example.org @"),
        "x" * 70_000,
    ],
)
def test_a_note_that_we_did_not_sign_is_refused(bent: str) -> None:
    """Another key, another size, another form."""
    with pytest.raises(ValueError):
        read(bent, KEY.public_key())


@pytest.mark.parametrize("body", ["a\n-1\nqqo=\n", "a\n٣\nqqo=\n", "a\n3\n???\n", "a\n3\nqqo=\n"])
def test_a_signed_note_about_something_else_is_refused(body: str) -> None:
    """The signature alone does not make it a checkpoint."""
    public = KEY.public_key()
    stamp = hashlib.sha256(b"a\n\x01" + public.public_bytes_raw()).digest()[:4] + KEY.sign(body.encode())
    with pytest.raises(ValueError, match="cannot be read"):
        read(f"{body}\n— a {base64.b64encode(stamp).decode()}\n", public)


def test_the_key_is_named_after_the_host() -> None:
    """The public address gives the name."""
    assert key_name("https://help.example.org:8443/x") == "help.example.org"
