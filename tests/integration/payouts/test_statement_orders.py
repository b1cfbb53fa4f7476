"""However a month's lines are cut into files, put in order and sent in again, the payments and the books end the same."""

import random

from hardship.core.canonical import sha256_hex
from hardship.core.runtime import Runtime
from hardship.ledger.models import AccountKind
from hardship.payouts import queries, service
from hardship.payouts.models import Direction
from hardship.payouts.statement import StatementLine
from hardship.payouts.transitions import PaymentState
from tests.integration.payouts.helpers import GRANT, House, a_house, line
from tests.integration.payouts.test_bank_files import sent


def a_month(house: House) -> list[StatementLine]:
    """Debits of four payments, a return, two equal charges, two equal gifts, a debit of nothing known."""
    lines = [house.line(at) for at in range(4)]
    lines.append(house.line(1, "2020-04-06", Direction.IN))
    lines += [line("FEE", 650), line("FEE", 650), line("RENT", 30_000)]
    return [*lines, *[line("GIFT", 1_000, "2020-04-05", Direction.IN)] * 2]


def test_any_cut_of_a_month_into_files_in_any_order_ends_the_same(runtime: Runtime) -> None:
    house = a_house(runtime)
    sent(house, 4)
    month = a_month(house)
    chance = random.Random(7)
    whole = sorted(month, key=lambda one: one.on)
    for number in range(12):
        days = sorted({one.on for one in whole})
        cut = chance.choice(days)
        parts = [[one for one in whole if one.on <= cut], [one for one in whole if one.on > cut], whole]
        chance.shuffle(parts)
        for part in parts:
            mixed = list(part)
            chance.shuffle(mixed)
            given_in = {
                "lines": mixed,
                "sha256": sha256_hex(f"{number}{len(mixed)}{chance.random()}".encode()),
            }
            house.runtime.transact(house["finance"], service.reconcile, **given_in)
    books = house.books().funds[0]
    assert house.states() == {PaymentState.PAID: 3, PaymentState.RETURNED: 1}
    assert (books.paid, books.payable, books.in_flight) == (3 * GRANT, GRANT, 0)
    assert house.balance(AccountKind.UNIDENTIFIED_RECEIPTS) == -2_000
    with house.runtime.read() as session:
        assert queries.exception_count(session) == 3
