"""Sealed fields and blind tokens.

A sealed field is AES-256-GCM under one person's data key; its additional data names the table, column and row, so a
value moved elsewhere does not open. A blind token is HMAC-SHA-256, cut to 128 bits, over a normalised value: equal
values give equal tokens under one epoch's key, and nothing more can be learned without it (NIST SP 800-38D, RFC 2104).
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from hardship.core.errors import Broken, NotFound
from hardship.core.keyring import KEY_BYTES, Keyring, load
from hardship.core.models import DataKey, KeyringMark, TokenEpoch

NONCE_BYTES = 12
TOKEN_BYTES = 16
_KEYS = select(DataKey.id, DataKey.kek_version, DataKey.wrapped).where(
    col(DataKey.id).in_(bindparam("ids", expanding=True))
)
HOUSE = "house"  # the data key of the organisation itself


_EPOCH = TokenEpoch.__table__  # type: ignore[attr-defined]
# Made once: every application that comes in asks for it.
_LIVE_EPOCHS = (
    core_select(_EPOCH.c.id, _EPOCH.c.kek_version, _EPOCH.c.wrapped)
    .where(_EPOCH.c.wrapped.is_not(None))
    .order_by(_EPOCH.c.id)
)


def _mark_of(path: Path | None) -> tuple[int, int] | None:
    """What changes when a file is replaced by another; None where there is none."""
    try:
        found = path.stat() if path else None
    except FileNotFoundError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None


def _encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _decrypt(key: bytes, blob: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], bound)
    except InvalidTag:
        raise Broken(
            "a sealed value does not open",
            where=bound.decode(errors="replace"),
            fix="It was changed, moved, or belongs to another keyring: restore it from a backup.",
        ) from None


@dataclass(frozen=True)
class Sealer:
    """Seals and opens the fields of one person (one data key)."""

    key_id: str
    key: bytes

    def __repr__(self) -> str:
        return f"Sealer({self.key_id!r})"

    def seal(self, table: str, column: str, row: str, value: str | None) -> bytes | None:
        """`value` sealed for this table, column and row; None and the empty text stay None."""
        return None if not value else _encrypt(self.key, value.encode(), self._bound(table, column, row))

    def open(self, table: str, column: str, row: str, blob: bytes | None) -> str | None:
        """The value, or None where there is none; raises `Broken` when it is not what was sealed here."""
        return None if blob is None else _decrypt(self.key, blob, self._bound(table, column, row)).decode()

    def seal_bytes(self, table: str, column: str, row: str, value: bytes) -> bytes:
        """Bytes, such as a picture, sealed for this table, column and row."""
        return _encrypt(self.key, value, self._bound(table, column, row))

    def open_bytes(self, table: str, column: str, row: str, blob: bytes) -> bytes:
        """The bytes; raises `Broken` when they are not what was sealed here."""
        return _decrypt(self.key, blob, self._bound(table, column, row))

    def _bound(self, table: str, column: str, row: str) -> bytes:
        return f"{table}|{column}|{row}|{self.key_id}".encode()


class Vault:
    """Everything that needs a secret, given the keyring; with its `path` a keyring that was rotated by another process is
    read again."""

    def __init__(self, keyring: Keyring, path: Path | None = None) -> None:
        self.keyring = keyring
        self.path = path
        self._mark = _mark_of(path)

    def refresh(self) -> None:
        """Read the keyring again if its file changed: a process that runs on learns of a rotation."""
        mark = _mark_of(self.path)
        if self.path is None or mark is None or mark == self._mark:
            return
        fresh = load(self.path)
        if fresh.id == self.keyring.id:  # another instance's is none of ours
            self.keyring, self._mark = fresh, mark

    # Data keys

    def mint(self, at: dt.datetime, key_id: str | None = None) -> tuple[DataKey, Sealer]:
        """A new data key, as the row to store and the sealer to use; nothing is stored yet."""
        values, sealer = self.mint_values(at, key_id)
        return DataKey(**values), sealer

    def mint_values(self, at: dt.datetime, key_id: str | None = None) -> tuple[dict[str, Any], Sealer]:
        """The same, as plain values for an insert of many rows."""
        self.refresh()
        identity = key_id or secrets.token_hex(16)
        key = secrets.token_bytes(KEY_BYTES)
        wrapped = _encrypt(self.keyring.kek, key, f"data_key|{identity}".encode())
        values = {
            "id": identity,
            "kek_version": self.keyring.current,
            "wrapped": wrapped,
            "created_at": at,
            "destroyed_at": None,
        }
        return values, Sealer(identity, key)

    def new_person(self, session: Session, at: dt.datetime) -> Sealer:
        """A sealer with a data key of its own, stored in the session."""
        row, sealer = self.mint(at)
        session.add(row)
        session.flush()
        return sealer

    def _unwrapped(self, identity: str, version: int, wrapped: bytes) -> Sealer:
        return Sealer(identity, _decrypt(self._kek(version), wrapped, f"data_key|{identity}".encode()))

    def person(self, session: Session, key_id: str) -> Sealer:
        """The sealer of one person; raises `NotFound` when they were erased."""
        row = session.get(
            DataKey, key_id
        )  # at no cost where the caller has read it along with something else
        if row is None or row.wrapped is None:
            raise NotFound("this person's details were erased", fix="They cannot be read again.")
        return self._unwrapped(row.id, row.kek_version, row.wrapped)

    def people(self, session: Session, key_ids: set[str]) -> Mapping[str, Sealer]:
        """The sealers of several people at once; the erased are left out."""
        found: dict[str, Sealer] = {}
        wanted = sorted(key_ids)
        for start in range(0, len(wanted), 500):
            rows = session.exec(_KEYS, params={"ids": wanted[start : start + 500]})
            found |= {
                identity: self._unwrapped(identity, version, wrapped)
                for identity, version, wrapped in rows
                if wrapped is not None
            }
        return found

    def house(self, session: Session) -> Sealer:
        """The sealer for what belongs to the organisation itself (made by `install`)."""
        return self.person(session, HOUSE)

    def rewrapped(self, identity: str, version: int, wrapped: bytes) -> bytes:
        """A data key wrapped by the keyring's current version; what it seals is untouched."""
        bound = f"data_key|{identity}".encode()
        return _encrypt(self.keyring.kek, _decrypt(self._kek(version), wrapped, bound), bound)

    def rewrapped_epoch(self, version: int, wrapped: bytes) -> bytes:
        """The key of a token epoch wrapped by the keyring's current version."""
        return _encrypt(
            self.keyring.kek, _decrypt(self._kek(version), wrapped, b"token_epoch"), b"token_epoch"
        )

    def _kek(self, version: int) -> bytes:
        if version not in self.keyring.keks:
            self.refresh()
        try:
            return self.keyring.keks[version]
        except KeyError:
            raise Broken(
                f"the keyring has no version {version}",
                fix="Put back the keyring that belongs to this database.",
            ) from None

    # Blind tokens

    def new_epoch(self, at: dt.datetime) -> TokenEpoch:
        """A new token epoch with a random key, to be stored."""
        self.refresh()
        epoch = TokenEpoch(kek_version=self.keyring.current, created_at=at)
        epoch.wrapped = _encrypt(self.keyring.kek, secrets.token_bytes(KEY_BYTES), b"token_epoch")
        return epoch

    def epochs(self, session: Session) -> dict[int, bytes]:
        """The keys of the live epochs by number, oldest first."""
        session.flush()
        rows = session.connection().execute(_LIVE_EPOCHS)
        return {row.id: _decrypt(self._kek(row.kek_version), row.wrapped, b"token_epoch") for row in rows}

    @staticmethod
    def token(epoch_key: bytes, kind: str, value: str) -> bytes:
        """The blind token of a normalised value, 16 bytes, under one epoch's key."""
        field_key = hmac.digest(epoch_key, kind.encode(), hashlib.sha256)
        return hmac.digest(field_key, value.encode(), hashlib.sha256)[:TOKEN_BYTES]

    def stable_token(self, kind: str, value: str) -> bytes:
        """A blind token that lasts as long as the keyring, 16 bytes: donors, claim codes, rate limits."""
        return self.token(self.keyring.token_key, kind, value)

    # Signatures

    def mac(self, message: bytes) -> str:
        """A keyed digest of what only this instance may state, in hexadecimal."""
        return hmac.new(self.keyring.mac_key, message, hashlib.sha256).hexdigest()

    @property
    def signer(self) -> Ed25519PrivateKey:
        """The instance's signing key (RFC 8032)."""
        return Ed25519PrivateKey.from_private_bytes(self.keyring.signing_key)

    # The mark that ties keyring and database together

    def install(self, session: Session, at: dt.datetime) -> None:
        """Mark a new database as this keyring's, with its house key and first epoch; again is no change.

        Raises `Broken` for a database that belongs to another keyring.
        """
        mark = session.get(KeyringMark, 1)
        if mark is None:
            oldest = min(self.keyring.keks)
            session.add(KeyringMark(keyring_id=self.keyring.id, proof=self._proof(), oldest=oldest))
        else:
            self._belongs(mark)
        if session.get(DataKey, HOUSE) is None:
            session.add(self.mint(at, HOUSE)[0])
        if not self.epochs(session):
            session.add(self.new_epoch(at))
        session.flush()

    def check(self, session: Session) -> None:
        """Raise `Broken` unless this keyring belongs to this database and opens its house key."""
        mark = session.get(KeyringMark, 1)
        if mark is None:
            raise Broken("the database has no keyring yet", fix="Run: hardship init")
        self._belongs(mark)
        self.house(session)

    def _belongs(self, mark: KeyringMark) -> None:
        if mark.keyring_id != self.keyring.id or not hmac.compare_digest(mark.proof, self._proof()):
            raise Broken(
                "the keyring belongs to another database",
                fix="Point HARDSHIP_KEYRING at the one that belongs here.",
            )

    def _proof(self) -> str:
        return self.mac(f"keyring|{self.keyring.id}".encode())
