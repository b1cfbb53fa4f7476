"""Using up a code: looked at when it is typed, used up when the application comes in, once."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, text
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.vouching.codes import DETAILS, OF_WAY, Way, could_be_code, was_taken, way_of
from hardship.applications.vouching.models import (
    ApplicationVouching,
    VoucherBatch,
    VoucherCode,
    VoucherGroup,
    VoucherUse,
)
from hardship.applications.vouching.transitions import BatchState, VouchingState
from hardship.core.clock import day_of
from hardship.core.refs import tidy
from hardship.core.runtime import Transaction
from hardship.core.vault import Vault
from hardship.funds.models import Round

_FOUND = (
    select(VoucherBatch, VoucherGroup, VoucherUse.token)
    .join(VoucherCode, col(VoucherCode.batch_id) == col(VoucherBatch.id))
    .join(VoucherGroup, col(VoucherGroup.id) == col(VoucherBatch.group_id))
    .outerjoin(VoucherUse, col(VoucherUse.token) == col(VoucherCode.token))
    .where(col(VoucherCode.token) == bindparam("token"))
)
# Two who use codes of one batch do not wait for each other; who cancels it waits for both.
_SHARED = _FOUND.with_for_update(read=True, of=VoucherBatch).execution_options(populate_existing=True)
# The key of the table decides a race: whoever comes second waits, and then changes nothing.
_USE = text("INSERT INTO voucher_use (token) VALUES (:token) ON CONFLICT (token) DO NOTHING")


def code_token(vault: Vault, typed: str) -> bytes:
    """What is stored of a code: a keyed hash, the same however it is typed."""
    return vault.stable_token("voucher", tidy(typed))


def is_known(session: Session, vault: Vault, round_: Round, typed: str, at: dt.datetime) -> bool:
    """Whether this is a code of ours that counts, or counted, for `round_` and this day.

    A code that was used up is known like any other: a group has the codes that it gave away, and could else try them
    here to find out who came.
    """
    return could_be_code(typed) and _look(session, vault, round_, typed, at) is not VouchingState.CODE_UNKNOWN


def redeem(
    tx: Transaction,
    round_: Round,
    given: Mapping[str, str],
    at: dt.datetime,
    again_of_id: int | None = None,
) -> tuple[dict[str, str], VouchingState | None]:
    """The answers as they are to be kept, and what becomes of what was given to vouch; None where nothing was.

    A code counts by the day `at` on which the application was sent. One that counts is used up. A code of ours is not
    kept, whether it counts or was used up before, so that not even a copy of one's data tells which. What is none is
    kept, sealed, for a person to look at; nobody is refused. Whoever asks again, after the case `again_of_id`,
    need not give their code again: in one round it stands as it stood.
    """
    if was_taken(given) and again_of_id is not None:
        kept = {name: text for name, text in given.items() if name not in DETAILS}
        return kept, _before(tx.session, round_, again_of_id)
    way = way_of(given)
    kept = {name: text for name, text in given.items() if name not in _surplus(way, given)}
    if way is None:
        return kept, None
    if way not in (Way.CODE, Way.MEMBERSHIP):
        return kept | {"vouching": way.value}, VouchingState.TO_CONFIRM
    found = _use_up(tx, round_, kept["voucher"], at)
    if found is not VouchingState.CODE_UNKNOWN:
        del kept["voucher"]
        return kept | {"vouching": Way.CODE.value}, found
    return kept, found if given.get("vouching") == Way.CODE else VouchingState.TO_CONFIRM


def _before(session: Session, round_: Round, again_of_id: int) -> VouchingState:
    """How it stood with their earlier case in this round; with one of another round a person looks."""
    wanted = (
        select(ApplicationVouching.state)
        .join(Application, col(Application.id) == col(ApplicationVouching.application_id))
        .where(Application.id == again_of_id, Application.round_id == round_.id)
    )
    found = session.exec(wanted).first()
    return VouchingState.TO_CONFIRM if found is None else VouchingState(found)


def _surplus(way: Way | None, given: Mapping[str, str]) -> set[str]:
    """The answers that belong to another way than the chosen one: nobody needs them."""
    if not given.get("vouching"):
        return set()
    return {"vouching", *DETAILS} if way is None else set(DETAILS) - set(OF_WAY[way])


def _use_up(tx: Transaction, round_: Round, typed: str, at: dt.datetime) -> VouchingState:
    if not could_be_code(typed):
        return VouchingState.CODE_UNKNOWN
    found = _look(tx.session, tx.vault, round_, typed, at, locked=True)
    if found is not VouchingState.CODE_VALID:
        return found
    done = tx.session.connection().execute(_USE, {"token": code_token(tx.vault, typed)})
    first = cast("CursorResult[Any]", done).rowcount == 1
    return VouchingState.CODE_VALID if first else VouchingState.CODE_USED


def _look(
    session: Session, vault: Vault, round_: Round, typed: str, at: dt.datetime, *, locked: bool = False
) -> VouchingState:
    """How a code stands: it counts, was used before, or is none for this round and day."""
    asked = {"token": code_token(vault, typed)}
    found = session.exec(_SHARED if locked else _FOUND, params=asked).first()
    if found is None:
        return VouchingState.CODE_UNKNOWN
    batch, group, used = found
    here = group.fund_id == round_.fund_id and group.round_id in (None, round_.id)
    if not here or batch.state is not BatchState.ISSUED or day_of(at) > batch.expires_on:
        return VouchingState.CODE_UNKNOWN
    return VouchingState.CODE_VALID if used is None else VouchingState.CODE_USED
