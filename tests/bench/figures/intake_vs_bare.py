"""Complete applications a second through the last POST of the web journey, over a bare route that inserts a row.

What the POST does: session, forgery check, the draft read and opened, every answer sealed, its tokens made, events
chained, the receipt kept, all in one transaction. Screening is the worker's.
"""

from flask.testing import FlaskClient

from hardship.app import create_app
from hardship.applications import drafts
from hardship.applications.questions import journey
from hardship.core.actor import PUBLIC
from hardship.core.runtime import Runtime, Transaction
from hardship.funds.models import BankDetails
from hardship.funds.queries import round_by_slug
from hardship.wiring import settled
from tests.bench.baselines.pages import BareForm, token_in
from tests.bench.harness import WHOLE, Aim, Measured, Size, compare, seconds_each
from tests.bench.places import Place
from tests.bench.seeds import fund
from tests.bench.seeds.answers import person

AIMS = {WHOLE: Aim.at_least(0.35)}


def measure(place: Place, size: Size) -> Measured:
    """Each side sends as many forms in each round; what comes before the last POST is outside the timing."""
    count = size.pick(200, 40)
    runtime = place.instance("intake")
    fund.load(runtime)
    applicants, bare = _Applicants(runtime), BareForm(place)
    applicants.send(10)
    bare.post(20)
    found = compare(lambda: applicants.send(count), lambda: bare.post(count))
    bare.close()
    details = found.details("an application sent", "a bare form, one row inserted and committed")
    return Measured({WHOLE: found.speed}, details)


class _Applicants:
    """People who have answered everything and press the last button."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.app = settled(create_app(runtime))
        self.number = 0

    def send(self, count: int) -> float:
        """Let `count` people send what they wrote; seconds each."""
        waiting = [self._at_the_check() for _ in range(count)]
        return seconds_each(lambda at: self._send(*waiting[at]), count)

    def _send(self, client: FlaskClient, token: str) -> None:
        answer = client.post("/apply/check", data={"csrf_token": token, "send": "Send"})
        assert answer.status_code == 302, answer.status
        assert answer.location.endswith("/apply/sent"), answer.location

    def _at_the_check(self) -> tuple[FlaskClient, str]:
        """Somebody on the page of all answers, who came back with their code; the client and the form's token."""
        self.number += 1
        code = self.runtime.transact(PUBLIC, _written, person(self.number))
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = (
            f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"
        )
        token = token_in(client.get("/apply/return").text)
        client.post("/apply/return", data={"csrf_token": token, "code": code, "go": "Continue"})
        return client, token_in(client.get("/apply/check").text)


def _written(tx: Transaction, answers: dict[str, str]) -> str:
    """A draft with every question answered; its code."""
    code = drafts.begin(tx, round_id=round_by_slug(tx.session, fund.ROUND).id or 0)
    tx.session.flush()
    identity = drafts.draft_id(tx.vault, code)
    for question in journey(BankDetails.CHOICE):
        drafts.keep(tx, identity=identity, question=question.number, answers=answers)
    return code
