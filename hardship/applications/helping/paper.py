"""The paper form: the journey's questions in one language, to be filled in by hand and entered by a colleague.

Its name, its head and its metadata say the public name and nothing else.
"""

import hashlib
from dataclasses import dataclass

from hardship.applications.forms import ANOTHER_WAY, CHANNELS, NO_BANK, RATHER_NOT_SAY_LABEL, REASONS
from hardship.applications.models import SafeContact
from hardship.applications.questions import BANK, Question, journey
from hardship.applications.vouching.question import WAYS
from hardship.funds.models import BankDetails
from hardship.web.language import _, known, speaking
from hardship.web.pdf import page_of, pdf_of

_LINES = {"7": 8}  # of a question's answer; others have one


@dataclass(frozen=True)
class Part:
    """One question on paper: boxes to tick, named lines to write on, or `blank` lines without a name."""

    number: str
    title: str
    hint: str
    ticks: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    blank: int = 0


def paper_form(language: str, public_name: str, bank_details: BankDetails) -> bytes:
    """The form as a PDF in one language; the same form gives the same bytes."""
    with speaking(language):
        page = page_of(
            "applications/desk/paper.html",
            language="en-GB" if known(language) == "en" else known(language),
            name=public_name,
            said=_said(),
            parts=[_part(question) for question in journey(bank_details)],
        )
    return pdf_of(page, hashlib.sha256(page.encode()).hexdigest())


def _part(question: Question) -> Part:
    number, title, hint = question.number, str(question.title), str(question.hint)
    if number == "2":
        by_email, by_text = CHANNELS[SafeContact.EMAIL], CHANNELS[SafeContact.SMS]
        lines = (_("E-mail address"), _("Mobile number"))
        ticks = (by_email, by_text, CHANNELS[SafeContact.NONE])
        return Part(number, title, hint, tuple(str(one) for one in ticks), lines)
    if number == "5":
        return Part(number, title, hint, lines=(_("Each month before"), _("Each month now")))
    if number == "6":
        return Part(number, title, hint, tuple(str(one) for one in (*REASONS.values(), RATHER_NOT_SAY_LABEL)))
    if number == "8":
        return Part(number, title, hint, tuple(str(one) for one in WAYS.values()), _vouching_lines())
    if number == "9":
        return Part(number, title, hint, (_("No"), _("Yes")))
    if question is BANK:
        account = (_("Name on the account"), _("Sort code"), _("Account number"))
        later = _("You can also tell us later.")
        return Part(number, title, f"{hint} {later}", (f"{NO_BANK}. {ANOTHER_WAY}",), account)
    return Part(number, title, hint, blank=_LINES.get(number, 1))


def _vouching_lines() -> tuple[str, ...]:
    return (
        _("Your code"),
        _("Membership number, and which group it is from"),
        _("Name of the group or person"),
        _("How can we reach them?"),
        _("Number we may ring"),
        _("When is it safe to ring?"),
    )


def _said() -> dict[str, str]:
    """What stands around the questions."""
    return {
        "before": _("Fill in what you can, in any language. What you would rather not say, leave empty."),
        "safe": _("Do not keep this paper where somebody might find it. Hand it back in a closed envelope."),
        "agree": _(
            "I agree that what I write here is used to decide, to check that nobody is paid twice, and to pay me. "
            "I can take it back later."
        ),
        "sign": _("Your sign. The name that you use, or a cross, is enough"),
        "date": _("Date"),
        "helper": _("If somebody helped you: the name of their group, not their own name"),
        "after": _(
            "You get a reference and a code in return. With both you can see how it is going, and nobody else can."
        ),
    }
