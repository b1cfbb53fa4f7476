"""The synthetic people of the demo: who asks, in which week, and what is odd about some of them.

Everything comes from one seed. Account numbers end in 00 to 89, apart from the few that the stand-in bank is meant to
refuse, fail or send back (the rules that its page states).
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from faker import Faker

GRANTS = 1_255
OPENS_AT = dt.datetime(2020, 3, 20, 9, 0, tzinfo=dt.UTC)
WEEKS = 14
_SHARE_OF_WEEK = (6, 9, 11, 11, 10, 9, 8, 7, 7, 6, 5, 4, 4, 3)
_AREAS = (
    "E8",
    "N16",
    "M14",
    "LS6",
    "BS5",
    "G42",
    "CF24",
    "B12",
    "SE15",
    "NE6",
    "L8",
    "S7",
    "NG7",
    "EH6",
    "BN2",
)
_SORT_CODES = ("20-45-77", "30-92-14", "40-11-60", "07-01-16", "60-83-71", "11-05-27", "77-48-14", "04-00-75")
_REASONS = (
    "livelihood",
    "livelihood",
    "livelihood",
    "emergency",
    "financial_hardship",
    "homelessness",
    "other",
)


class Story(StrEnum):
    """What happens to an application in the demo."""

    GRANT = "grant"
    OVERRIDE = "override"  # a joint account: a named person overrides, in writing
    DUPLICATE = "duplicate"
    FRAUD = "fraud"
    INELIGIBLE = "ineligible"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Part:
    """One application of the demo: when it is sent, its answers (as the applications file names them), its story.

    `new_account` is the account given after the bank failed or returned the first payment.
    """

    at: dt.datetime
    story: Story
    answers: dict[str, str] = field(repr=False)
    new_account: str = field(default="", repr=False)


class Cast:
    """Makes the parts of the demo from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._faker = Faker("en_GB")
        self._faker.seed_instance(seed)
        self._accounts: set[str] = set()
        self._phones: set[str] = set()
        self._serial = 0

    def parts(self) -> list[Part]:
        """Every application, in the order in which they are sent."""
        grants = [self._granted(number) for number in range(GRANTS)]
        extra = [*self._duplicates(grants, 38), *self._ring(9), *self._ineligible(31), *self._withdrawn(7)]
        return sorted([*grants, *extra], key=lambda part: part.at)

    def _granted(self, number: int) -> Part:
        answers = self._answers()
        story, new_account = Story.GRANT, ""
        if number % 31 == 0:
            answers["income_before"] = ""  # not everybody remembers: the rule is unknown, and a person looks
        if number in (200, 500, 800, 1100):
            new_account = answers["account_number"]
            answers["account_number"] = new_account[:6] + ("94", "93", "91", "94")[number // 300]
        if number in (350, 700):
            answers["account_number"] = (
                answers["account_number"][:6] + "92"
            )  # the bank does not answer at once
        if number % 173 == 1:
            answers["account_number"] = self._account(7)
        return Part(self._moment(), story, answers, new_account)

    def _duplicates(self, grants: list[Part], count: int) -> Iterator[Part]:
        """People who send the form again with a slip of the pen, and two households with one account."""
        chosen = self._random.sample([part for part in grants if not part.new_account], count + 2)
        for number, part in enumerate(chosen[:count]):
            answers = dict(part.answers)
            if number % 3 == 0:
                answers["email"] = self._slip(answers["email"])
            elif number % 3 == 1:
                answers["legal_name"] = " ".join(reversed(answers["legal_name"].split(" ", 1)))
            else:
                answers["phone"] = self._phone()
            yield replace(part, at=self._after(part.at), story=Story.DUPLICATE, answers=answers)

    def joint_accounts(self, parts: list[Part], count: int = 2) -> list[Part]:
        """`parts` with `count` grants whose account is that of an earlier grant: a named person overrides."""
        plain = [n for n, part in enumerate(parts) if part.story is Story.GRANT and not part.new_account]
        told = list(parts)
        for number in range(count):
            first, second = plain[40 + number * 50], plain[-60 + number * 20]
            shared = {name: parts[first].answers[name] for name in ("sort_code", "account_number")}
            told[second] = replace(
                parts[second], story=Story.OVERRIDE, answers=parts[second].answers | shared
            )
        return told

    def _ring(self, count: int) -> Iterator[Part]:
        """Made-up people behind one telephone."""
        phone = self._phone()
        for _ in range(count):
            yield Part(self._moment(), Story.FRAUD, self._answers() | {"phone": phone})

    def _ineligible(self, count: int) -> Iterator[Part]:
        for _ in range(count):
            before = self._random.randrange(900, 2400, 50)
            kept = self._random.randrange(55, 95)
            answers = {"income_before": f"{before}.00", "income_now": f"{before * kept // 100}.00"}
            yield Part(self._moment(), Story.INELIGIBLE, self._answers() | answers)

    def _withdrawn(self, count: int) -> Iterator[Part]:
        for _ in range(count):
            yield Part(self._moment(), Story.WITHDRAWN, self._answers())

    def _answers(self) -> dict[str, str]:
        self._serial += 1
        first, last = self._faker.first_name(), self._faker.last_name()
        before = self._random.randrange(600, 2600, 50)
        now = before * self._random.randrange(0, 45) // 100
        safe = self._random.choices(("email", "sms", "none"), (60, 25, 15))[0]
        return {
            "legal_name": f"{first} {last}",
            "working_name": self._faker.first_name(),
            "birth_year": str(self._random.randrange(1962, 2002)),
            "outward_postcode": self._random.choice(_AREAS),
            "email": f"{first}.{last}{self._serial}@example.org".lower().replace(" ", "").replace("'", ""),
            "phone": self._phone(),
            "safe_contact": safe,
            "sort_code": self._random.choice(_SORT_CODES),
            "account_number": self._account(8),
            "income_before": f"{before}.00",
            "income_now": f"{now}.00",
            "reason": self._random.choice(_REASONS),
            "statement": "",
            "voucher": "",
            "connected": "no",
        }

    def _account(self, digits: int) -> str:
        while True:
            number = f"{self._random.randrange(10 ** (digits - 3), 10 ** (digits - 2))}{self._random.randrange(90):02d}"
            if number not in self._accounts:
                self._accounts.add(number)
                return number

    def _phone(self) -> str:
        while True:
            number = f"07700 {self._random.randrange(900_000, 901_000)}"[:12]
            if len(self._phones) > 900:
                number = f"074{self._random.randrange(10_000_000, 99_999_999)}"
            if number not in self._phones:
                self._phones.add(number)
                return number

    def _moment(self) -> dt.datetime:
        week = self._random.choices(range(WEEKS), _SHARE_OF_WEEK)[0]
        return OPENS_AT + dt.timedelta(weeks=week, minutes=self._random.randrange(5, 5 * 24 * 60))

    def _after(self, at: dt.datetime) -> dt.datetime:
        latest = OPENS_AT + dt.timedelta(weeks=WEEKS - 1, days=5)
        return min(
            at + dt.timedelta(days=self._random.randrange(1, 9), minutes=7),
            max(latest, at + dt.timedelta(hours=1)),
        )

    def _slip(self, email: str) -> str:
        """An address with two letters changed round."""
        at = self._random.randrange(1, 4)
        return email[:at] + email[at + 1] + email[at] + email[at + 2 :]
