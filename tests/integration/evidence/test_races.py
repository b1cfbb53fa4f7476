"""Documents under real concurrency, in processes of their own, on both databases."""

from hardship.applications.evidence import service
from hardship.applications.evidence.models import Shows
from hardship.applications.evidence.queries import of_case
from hardship.applications.evidence.transitions import EvidenceState
from hardship.core.actor import Actor, ActorKind
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime
from hardship.review import evidence
from tests.integration.applications.helpers import bodies
from tests.integration.awards.rivals import at_once
from tests.integration.review.helpers import a_panel

PAGE = b"\xff\xd8\xff picture \xff\xd9"


def show(runtime: Runtime, ref: str, number: int, once: str) -> str:
    """One press of the button."""
    actor = Actor(ActorKind.APPLICANT, ref)
    return runtime.transact(actor, service.keep, application_id=number, pages=[PAGE], once=once).ref


def judge(runtime: Runtime, actor: Actor, document: str, shows: Shows) -> str:
    """One person says what a document shows."""
    runtime.transact(actor, evidence.judge, ref=document, shows=shows)
    return "judged"


def remove(runtime: Runtime, actor: Actor, document: str, number: int) -> str:
    """The applicant takes it away, at the same instant."""
    runtime.transact(actor, service.remove, application_id=number, ref=document)
    return "removed"


def act(runtime: Runtime, what: str, *given: object) -> str:
    """Whichever of these is asked for."""
    return {"show": show, "judge": judge, "remove": remove}[what](runtime, *given)  # type: ignore[operator]


def test_two_people_judge_the_applicant_takes_away_and_sends_another_twice_at_once(runtime: Runtime) -> None:
    """One of judging and taking away happens; one form that is pressed twice is one document."""
    panel = a_panel(runtime)
    ref, once = panel.case(), new_key()
    number = panel.number(ref)
    document = show(runtime, ref, number, new_key())
    for who in ("ash", "bryn"):
        runtime.transact(panel[who], evidence.look, ref=document, number=1)
    answers = at_once(
        runtime,
        act,
        [
            ("judge", panel["ash"], document, Shows.SUPPORTS),
            ("judge", panel["bryn"], document, Shows.DOES_NOT_SUPPORT),
            ("remove", Actor(ActorKind.APPLICANT, ref), document, number),
            ("show", ref, number, once),
            ("show", ref, number, once),
        ],
    )
    assert "removed" in answers  # taken away, or there was nothing left to take away
    with runtime.read() as session:
        found, second = of_case(session, number)
        kinds = [one["kind"] for one in bodies(session, f"evidence:{document}")]
    assert answers.count(second.ref) == 2
    assert found.state is EvidenceState.DESTROYED
    assert kinds.count("evidence.destroyed") == 1
    assert kinds.count("evidence.seen") == answers.count("judged") == (1 if found.shows else 0)
