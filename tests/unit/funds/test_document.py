"""fund.toml is read strictly: each mistake is named with its file, line and field."""

import datetime as dt

import pytest

from hardship.core.errors import BadInput
from hardship.funds.document import read_document
from hardship.funds.grants import grant_from, parse_when
from hardship.funds.models import BankDetails, SpendOrder

WHOLE = """[fund]
slug = "hardship-2020"
name = "Hardship fund 2020"
public_name = "HF Support"
currency = "GBP"
class = "restricted"
role = "principal"
bank_details = "choice"
publisher = { prefix = "ExampleFund", org_id = "GB-CHC-1000000", name = "Example charity" }

[fund.bank]
name = "Example charity"
sort_code = "20-00-00"
account_number = "55779911"

[[round]]
slug = "spring-2020"
opens = 2020-03-20T09:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
grant = "200.00"
budget = "251000.00"
quorum = 2
spend_order = "pro_rata"

[[round.rule]]
id = "lost-income"
field = "income_loss_percent"
op = ">="
value = 50
on_fail = "refer"
reason = "Your income has to have fallen by half or more."

[[match]]
ref = "LC-2020"
sponsor = "Listings company"
ratio = "1:1"
cap = "100000.00"
per_contribution_cap = "5000.00"
minimum = "1.00"
opens = 2020-03-20T00:00:00+00:00
closes = 2020-06-30T23:59:59+01:00
channels = ["card", "bank"]
exclude_donors = ["Listings company"]
priority = 1
paid = "in_advance"
reclaimable = true
unused = "return"
restricted_to = "spring-2020"
"""


def changed(old: str, new: str) -> bytes:
    """The file with one thing changed."""
    assert old in WHOLE
    return WHOLE.replace(old, new, 1).encode()


def test_a_whole_file_is_read_to_the_last_field() -> None:
    """Amounts in pence, instants in UTC, rules as they stand."""
    read = read_document(WHOLE.encode())
    assert (read.slug, read.bank_details) == ("hardship-2020", BankDetails.CHOICE)
    assert read.bank is not None
    assert (read.bank.sort_code, read.bank.account_number) == ("200000", "55779911")
    one, match = read.rounds[0], read.matches[0]
    assert one.closes_at == dt.datetime(2020, 6, 30, 22, 59, 59, tzinfo=dt.UTC)
    assert (one.budget_minor, one.spend_order, one.grant.amount({})) == (
        25_100_000,
        SpendOrder.PRO_RATA,
        20_000,
    )
    assert one.policy()["rules"][0]["value"] == 50
    assert (match.cap_minor, match.per_contribution_cap_minor, match.minimum_minor) == (
        10_000_000,
        500_000,
        100,
    )
    assert match.channels == ("bank", "card")


def test_what_may_be_left_out_has_a_default() -> None:
    """A missing cap is no cap, missing channels are all."""
    text = WHOLE.replace('cap = "100000.00"\n', "", 1).replace('per_contribution_cap = "5000.00"\n', "")
    text = text.replace('channels = ["card", "bank"]\n', "").replace('cap = "0.00"\n', "")
    match = read_document(text.encode()).matches[0]
    assert match.cap_minor is match.per_contribution_cap_minor is None
    assert match.channels == ("bank", "card", "cash", "other")
    assert read_document(changed('cap = "100000.00"', 'cap = "0.00"')).matches[0].cap_minor == 0


WRONG = {
    "unknown field of the fund": ('name = "Hardship', 'nmae = "Hardship', ("line 3", "'nmae'", "name")),
    "unknown field of a round": ("quorum = 2", "quorom = 2", ("line 22", "'quorom'", "quorum")),
    "unknown field of a match": ("priority = 1", "prioritty = 1", ("line 44", "'prioritty'", "priority")),
    "unknown field of the bank": ('sort_code = "20', 'sortcode = "20', ("sort_code",)),
    "unknown field of the publisher": ("prefix =", "prefx =", ("fund.publisher", "prefx", "prefix")),
    "unknown table": ("[[match]]", "[[matches]]", ("'matches'", "match")),
    "a number for a text": ('slug = "hardship-2020"', "slug = 5", ("line 2", "wrong kind")),
    "a number for an amount": ('cap = "100000.00"', "cap = 100000", ("line 37", "quotes")),
    "a text for a number": ("quorum = 2", 'quorum = "2"', ("line 22", "whole number")),
    "yes for a number": ("quorum = 2", "quorum = true", ("line 22",)),
    "a text for yes or no": ("reclaimable = true", 'reclaimable = "yes"', ("line 46", "true or false")),
    "a negative amount": ('budget = "251000.00"', 'budget = "-1.00"', ("line 21", "negative")),
    "NaN": ('budget = "251000.00"', 'budget = "NaN"', ("line 21", "not an amount")),
    "thirteen digits": ('budget = "251000.00"', 'budget = "1234567890123.00"', ("line 21", "not an amount")),
    "no budget": ('budget = "251000.00"', 'budget = "0.00"', ("line 21", "above 0.00")),
    "a naive time": (
        "opens = 2020-03-20T09:00:00+00:00",
        "opens = 2020-03-20T09:00:00",
        ("line 18", "offset"),
    ),
    "a day for a time": ("opens = 2020-03-20T09:00:00+00:00", "opens = 2020-03-20", ("line 18", "offset")),
    "closing before opening": ("closes = 2020-06-30", "closes = 2019-06-30", ("line 19", "before")),
    "an unknown class": ('class = "restricted"', 'class = "endowed"', ("line 6", "unrestricted")),
    "an unknown spend order": ('"pro_rata"', '"random"', ("line 23", "community_first")),
    "an unknown channel": ('"card", "bank"', '"card", "cheque"', ("line 42", "cheque")),
    "another currency": ('currency = "GBP"', 'currency = "EUR"', ("line 5", "GBP")),
    "a ratio of nothing": ('ratio = "1:1"', 'ratio = "0:1"', ("line 36", "ratio")),
    "a ratio in words": ('ratio = "1:1"', 'ratio = "double"', ("line 36", "1:1")),
    "a slug with blanks": ('slug = "spring-2020"', 'slug = "Spring 2020"', ("line 17", "hyphens")),
    "a round that is not there": (
        'restricted_to = "spring-2020"',
        'restricted_to = "autumn"',
        ("line 48", "spring-2020"),
    ),
    "a sort code of five digits": ('"20-00-00"', '"20-00-0"', ("line 13", "six digits")),
    "a short account number": ('"55779911"', '"5577"', ("line 14", "eight digits")),
    "an empty name": ('name = "Hardship fund 2020"', 'name = " "', ("line 3", "empty")),
    "a long public name": ('"HF Support"', f'"{"A" * 41}"', ("line 4", "40")),
    "no grant": ('grant = "200.00"\n', "", ("line 16", "fixed amount or bands")),
    "a band without sense": ('grant = "200.00"', 'bands = [{when = "poor", amount = "1.00"}]', ("'poor'",)),
    "no slug": ('slug = "spring-2020"\n', "", ("line 16", "slug is missing")),
    "not TOML": ("quorum = 2", "quorum = ", ("line 22",)),
    "a key twice": ("quorum = 2", "quorum = 2\nquorum = 3", ("line 23",)),
    "a quorum of none": ("quorum = 2", "quorum = 0", ("line 22", "from 1")),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named(case: str) -> None:
    """File, line and what to write."""
    old, new, said = WRONG[case]
    with pytest.raises(BadInput) as error:
        read_document(changed(old, new), "my.toml")
    for part in ("my.toml", *said):
        assert part in str(error.value), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (WHOLE.encode("utf-16"), "UTF-8"),
        (b"x = \xe9", "UTF-8"),
        (b"a" * 2_000_000, "1 MB"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, said: str) -> None:
    """Empty, in another encoding, too large."""
    with pytest.raises(BadInput, match=said):
        read_document(data)


def test_a_second_round_or_agreement_of_one_name_is_refused() -> None:
    """Each has a name of its own."""
    again = WHOLE[WHOLE.index("[[match]]") :]
    with pytest.raises(BadInput, match=r"line 51.*second match"):
        read_document((WHOLE + "\n" + again).encode())


def test_bands_are_asked_in_order() -> None:
    """The first whose condition is known to hold; a fact not known holds nothing; none may hold."""
    grant = grant_from(
        {
            "bands": [
                {"when": "income_loss_percent >= 80 and age >= 18", "amount_minor": 30_000},
                {"when": 'income_now <= "500.00"', "amount_minor": 25_000},
                {"when": "income_loss_percent >= 50", "amount_minor": 20_000},
            ]
        }
    )
    assert grant.amount({"income_loss_percent": 90, "age_at_least": 19, "age_at_most": 20}) == 30_000
    assert grant.amount({"income_loss_percent": 90, "age_at_least": 17, "age_at_most": 18}) == 20_000
    assert grant.amount({"income_now_minor": 50_000}) == 25_000
    assert grant.amount({"income_loss_percent": 49}) is None
    assert grant.amount({}) is None
    assert parse_when("otherwise") == ()
    assert grant_from({"bands": [{"when": "otherwise", "amount_minor": 1}]}).amount({}) == 1
