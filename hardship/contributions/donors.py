"""Donors: one row a name, found by a blind token, the name sealed under the donor's own key."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select

from hardship.contributions.models import Donor
from hardship.core.models import DataKey
from hardship.core.runtime import Transaction
from hardship.core.vault import HOUSE, Vault

_DONOR = Donor.__table__  # type: ignore[attr-defined]
_KEY = DataKey.__table__  # type: ignore[attr-defined]
_CHUNK = 500


def donor_token(vault: Vault, name: str) -> bytes:
    """The blind token of a donor's name, trimmed and casefolded."""
    return vault.stable_token("donor", name.strip().casefold())


def donors(tx: Transaction, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The donor's number and token (in hexadecimal) for each name, made where there was none; "" is left out."""
    tokens = {name: donor_token(tx.vault, name) for name in set(names) if name}
    if not tokens:
        return {}
    tx.session.flush()
    connection = tx.session.connection()
    found = _known(connection, set(tokens.values()))
    missing = {token: name for name, token in sorted(tokens.items()) if token not in found}
    if missing:
        _add(tx, connection, missing)
        found |= _known(connection, set(missing))
    return {name: (found[token], token.hex()) for name, token in tokens.items()}


def _known(connection: Connection, tokens: set[bytes]) -> dict[bytes, int]:
    wanted = sorted(tokens)
    found: dict[bytes, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        rows = connection.execute(select(_DONOR.c.token, _DONOR.c.id).where(_DONOR.c.token.in_(part)))
        found |= {bytes(row.token): row.id for row in rows}
    return found


def _add(tx: Transaction, connection: Connection, missing: Mapping[bytes, str]) -> None:
    """Store new donors. The house key's row is locked first, so that imports into two funds at once agree on who a
    new donor is."""
    connection.execute(select(_KEY.c.id).where(_KEY.c.id == HOUSE).with_for_update(key_share=True))
    known = _known(connection, set(missing))
    keys, rows = [], []
    for token, name in missing.items():
        if token in known:
            continue
        key, sealer = tx.vault.mint_values(tx.at)
        keys.append(key)
        kept = sealer.seal("donor", "name", key["id"], name)
        rows.append({"token": token, "data_key_id": key["id"], "name": kept})
    if rows:
        connection.execute(insert(_KEY), keys)
        connection.execute(insert(_DONOR), rows)
