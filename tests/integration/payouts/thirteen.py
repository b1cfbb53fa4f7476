"""Scenario 9: a batch in thirteen files, one debit each, and two returns; at the size of the scenario or smaller."""

from pathlib import Path

from sqlmodel import col, select

from hardship.awards.transitions import AwardState
from hardship.core.canonical import sha256_hex
from hardship.core.clock import day_of
from hardship.core.runtime import Runtime
from hardship.payouts import files, queries, service, shapes, statements_in
from hardship.payouts.models import Attempt
from hardship.payouts.service import Reconciled
from hardship.payouts.statement_files import read_statement
from hardship.payouts.transitions import BatchState, PaymentState
from tests.integration.payouts.camt import Entry, camt
from tests.integration.payouts.helpers import GRANT, House, a_house
from tests.integration.payouts.test_bank_files import sent, settings

S = PaymentState


def take_in(house: House, data: bytes, name: str = "april.xml") -> Reconciled:
    """Read a file and take it in, as the command and the page do."""
    with house.runtime.read() as session:
        known = shapes.shapes(session)
    read = read_statement(data, Path(name), today=day_of(house.runtime.clock.now()), shapes=known)
    given = {"lines": read.lines, "sha256": sha256_hex(data), "about": read.about}
    return house.runtime.transact(house["finance"], service.reconcile, **given)


def codes(house: House) -> list[str]:
    """The codes of the tries, in order."""
    with house.runtime.read() as session:
        return list(session.exec(select(Attempt.reference).order_by(col(Attempt.id))).all())


def thirteen_files(runtime: Runtime, size: int, last: int) -> None:
    """Twelve files of `size` payments and one of `last` go out, are debited whole, and two payments come back."""
    count = 12 * size + last
    budget = f"{count * 200}.00"
    house = a_house(runtime, money=count * GRANT, budget=budget)
    settings(house, f'[fund.bank_file]\nsize = {size}\ndebits = "total"\n', budget=budget)
    ref = sent(house, count)
    with runtime.read() as session:
        made = [
            (one.count, one.amount_minor)
            for one in files.files_of(session, queries.batch_named(session, ref))
        ]
    assert made == [(size, size * GRANT)] * 12 + [(last, last * GRANT)]
    assert house.books().clearing == count * GRANT
    named = codes(house)
    entries = [Entry(-size * GRANT, message=f"{ref}-{number:03d}") for number in range(1, 13)]
    entries += [Entry(-last * GRANT, message=f"{ref}-013")]
    entries += [
        Entry(GRANT, "2020-04-06", end_to_end=named[at], debtor="Somebody", returned=True)
        for at in (7, 11 * size)
    ]
    data = camt(*entries, opening=count * GRANT)
    assert take_in(house, data) == Reconciled(15, 0, matched=13, returned=2)
    settled(house, ref, count - 2)
    assert take_in(house, data) == Reconciled(0, 15)


def settled(house: House, ref: str, paid: int) -> None:
    """All but two are paid, these two are payable again, and nothing is left in clearing."""
    books = house.books()
    assert (books.funds[0].paid, books.funds[0].payable, books.clearing) == (paid * GRANT, 40_000, 0)
    assert house.states() == {S.PAID: paid, S.RETURNED: 2}
    assert house.awards() == {AwardState.PAID: paid, AwardState.ACCEPTED: 2}
    assert house.batch(ref).state is BatchState.SETTLED
    with house.runtime.read() as session:
        assert statements_in.clearing_of(session, house.batch(ref)) == 0
        (row,) = statements_in.imports(session)
    assert row.balance is not None
    assert (row.row.adds_up, row.balance.difference_minor) == (True, 0)
