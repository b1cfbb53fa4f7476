"""A case whose applicant and panel talk to each other, for the tests of messages and questions."""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from hardship.applications.messages import asking, queries, writing
from hardship.applications.messages.models import Direction, InfoRequest, Message, Wants
from hardship.applications.models import Application
from hardship.core.actor import Actor, ActorKind
from hardship.core.models import Channel, OutboxMail
from hardship.core.refs import new_key
from hardship.core.runtime import Runtime
from hardship.review.service import open_case
from hardship.review.talking import service as talking
from tests.integration.applications.helpers import bodies, stored
from tests.integration.review.helpers import Panel, a_panel


@dataclass
class Talk:
    """One case in review, ash of the panel, and the applicant."""

    panel: Panel
    ref: str
    told: dict[str, str] = field(default_factory=dict)

    @property
    def runtime(self) -> Runtime:
        """The instance."""
        return self.panel.runtime

    @property
    def applicant(self) -> Actor:
        """Whoever asked."""
        return Actor(ActorKind.APPLICANT, self.ref)

    @property
    def number(self) -> int:
        """The case's number."""
        return self.panel.number(self.ref)

    @property
    def case(self) -> Application:
        """The case as it is stored."""
        return stored(self.runtime, self.ref)

    def write(self, words: str, once: str = "") -> Message:
        """The applicant writes."""
        return self.runtime.transact(
            self.applicant, writing.write, application_id=self.number, words=words, once=once or new_key()
        )

    def look(self) -> int:
        """The applicant reads; returns how many messages were new."""
        return self.runtime.transact(self.applicant, writing.read_by_applicant, application_id=self.number)

    def reply(self, words: str, who: str = "ash", once: str = "") -> Message:
        """Somebody of the panel writes."""
        return self.runtime.transact(
            self.panel[who], talking.write, application_id=self.number, words=words, once=once or new_key()
        )

    def read(self, who: str = "ash") -> int:
        """Somebody of the panel reads all there is; returns how many were new to them."""
        with self.runtime.read() as session:
            up_to = max((one.id or 0 for one in queries.thread(session, self.number)), default=0)
        return self.runtime.transact(self.panel[who], talking.read, application_id=self.number, up_to=up_to)

    def open(self, who: str = "ash") -> None:
        """Somebody of the panel opens the case."""
        self.runtime.transact(self.panel[who], open_case, application_id=self.number)

    def ask(self, words: str, wants: Wants = Wants.ANSWER, who: str = "ash", once: str = "") -> Any:
        """Somebody of the panel opens the case and puts a question."""
        self.open(who)
        return self.runtime.transact(
            self.panel[who],
            talking.ask,
            application_id=self.number,
            words=words,
            wants=wants,
            once=once or new_key(),
        )

    def thread(self, reader: Direction = Direction.APPLICANT) -> list[str]:
        """The words of the thread, as one side reads them."""
        with self.runtime.read() as session:
            said = writing.opened(session, self.runtime.vault, self.case, reader=reader)
        return [one.words for one in said]

    def question(self) -> InfoRequest | None:
        """The newest question."""
        with self.runtime.read() as session:
            return queries.last_question(session, self.number)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """The case's events of these kinds, oldest first."""
        with self.runtime.read() as session:
            return [one for one in bodies(session, f"application:{self.ref}") if one["kind"] in kinds]

    def mails(self) -> list[OutboxMail]:
        """What waits in the outbox, or was sent."""
        with self.runtime.read() as session:
            return list(session.exec(select(OutboxMail).order_by(col(OutboxMail.id))).all())


def a_talk(runtime: Runtime, **told: str) -> Talk:
    """A panel and a case in review whose applicant reads e-mails, unless `told` says otherwise."""
    panel = a_panel(runtime, gifts=100_000)
    ref = panel.case(**({"safe_contact": "email"} | told))
    return Talk(panel, ref)


__all__ = ["Channel", "Direction", "Talk", "Wants", "a_talk", "asking"]
