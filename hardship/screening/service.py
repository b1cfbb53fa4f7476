"""Use cases of screening: the checks of one application, by any number of workers at once. Signals, never a verdict.

What two applications share stands with both of them while they are open. A check locks its own application first and
then earlier ones in falling order of number, so that two checks never wait for each other in a ring.
"""

import logging
from collections.abc import Iterable, Mapping

from sqlalchemy import text
from sqlmodel import col, select

from hardship.applications.events import AnswersCorrected, BankDetailsGiven
from hardship.applications.identity import TokenKind
from hardship.applications.messages.again import OVER
from hardship.applications.messages.queries import earlier_cases
from hardship.applications.models import Application
from hardship.applications.queries import sharing
from hardship.applications.service import lock_application, subject_of, transition
from hardship.applications.transitions import ApplicationEvent, ApplicationState
from hardship.applications.vouching.queries import state_of
from hardship.applications.vouching.transitions import VouchingState
from hardship.core.actor import SYSTEM
from hardship.core.db import lock
from hardship.core.errors import HardshipError
from hardship.core.runtime import Due, Runtime, Transaction
from hardship.eligibility.rules import OnFail, Outcome
from hardship.eligibility.service import assess, assess_anew, awards_of
from hardship.screening import linkage
from hardship.screening.models import Signal

log = logging.getLogger("hardship.screening")

OPEN = (
    ApplicationState.SUBMITTED,
    ApplicationState.CHECKING,
    ApplicationState.IN_REVIEW,
    ApplicationState.INFO_REQUESTED,
)
_NOT_CHECKED = frozenset({ApplicationState.SUBMITTED, ApplicationState.CHECKING})  # the checks are to come
CODE = "voucher_code"  # the signal's kind
_CODES: Mapping[VouchingState | None, str] = {
    VouchingState.CODE_USED: "The code that was given had been used up by another application.",
    VouchingState.CODE_UNKNOWN: "The code that was given is not one that we know, or it is over.",
}
LINKED_AT_MOST = 20  # other cases that one case is linked with; more would say nothing new
_AT_A_TIME = 100
_REFERRING = frozenset({OnFail.REFER.value, OnFail.ASK.value, OnFail.INELIGIBLE_RECOMMENDATION.value})


def wire(runtime: Runtime) -> None:
    """Check what came in, bank details whenever they arrive, and what was corrected."""
    runtime.due.append(Due("checks", run_checks))
    runtime.listen(BankDetailsGiven, screen_bank_details)
    runtime.listen(AnswersCorrected, check_again)


def check(tx: Transaction, *, application_id: int) -> None:
    """Do an application's checks and put it before the panel: rules assessed, signals found, `referred` when either
    gives a person something to look at. An application that is not waiting for checks is left alone."""
    application = lock_application(tx, application_id)
    if application.state is ApplicationState.CHECKING:
        _check_locked(tx, application)


def screen_bank_details(tx: Transaction, given: BankDetailsGiven) -> None:
    """Bank details arrived after the checks: look for the same account elsewhere, in both directions."""
    application = lock_application(tx, given.application_id)
    if application.state is ApplicationState.CHECKING:
        return
    found = _link(tx, application, earlier_only=False)
    if linkage.refers(found):
        _refer(tx, application)


def check_again(tx: Transaction, corrected: AnswersCorrected) -> None:
    """Answers or an address changed after the checks: compare with other cases anew, in both directions, and ask the
    rules again while nothing is decided. What was found before stays found: a correction takes no signal away."""
    application = lock_application(tx, corrected.application_id)
    if application.state in _NOT_CHECKED or application.state in OVER:
        return
    found = _link(tx, application, earlier_only=False)
    asks = application.state in OPEN and _asks_for_a_person(assess_anew(tx, application))
    if linkage.refers(found) or (asks and not application.referred):
        _refer(tx, application)


def run_checks(runtime: Runtime) -> int:
    """Check some of what waits, each application in a transaction of its own; returns how many were checked.

    An application that cannot be checked does not hold up the others; its error is raised when nothing else is left.
    """
    done, failed = 0, dict[int, HardshipError]()
    while done < _AT_A_TIME:
        claimed: list[int] = []
        try:
            more = runtime.transact(SYSTEM, _check_next, tuple(failed), claimed)
        except HardshipError as error:
            if not claimed:
                raise
            log.error("the checks of application number %d failed: %s", claimed[-1], type(error).__name__)
            failed[claimed[-1]] = error
            continue
        if not more:
            break
        done += 1
    if failed and not done:
        raise next(iter(failed.values()))
    return done


def _check_next(tx: Transaction, passed_over: tuple[int, ...], claimed: list[int]) -> bool:
    """Claim one waiting application that no other worker holds, and check it; False when there is none."""
    waiting = (
        select(Application)
        .where(text("application.state = 'checking'"))
        .order_by(col(Application.id))
        .limit(1)
    )
    if passed_over:
        waiting = waiting.where(col(Application.id).not_in(passed_over))
    free = waiting.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    application = tx.session.exec(free).first()
    if application is None:
        return False
    claimed.append(application.id or 0)
    _check_locked(tx, application)
    return True


def _check_locked(tx: Transaction, application: Application) -> None:
    outcomes = assess(tx, application)
    found = _link(tx, application, earlier_only=True)
    _note_code(tx, application)
    application.referred = application.referred or linkage.refers(found) or _asks_for_a_person(outcomes)
    transition(
        tx,
        application,
        ApplicationEvent.FINISH_CHECKS,
        "application.checked",
        referred=application.referred,
        signals=sorted({signal.kind.value for signal in found}),
    )


def _note_code(tx: Transaction, application: Application) -> None:
    """A code that was given and does not count is said so among the things to look at, in plain words."""
    sentence = _CODES.get(state_of(tx.session, application.id or 0))
    if sentence is not None:
        tx.session.add(
            Signal(
                application_id=application.id or 0,
                kind=CODE,
                strength=linkage.Strength.WEAK,
                sentence=sentence,
                at=tx.at,
            )
        )


def _asks_for_a_person(outcomes: Iterable[Outcome]) -> bool:
    return any(outcome.needs_person and outcome.on_fail in _REFERRING for outcome in outcomes)


# --- Linking ------------------------------------------------------------------------------------------------------


def _link(tx: Transaction, application: Application, *, earlier_only: bool) -> list[linkage.Signal]:
    """Note what the application shares with others, here and with every other one that is still open. Somebody's own
    earlier case, after which they ask again, is no duplicate of theirs."""
    shared: dict[int, set[str]] = {}
    own = {one.id for one in earlier_cases(tx.session, application) if one.state in OVER}
    for number, kind in sharing(tx.session, application.id or 0):
        if number not in own and (number in shared or len(shared) < LINKED_AT_MOST):
            shared.setdefault(number, set()).add(kind)
    if not shared:
        return []
    others = _locked_if_open(tx, shared, below=application.id if earlier_only else None)
    awarded = {award.application_id for award in awards_of(tx, sorted({*shared, application.id or 0}))}
    found = []
    for number in sorted(shared):
        other = others[number]
        found += _signals(shared[number], other, other.id in awarded)
        _note(tx, application, other, _signals(shared[number], other, other.id in awarded))
        if other.state in OPEN and not (earlier_only and number > (application.id or 0)):
            mirrored = _signals(shared[number], application, application.id in awarded)
            if _note(tx, other, application, mirrored) and linkage.refers(mirrored):
                _refer(tx, other)
    return found


def _locked_if_open(
    tx: Transaction, numbers: Mapping[int, object], below: int | None
) -> dict[int, Application]:
    """The applications, those that will be written locked, in falling order of number."""
    wanted = (
        select(Application).where(col(Application.id).in_(list(numbers))).order_by(col(Application.id).desc())
    )
    written = wanted.where(col(Application.state).in_(OPEN))
    if below is not None:
        written = written.where(col(Application.id) < below)
    lock(tx.session, written)
    return {other.id or 0: other for other in tx.session.exec(wanted).all()}


def _signals(kinds: Iterable[str], other: Application, awarded: bool) -> list[linkage.Signal]:
    """The signals that come from sharing tokens of these kinds with one other application."""
    tokens = {kind: (kind,) for kind in kinds if kind in set(TokenKind)}
    return linkage.signals(tokens, [linkage.Case(other.ref, tokens, awarded)])


def _note(tx: Transaction, application: Application, other: Application, found: list[linkage.Signal]) -> bool:
    """Store the signals that are not there yet; says whether any is new. The application's row is locked."""
    mine = select(Signal.kind).where(Signal.application_id == application.id, Signal.other_id == other.id)
    known = set(tx.session.exec(mine).all())
    fresh = [signal for signal in found if signal.kind.value not in known]
    for signal in fresh:
        tx.session.add(
            Signal(
                application_id=application.id or 0,
                kind=signal.kind.value,
                strength=signal.strength,
                other_id=other.id,
                sentence=signal.sentence,
                at=tx.at,
            )
        )
    return bool(fresh)


def _refer(tx: Transaction, application: Application) -> None:
    """Mark a locked application for a person's look; the version rises, so that whoever has it open is told."""
    application.version += 1
    if not application.referred:
        application.referred = True
        tx.record("application.referred", subject_of(application))
    tx.session.add(application)
