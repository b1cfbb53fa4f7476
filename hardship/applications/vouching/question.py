"""Question 8 as a form: five ways, each with its own fields. Without JavaScript all fields are there, below their way."""

from collections.abc import Mapping
from typing import Any, cast

from hardship.applications import identity
from hardship.applications.answers import MAX_CALL_WHEN, MAX_VOUCHER
from hardship.applications.asking import QuestionForm
from hardship.applications.drafts import Written
from hardship.applications.vouching.codes import DETAILS, OF_WAY, Way, was_taken, way_of
from hardship.applications.vouching.redeeming import is_known
from hardship.core.runtime import current
from hardship.funds.models import Round
from hardship.web import limits
from hardship.web.forms import CheckboxField, RadioField, TextField, choices_of
from hardship.web.language import _, lazy

NONE = "none"
WAYS = {
    Way.CODE: lazy("I have a code"),
    Way.MEMBERSHIP: lazy("I have a membership number"),
    Way.PERSON: lazy("Someone can vouch for me"),
    Way.CALL_BACK: lazy("You may call me back"),
}
# A code has 80 random bits: this spares the machine. Past it nobody is told any more, and nobody is held up.
TRIES = limits.Limit("voucher", 10, 600)
VISITOR_TRIES = limits.Limit("voucher-visitor", 200, 600)


class VoucherForm(QuestionForm):
    """How somebody can be vouched for. Nothing chosen and nothing typed is "none of these"."""

    vouching = RadioField(
        lazy("Do you have a code, a membership number, or someone who can vouch for you?"),
        choices=[*choices_of(Way, WAYS), (NONE, lazy("None of these"))],
        hints={
            "code": lazy("A group or company you know may have given you one."),
            "membership": lazy("Of a group, a union or a centre."),
            "person": lazy("A group, or one person who knows how things are. Ask them first."),
            "call_back": lazy("We ring you only at a time that you say is safe."),
        },
        divider_before=NONE,
    )
    code = TextField(lazy("Your code"), max_length=100)
    anyway = CheckboxField(lazy("Go on with this code as it is. A person looks at it."))
    voucher = TextField(lazy("Membership number, and which group it is from"), max_length=MAX_VOUCHER)
    voucher_name = TextField(lazy("Name of the group or person"), max_length=MAX_VOUCHER)
    voucher_contact = TextField(lazy("How can we reach them?"), max_length=MAX_VOUCHER)
    call_phone = TextField(lazy("Number we may ring"), max_length=40)
    call_when = TextField(lazy("When is it safe to ring?"), max_length=MAX_CALL_WHEN)

    _written: Written | None = None

    @property
    def way(self) -> Way | None:
        """The chosen way; without a choice the one whose fields were filled in, if it is a single one."""
        if self.vouching.data == NONE:
            return None
        return Way(self.vouching.data) if self.vouching.data in set(Way) else self._only_filled()

    def _only_filled(self) -> Way | None:
        filled = self._filled()
        return filled[0] if len(filled) == 1 else None

    def _filled(self) -> list[Way]:
        """The ways of which a field was filled in. The number that is safe for news stands there by itself."""
        typed = {name for name in DETAILS if self[name].data}
        if self.call_phone.data == self.usual_phone:
            typed.discard("call_phone")
        ways = [way for way in (Way.PERSON, Way.CALL_BACK) if typed & set(OF_WAY[way])]
        if self.voucher.data:
            ways.insert(0, Way.MEMBERSHIP)
        return [Way.CODE, *ways] if self.code.data else ways

    @property
    def usual_phone(self) -> str:
        """The number that is safe for text messages, if that is how there is news."""
        told = self._written.answers if self._written else {}
        return told.get("phone", "") if told.get("safe_contact") == "sms" else ""

    @property
    def has_taken_code(self) -> bool:
        """Whether they gave a code with an earlier application, and ask again: then they need not give it again."""
        return self._written is not None and was_taken(self._written.answers)

    @property
    def offers_to_go_on(self) -> bool:
        """Whether to offer going on with a code that we do not know."""
        return bool(self.code.errors or self.anyway.data) and bool(self.code.data)

    def know(self, written: Written) -> None:
        """The number that is safe for news may be used for ringing too, if they leave it there."""
        self._written = written

    def validate(self, extra_validators: Any = None) -> bool:
        """What the chosen way needs, and nothing of the others."""
        if not super().validate(extra_validators):
            return False
        if not self.vouching.data and len(self._filled()) > 1:
            self.refuse("vouching", _("Choose which one we should use"))
        way = self.way
        if way is not None:
            self._need(way)
        if way is Way.CODE and not self.errors:
            self._try_code()
        return not self.errors

    def _need(self, way: Way) -> None:
        needed = {
            Way.CODE: {"code": _("Enter the code")},
            Way.MEMBERSHIP: {"voucher": _("Enter the membership number")},
            Way.PERSON: {
                "voucher_name": _("Enter the name of the group or person"),
                "voucher_contact": _("Enter how we can reach them, like an e-mail address or a number"),
            },
            Way.CALL_BACK: {"call_when": _("Enter when it is safe to ring, like weekdays after 6pm")},
        }
        if way is Way.CODE and self.has_taken_code:
            return
        for name, message in needed[way].items():
            if not self[name].data:
                self.refuse(name, message)
        if way is Way.CALL_BACK and identity.phone(self.call_phone.data or "") is None:
            self.refuse("call_phone", _("Enter a phone number, like 07700 900123"))

    def _try_code(self) -> None:
        """Say it of a code that we do not know, or that is over, so that a slip can be mended. Whether one that we know
        was used before is told to nobody here."""
        runtime, written = current(), self._written
        if written is None or self.anyway.data or not self.code.data:
            return
        if not limits.allowed(TRIES, written.id) or not limits.allowed(VISITOR_TRIES, limits.visitor()):
            return
        with runtime.read() as session:
            round_ = session.get(Round, written.round_id)
            known = round_ is not None and is_known(
                session, runtime.vault, round_, self.code.data or "", runtime.clock.now()
            )
        if not known:
            self.refuse(
                "code",
                _(
                    "We do not know this code, or it is over. Check each letter and number. Or tick the box to go on"
                ),
            )

    def answers(self) -> dict[str, str]:
        """The chosen way and its fields; what was typed for another way is forgotten."""
        blank = dict.fromkeys(("vouching", *DETAILS), "")
        way = self.way
        if way is None:
            return blank
        given = {name: cast(str, self[name].data or "") for name in OF_WAY[way]}
        if way is Way.CODE:
            given = {"voucher": self.code.data or ""}
        return blank | {"vouching": way.value} | given

    def show(self, written: Written, number: str) -> None:
        """Fill in what was answered before; a question that was passed over is "none of these"."""
        super().show(written, number)
        way = way_of(written.answers)
        if way is Way.CODE:
            self.code.data, self.voucher.data = self.voucher.data, ""
        if way is not None:
            self.vouching.data = way.value
        elif was_taken(written.answers):
            self.vouching.data = Way.CODE.value
        elif number in written.done:
            self.vouching.data = NONE
        self.call_phone.data = self.call_phone.data or self.usual_phone


def shown(answers: Mapping[str, str]) -> str:
    """The answer as the check page shows it, on several lines."""
    way = Way.CODE if was_taken(answers) else way_of(answers)
    if way is None:
        return _("None of these")
    details = [answers.get(name, "") for name in OF_WAY[way]]
    return "\n".join(part for part in (str(WAYS[way]), *details) if part)
