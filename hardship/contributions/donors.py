"""Donors: one row a name, found by a blind token, the name sealed under the donor's own key."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from hardship.contributions.models import Donor
from hardship.core import bulk
from hardship.core.models import DataKey
from hardship.core.prepared import Prepared
from hardship.core.runtime import Transaction
from hardship.core.vault import HOUSE, Vault

_DONOR = Donor.__table__  # type: ignore[attr-defined]
_KEY = DataKey.__table__  # type: ignore[attr-defined]
_LOCK_HOUSE = Prepared(select(_KEY.c.id).where(_KEY.c.id == HOUSE).with_for_update(key_share=True))


def donor_token(vault: Vault, name: str) -> bytes:
    """The blind token of a donor's name, trimmed and casefolded."""
    return vault.stable_token("donor", name.strip().casefold())


def donors(tx: Transaction, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The donor's number and token (in hexadecimal) for each name, made where there was none; "" is left out."""
    tokens = {name: donor_token(tx.vault, name) for name in set(names) if name}
    if not tokens:
        return {}
    tx.flush()
    connection = tx.connection
    found = _known(connection, set(tokens.values()))
    missing = {token: name for name, token in sorted(tokens.items()) if token not in found}
    if missing:
        found |= _add(tx, connection, missing)
    return {name: (found[token], token.hex()) for name, token in tokens.items()}


def _known(connection: Connection, tokens: set[bytes]) -> dict[bytes, int]:
    return {
        bytes(token): number for token, number in bulk.numbers(connection, _DONOR, "token", sorted(tokens))
    }


def _add(tx: Transaction, connection: Connection, missing: Mapping[bytes, str]) -> dict[bytes, int]:
    """Store new donors, and return their numbers. The house key's row is locked first, so that imports into two funds
    at once agree on who a new donor is; on SQLite every transaction that writes is alone as it is."""
    known: dict[bytes, int] = {}
    if connection.dialect.name != "sqlite":
        _LOCK_HOUSE.rows(connection)
        known = _known(connection, set(missing))
    keys, rows = [], []
    for token, name in missing.items():
        if token in known:
            continue
        key, sealer = tx.vault.mint_values(tx.at)
        keys.append(key)
        kept = sealer.seal("donor", "name", key["id"], name)
        rows.append({"token": token, "data_key_id": key["id"], "name": kept})
    bulk.add(connection, _KEY, keys)
    numbers = bulk.add_numbered(connection, _DONOR, "token", rows)
    return known | {row["token"]: number for row, number in zip(rows, numbers, strict=True)}
