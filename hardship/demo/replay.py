"""The fund of spring 2020, replayed week by week through the same services that pages and commands use."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files

from sqlmodel import col, select

from hardship.applications.models import Application, SafeContact, Source
from hardship.applications.service import give_bank_details, submit, withdraw
from hardship.awards.models import Award
from hardship.awards.service import override_duplicate
from hardship.contributions.gifts import NewGift, NewRefund
from hardship.contributions.models import Channel, DonorType
from hardship.contributions.refunds import refund
from hardship.contributions.service import receive
from hardship.core.actor import SYSTEM, Actor, ActorKind, operator
from hardship.core.canonical import sha256_hex
from hardship.core.clock import SetClock, day_of
from hardship.core.runtime import Runtime
from hardship.demo import AGREEMENT, FUND, ROUND
from hardship.demo.cast import OPENS_AT, WEEKS, Cast, Part, Story
from hardship.demo.gifts import MATCH_MINOR, Gift, gifts
from hardship.demo.logins import Logins
from hardship.funds.document import read_document
from hardship.funds.models import Round
from hardship.funds.queries import fund_by_slug, round_by_slug
from hardship.funds.service import load_fund
from hardship.matching.payments import receive_payment
from hardship.payouts.models import Attempt, Batch, Direction, Payment, RailName
from hardship.payouts.queries import ready_by_fund
from hardship.payouts.references import bank_text
from hardship.payouts.service import approve_batch, make_batch, reconcile, submit_batch
from hardship.payouts.statement import StatementLine
from hardship.payouts.transitions import PaymentState
from hardship.review.models import Outcome, ReasonCode
from hardship.review.service import vote_from_shell
from hardship.statements.service import issue

BATCH_WAIT = dt.timedelta(days=6, hours=2)  # from a week's first day to its batch
STOPPED = (PaymentState.FAILED, PaymentState.RETURNED)
Tell = Callable[[str], None]

_DECLINES = {
    Story.DUPLICATE: ReasonCode.DUPLICATE,
    Story.FRAUD: ReasonCode.OTHER,
    Story.INELIGIBLE: ReasonCode.NOT_ELIGIBLE,
}


class Replay:
    """One replay over a runtime whose clock it moves; `tell` is told how far it is."""

    def __init__(self, runtime: Runtime, clock: SetClock, logins: Logins, seed: int, tell: Tell) -> None:
        self.runtime, self.clock, self.tell = runtime, clock, tell
        self.people = logins
        cast = Cast(seed)
        self.parts = cast.joint_accounts(cast.parts())
        self.gifts = gifts(seed)
        self.panel = [logins.actor(name) for name in ("ash", "bryn", "cam")]
        self.returned: dict[str, Part] = {}
        self.seats = 0

    def run(self) -> None:
        """The whole fund, from its opening to the sponsor's statement."""
        self._open()
        for week in range(WEEKS):
            starts = OPENS_AT + dt.timedelta(weeks=week)
            ends = starts + dt.timedelta(weeks=1)
            self._money_in(starts, ends)
            self._cases([part for part in self.parts if starts <= part.at < ends])
            self.clock.set(starts + BATCH_WAIT)
            self._pay()
            self.tell(f"week {week + 1} of {WEEKS}")
        while self._pay():
            self.clock.advance(dt.timedelta(days=2))
        self._state()

    def _open(self) -> None:
        document = read_document(files("hardship.demo").joinpath("fund.toml").read_bytes(), "fund.toml")
        self.runtime.transact(operator(), load_fund, document=document)
        self.clock.set(OPENS_AT)
        self.runtime.transact(
            self.people.actor("finance"),
            receive_payment,
            agreement=AGREEMENT,
            ref="LC-ADVANCE-1",
            received_at=OPENS_AT,
            amount_minor=MATCH_MINOR,
        )

    # Money in

    def _money_in(self, starts: dt.datetime, ends: dt.datetime) -> None:
        finance = self.people.actor("finance")
        with self.runtime.read() as session:
            fund = fund_by_slug(session, FUND)
        arrived = [_as_gift(gift) for gift in self.gifts if starts <= gift.received_at < ends]
        self.runtime.transact(finance, receive, fund=fund, gifts=arrived)
        given_back = [
            NewRefund(gift.ref, gift.received_at + dt.timedelta(days=6), gift.refund_minor)
            for gift in self.gifts
            if gift.refund_minor and starts <= gift.received_at + dt.timedelta(weeks=1) < ends
        ]
        if given_back:
            self.runtime.transact(finance, refund, fund=fund, refunds=given_back)

    # Cases

    def _cases(self, parts: Sequence[Part]) -> None:
        with self.runtime.read() as session:
            round_ = round_by_slug(session, ROUND)
        sent = [(part, self._send(part, round_)) for part in parts]
        self.runtime.run_due("checks")
        for part, ref in sent:
            self._decide(part, ref)
            if part.new_account:
                self.returned[ref] = part

    def _send(self, part: Part, round_: Round) -> str:
        self.clock.set(part.at)
        receipt = self.runtime.transact(
            Actor(ActorKind.PUBLIC),
            submit,
            round_=round_,
            answers=part.answers,
            source=Source.WEB,
            submitted_at=part.at,
            safe_contact=SafeContact(part.answers["safe_contact"]),
        )
        return receipt.ref

    def _decide(self, part: Part, ref: str) -> None:
        if part.story is Story.WITHDRAWN:
            self.runtime.transact(SYSTEM, withdraw, application_id=self._number(ref))
            return
        if part.story is Story.OVERRIDE:
            why = "One account for two people who share a home. Both were rung back, and both work."
            self.runtime.transact(
                self.people.actor("lead"), override_duplicate, application_id=self._number(ref), reason=why
            )
        outcome = Outcome.DECLINE if part.story in _DECLINES else Outcome.APPROVE
        reason = _DECLINES.get(part.story, ReasonCode.MEETS_POLICY)
        for seat in self._two_seats():
            self.runtime.transact(
                seat, vote_from_shell, ref=ref, outcome=outcome, reason=reason, note=_note(reason)
            )

    def _two_seats(self) -> Iterator[Actor]:
        """Two of the panel's three, in turn."""
        self.seats += 1
        for number in (self.seats, self.seats + 1):
            yield self.panel[number % 3]

    def _number(self, ref: str) -> int:
        with self.runtime.read() as session:
            return session.exec(select(Application.id).where(Application.ref == ref)).one() or 0

    # Money out

    def _pay(self) -> bool:
        """One batch over the stand-in bank, seen on the bank's statement; False when nothing waits to be paid."""
        with self.runtime.read() as session:
            if not any(waiting.count for _, _, waiting in ready_by_fund(session)):
                return False
        batch = self.runtime.transact(
            self.people.actor("finance"), make_batch, fund=FUND, rail=RailName.SANDBOX
        )
        self.runtime.transact(self.people.actor("approver"), approve_batch, batch_ref=batch.ref)
        submit_batch(self.runtime, self.people.actor("finance"), batch.ref)
        self.clock.advance(dt.timedelta(hours=20))
        self._reconcile(batch)
        self.runtime.run_due("payouts", "mails")
        self._new_details()
        return True

    def _reconcile(self, batch: Batch) -> None:
        """What the bank's statement of the next day shows: a debit for each payment that it took."""
        day = day_of(self.clock.now())
        with self.runtime.read() as session:
            fund = fund_by_slug(session, FUND)
            taken = session.exec(
                select(Attempt.reference, Payment.amount_minor)
                .join(Payment, col(Payment.id) == Attempt.payment_id)
                .where(Attempt.batch_id == batch.id, Payment.state == PaymentState.SUBMITTED)
                .order_by(col(Attempt.id))
            ).all()
        lines = [
            StatementLine(day, minor, bank_text(fund.public_name, code), "Faster payment", Direction.OUT)
            for code, minor in taken
        ]
        sha256 = sha256_hex(b"\n".join(line.content() for line in lines))
        self.runtime.transact(self.people.actor("finance"), reconcile, sha256=sha256, lines=lines)

    def _new_details(self) -> None:
        """Whose payment failed or came back gives another account."""
        for ref, part in list(self.returned.items()):
            with self.runtime.read() as session:
                stopped = session.exec(
                    select(Payment.id)
                    .join(Award, col(Award.id) == Payment.award_id)
                    .join(Application, col(Application.id) == Award.application_id)
                    .where(Application.ref == ref, col(Payment.state).in_(STOPPED))
                ).first()
            if stopped is not None:
                self.runtime.transact(
                    Actor(ActorKind.APPLICANT, ref),
                    give_bank_details,
                    application_id=self._number(ref),
                    sort_code=part.answers["sort_code"],
                    account_number=part.new_account,
                    legal_name=part.answers["legal_name"],
                )
                del self.returned[ref]

    def _state(self) -> None:
        """The sponsor's statement for the whole of the fund."""
        self.clock.set(dt.datetime(2020, 7, 3, 10, 0, tzinfo=dt.UTC))
        self.tell("the sponsor's statement")
        issue(
            self.runtime,
            self.people.actor("finance"),
            agreement=AGREEMENT,
            from_on=dt.date(2020, 3, 20),
            to_on=dt.date(2020, 6, 30),
        )


def _note(reason: ReasonCode) -> str | None:
    return "Several requests behind one telephone; nobody answered." if reason is ReasonCode.OTHER else None


def _as_gift(gift: Gift) -> NewGift:
    return NewGift(
        ref=gift.ref,
        received_at=gift.received_at,
        amount_minor=gift.amount_minor,
        channel=Channel(gift.channel),
        donor_name=gift.donor_name,
        donor_type=DonorType(gift.donor_type),
    )
