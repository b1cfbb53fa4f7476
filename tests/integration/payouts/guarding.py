"""People with names, a sanctions list, and second persons, for the tests of what guards payments."""

import datetime as dt
from typing import Any

from sqlmodel import select

from hardship.applications.models import Application, Source
from hardship.applications.service import submit
from hardship.awards.models import Award
from hardship.awards.service import grant
from hardship.core.actor import PUBLIC, SYSTEM, Role, operator
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.document import read_document
from hardship.funds.queries import round_by_slug
from hardship.funds.service import load_fund
from hardship.payouts.models import Payment
from hardship.payouts.queries import batch_named
from hardship.payouts.service import load
from hardship.payouts.service.external import Handed, propose_external
from hardship.payouts.tables import PaidFrom, Way
from hardship.staff.proposals import Proposed
from hardship.staff.proposals import approve as approve_proposal
from tests.integration.applications.helpers import FUND, person
from tests.integration.payouts.helpers import SPONSOR, House, a_house

COLUMNS = "Last Updated,Unique ID,Name 6,Name 1,Name type,Designation Type,D.O.B"


def a_list(*people: tuple[str, str, str, str], day: str = "01-Apr-2020") -> bytes:
    """A small list as the FCDO writes one: (id, given name, surname, date of birth)."""
    rows = [
        f"01/02/2020,{uid},{last},{first},Primary Name,Individual,{born}" for uid, first, last, born in people
    ]
    return "\n".join([f"Report Date: {day}", COLUMNS, *rows, ""]).encode()


def import_list(house: House, *people: tuple[str, str, str, str], day: str = "01-Apr-2020") -> int:
    """Import a list; returns how many payees it stops who were not stopped before."""
    given = people or (("XXX0001", "Nobody", "Atall", "01/01/1900"),)
    return load(house.runtime, house["finance"], data=a_list(*given, day=day), name="list.csv").held


def limited(runtime: Runtime, **limits: str) -> None:
    """Load the fund anew with `[fund.limits]`, or without any."""
    lines = [f'{name} = "{amount}"' for name, amount in limits.items()]
    more = "\n".join(["", "[fund.limits]", *lines, ""]) if lines else ""
    text = FUND.format(bank_details="choice").replace("\n[[round]]", f"{more}\n[[round]]", 1) + SPONSOR
    runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))


def with_officer(runtime: Runtime, email: str) -> None:
    """Load the fund anew with a named officer."""
    text = FUND.format(bank_details="choice") + SPONSOR
    text = text.replace('role = "principal"', f'role = "principal"\nsanctions_officer = "{email}"', 1)
    runtime.transact(SYSTEM, load_fund, document=read_document(text.encode(), "fund.toml"))


def guarded_house(runtime: Runtime, *, money: int = 400_000) -> House:
    """The house with a lead who may be the officer, and a second finance officer and approver."""
    house = a_house(runtime, money=money)
    house.join("lead", Role.LEAD)
    house.join("other", Role.FINANCE)
    house.join("second", Role.APPROVER)
    return house


def award_to(house: House, name: str, **answers: str) -> Award:
    """An award to somebody of that name: accepted, or offered when `account_number` is empty."""
    house.people += 1
    given: dict[str, str] = {
        "legal_name": name,
        "birth_year": "",
        "account_number": f"{30_000_000 + house.people * 100 + 1}",
    }
    given |= answers
    if not given["account_number"]:
        given |= {"sort_code": "", "legal_name": given["legal_name"]}

    def make(tx: Transaction) -> Award:
        round_ = round_by_slug(tx.session, "spring")
        receipt = submit(tx, round_=round_, answers=person(house.people, **given), source=Source.WEB)
        number = tx.session.exec(select(Application.id).where(Application.ref == receipt.ref)).one()
        return grant(tx, application_id=number or 0, decided_at=tx.at)

    return house.runtime.transact(PUBLIC, make)


def payment_of(house: House, award: Award) -> Payment:
    """The newest payment of an award."""
    return [one for one in house.payments() if one.award_id == award.id][-1]


def awards_in(house: House, ref: str) -> set[int]:
    """The awards that a batch holds."""
    with house.runtime.read() as session:
        batch = batch_named(session, ref)
        return {
            one.award_id
            for one in house.payments()
            if one.batch_id == batch.id and one.state.value != "cancelled"
        }


def handed(**changed: Any) -> Handed:
    """Cash that was handed over today, with a receipt."""
    given: dict[str, Any] = {
        "way": Way.CASH,
        "paid_from": PaidFrom.BANK,
        "handed_on": dt.date(2020, 4, 1),
        "handed_by": "Rita",
        "reference": "Receipt 17",
        "note": "At the drop-in.",
    }
    return Handed(**given | changed)


def propose_hand(house: House, award: Award, who: str = "finance", **changed: Any) -> Proposed:
    """Propose that an award counts as paid by hand."""
    return house.runtime.transact(house[who], propose_external, award_ref=award.ref, handed=handed(**changed))


def second(house: House, made: Proposed, who: str = "approver") -> object:
    """The second person says yes."""
    return house.runtime.transact(house[who], approve_proposal, ref=made.ref)


def the_operator() -> Any:
    """Whoever has the shell."""
    return operator()
