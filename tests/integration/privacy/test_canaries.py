"""I10: a canary in every box that somebody can type in, and none of them found in anything that lies about or leaves.

The boxes find themselves: a browser of each kind of person goes through the pages, fills in every form that it meets, and
a box that no canary has been in fails the test, unless it is named here with the reason.
"""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from functools import wraps
from pathlib import Path

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import SQLModel, col, select

from hardship.app import create_app
from hardship.applications.models import Application
from hardship.applications.owndata import erasing
from hardship.applications.service import case_facts
from hardship.awards.models import Award
from hardship.cli import build_cli
from hardship.contributions.hand_models import RefundOrder
from hardship.core.actor import Role, operator
from hardship.core.clock import SetClock
from hardship.core.errors import NotFound
from hardship.core.runtime import Runtime
from hardship.jobs.backups.making import make
from hardship.jobs.doctor import sealed_columns
from hardship.payouts.models import Batch, Payment
from hardship.payouts.tables import Recall
from hardship.rooms import modules
from hardship.staff.models import Proposal
from hardship.staff.service import add
from tests.integration.applications.helpers import Command, everything_in
from tests.integration.applications.test_journey import STEPS, post, send, write
from tests.integration.contributions.cards import Cards, cards_on
from tests.integration.jobs.conftest import in_full_swing
from tests.integration.privacy.crawling import Crawler, Watch, boxes
from tests.integration.review.helpers import PASSWORD, SECRET
from tests.integration.staff.signing import give_password, sign_in
from tests.support.canaries import MARK, SHORT, Aviary, found_in, told

WORDS = {
    "minimum": "1.00", "cap": "13.37", "ratio": "1:1", "priority": "7", "clear_days": "3", "payment_days": "30",
    "opens_time": "09:00", "closes_time": "09:00", "ref": "QZ-1", "who_title": "Dr", "title": "Dr", "value": "X", "size": "3",
    "amount": "amount", "supersedes": "",
}  # fmt: skip
FILES = {
    "/staff/payouts/statement": "date,amount,reference,counterparty,direction\n"
    "2020-04-01,9.99,{},{},in\n2020-04-01,8.88,{},{},out\n"
}

NO_WORDS = {
    "a title of four letters": {"contributions.desk.forms.DeclareForm.who_title", "contributions.donating.forms.DonateForm.title"},
    "a day": {"contributions.desk.forms.GiftFilterForm.from_on", "contributions.desk.forms.GiftFilterForm.to_on"},
    "a number, a ratio or a time of day": {
        f"matching.paper_forms.TermsForm.{name}"
        for name in ("clear_days", "closes_time", "opens_time", "payment_days", "priority", "ratio")
    } | {"applications.vouching.forms.IssueForm.size"},
    "a reference that our own things are called by, in a fixed form": {
        "matching.paper_forms.DraftForm.ref", "contributions.desk.forms.GiftFilterForm.ref",
        "payouts.statement_pages.CodeForm.value", "payouts.statement_pages.ColumnsForm.amount",
    },
    "six digits of an authenticator": {"staff.forms.CodeForm.code"},
    "a code that was handed out": {"applications.vouching.question.VoucherForm.code"},
    "a file that is drawn anew: no word of it stays": {"applications.evidence.forms.UploadForm.file"},
}  # fmt: skip
"""Boxes that can hold no words."""

ELSEWHERE = {
    "duplicate_override.reason": {"awards.forms.OverrideForm.reason"},
    "evidence.note": {"review.evidence_pages.JudgeForm.note"},
    "complaint.redacted": {"applications.owndata.forms.AnswerForm.redacted"},
    "payment_hold.words": {"payouts.hold_pages.LiftForm.words"},
    "proposal.payload": {
        "ledger.forms.ReverseForm.why",
        "payouts.hold_pages.LostForm.awards",
        "payouts.hold_pages.LostForm.why",
        "payouts.trouble_pages.FindingForm.why",
    },
    "sanctions_hit.why": {"payouts.sanctions.pages.DecideForm.why"},
    "": {
        "contributions.desk.forms.PayInForm.slip",  # numbers that the bank and HMRC give to sums
        "contributions.desk.forms.TaxReceivedForm.bank_ref",
        "contributions.desk.forms.TaxRepaidForm.bank_ref",
    },
}
"""Boxes that this fund's state does not offer, by the sealed column that their words go to; under no name those that hold
somebody's number for a sum of money."""


VOUCHING = {
    "membership": ("voucher",),
    "call_back": ("call_phone", "call_when"),
    "person": ("voucher_name", "voucher_contact"),
}
"""The boxes of each way of being vouched for."""


@dataclass
class Scene:
    """What a canary's test works with."""

    cards: Cards
    app: Flask
    aviary: Aviary = field(default_factory=Aviary)

    @property
    def runtime(self) -> Runtime:
        """The instance."""
        return self.cards.runtime

    def crawl(
        self, client: FlaskClient, *starts: str, within: str = "", without: tuple[str, ...] = ()
    ) -> None:
        """Go through the pages from `starts`."""
        crawler = Crawler(self.app, client, self.aviary, WORDS, FILES)

        def skip(path: str) -> bool:
            return not path.startswith(within or "/") or any(
                part in path for part in ("/exit", "sign", *without)
            )

        crawler.crawl(*starts, skip=skip, most=1)
        assert not crawler.faults

    def apply(self, client: FlaskClient) -> str:
        """Apply with a canary for every answer, and look at one's own page; the reference."""
        own = {
            "1": ("working_name",), "2": ("email",), "3": ("outward_postcode",), "4": ("birth_year",),
            "5": ("income_before", "income_now"), "7": ("statement",), "8": ("voucher",),
            "10": ("legal_name", "sort_code", "account_number"),
        }  # fmt: skip
        steps = {
            number: dict(fields) | {name: self.aviary.value(f"apply.{name}") for name in own.get(number, ())}
            for number, fields in STEPS.items()
        }
        write(
            client, {"1": steps["1"], "2": {"safe_contact": "sms", "phone": self.aviary.value("apply.phone")}}
        )
        write(client, steps)
        for way, boxes_of in VOUCHING.items():
            told = {name: self.aviary.value(f"apply.{name}") for name in boxes_of}
            assert post(client, "/apply/8", told | {"vouching": way}).status_code == 302
        ref, code = send(client)
        self.runtime.run_due("checks")
        assert post(client, "/status", {"reference": ref, "claim_code": code}).location == "/status/case"
        return ref

    def staff(self, name: str) -> FlaskClient:
        """Somebody of the staff, signed in, who may do everything that one person may."""
        self.runtime.transact(operator(), add, f"{name}@example.org", list(Role), PASSWORD, SECRET)
        client = self.app.test_client()
        assert sign_in(client, self.runtime, f"{name}@example.org").status_code == 303
        return client

    def beginnings(self) -> list[str]:
        """Pages that a link leads to in some states only."""
        with self.runtime.read() as session:
            payments = session.exec(select(Payment.state, Payment.reference).order_by(col(Payment.id))).all()
            awards = session.exec(select(Award.ref).order_by(col(Award.id))).all()
            batches = session.exec(select(Batch.ref).order_by(col(Batch.id).desc())).all()
        return [
            *(f"/staff/payouts/payments/{ref}/recall" for ref in dict(payments).values()),
            *(f"/staff/payouts/by-hand/{ref}" for ref in awards),
            *(f"/staff/payouts/wrong/{ref}" for ref in awards),
            *(f"/staff/payouts/{ref}/void" for ref in batches[:1]),
        ]

    @property
    def is_thorough(self) -> bool:
        """Every box is filled on one of the two databases; on the other, what most people fill in."""
        return self.runtime.database.dialect == "sqlite"


def second_person(scene: Scene) -> None:
    """Whatever the first proposed is approved by another, and what follows from it is filled in as well."""
    scene.runtime.run_due()
    assert isinstance(scene.runtime.clock, SetClock)
    scene.runtime.clock.advance(dt.timedelta(hours=1))
    chief = scene.staff("chief")
    with scene.runtime.read() as session:
        waiting = session.exec(select(Proposal.ref).order_by(col(Proposal.id))).all()
    for ref in waiting:
        scene.crawl(chief, f"/staff/proposals/{ref}", within=f"/staff/proposals/{ref}")
    with scene.runtime.read() as session:
        refunds = session.exec(select(RefundOrder.ref).order_by(col(RefundOrder.id))).all()
        recalls = session.exec(select(Recall.ref).order_by(col(Recall.id))).all()
    ends = [
        *(f"/staff/refunds/{one}" for one in refunds),
        *(f"/staff/payouts/recalls/{one}/refused" for one in recalls),
    ]
    parts = ("exceptions", "recoveries", "test-payment")
    for corner in (
        *ends,
        "/staff/receipts",
        "/staff/vouchers",
        *(f"/staff/payouts/{part}" for part in parts),
    ):
        scene.crawl(chief, corner, within=corner)


def go_through(scene: Scene) -> str:
    """Everybody does everything that is offered to them; the applicant's reference."""
    applicant = scene.app.test_client()
    ref = scene.apply(applicant)
    scene.crawl(
        applicant,
        "/status/messages",
        "/status/complain",
        "/status/case",
        within="/status",
        without=("withdraw", "erase"),
    )
    boss = scene.staff("boss")
    scene.crawl(boss, "/staff/", f"/staff/cases/{ref}", within="/staff")
    if scene.is_thorough:
        for corner in scene.beginnings():
            scene.crawl(boss, corner, within=corner)
        second_person(scene)
    visitor = scene.app.test_client()
    scene.crawl(visitor, "/donate", "/", "/apply", "/status", "/verify", without=("/staff", "/cancel"))
    give_password(visitor, scene.aviary.value("sign-in.email"), scene.aviary.canary("sign-in.password"))
    place = scene.cards.wish()
    assert scene.cards.on(place).status_code == 303
    scene.cards.api.pay()
    scene.cards.deliver()
    scene.crawl(scene.cards.client, f"{place}/done", within="/donate")
    return ref


def bring_in(scene: Scene, command: Command, folder: Path) -> None:
    """Every column of a file that can hold words about somebody, taken and refused."""
    bird = scene.aviary.value
    own = [*FIXED_COLUMNS, "legal_name", "working_name", "email", "statement", "voucher", "phone"]
    answers = {name: bird(f"file.{name}") for name in own} | {
        "ref": "A-1",
        "reason": "livelihood",
        "safe_contact": "email",
    }
    gifts = {
        "ref": "G-77", "received_at": "2020-04-01T10:00:00Z", "amount": "5.00", "channel": "bank", "donor_type": "person",
        "donor_name": bird("gift.donor_name"), "note": bird("gift.note"),
    }  # fmt: skip
    files = {
        "import applications {} --round spring": answers | {"submitted_at": "2020-04-01T10:00:00Z"},
        "import contributions {} --fund small": gifts,
    }
    for number, (line, row) in enumerate(files.items()):
        path = folder / f"given-{number}.csv"
        path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
        status, _, err = command(*line.format(path).split())
        path.unlink()
        assert status == 0, err
    for name in ("email", "donor_name"):
        bad = folder / "bad.csv"
        bad.write_text(f"ref,{name},{scene.aviary.canary('a column')}\nX,{scene.aviary.canary('a cell')},1\n")
        assert command("import", "contributions", bad, "--fund", "small")[0] == 2
        bad.unlink()


FIXED_COLUMNS = (
    "birth_year",
    "outward_postcode",
    "sort_code",
    "account_number",
    "income_before",
    "income_now",
)


def go_astray(scene: Scene) -> None:
    """Force each kind of error page, and ask for what is not there, with canaries in the asking."""
    client, canary = scene.app.test_client(), scene.aviary.canary("an address")
    said = {"Referer": f"http://localhost/{canary}", "User-Agent": canary, "Cookie": f"id={canary}"}
    answers = [client.get("/nowhere", headers=said), client.post("/nowhere", data={"x": canary})]
    answers.append(
        client.post("/status", data={"reference": canary, "claim_code": canary})
    )  # without a form's token
    answers.append(client.post("/status", data={"reference": canary * 2_000_000}))

    @wraps(scene.app.view_functions["status.sign_in"])
    def fault() -> None:
        raise ValueError(canary)

    scene.app.view_functions["status.sign_in"] = fault
    answers.append(client.get("/status"))
    assert [one.status_code for one in answers] == [404, 404, 400, 413, 500]
    for answer in answers:
        assert found_in(answer.data) == []


def sent(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """Every mail that was waiting, as it would have left."""
    out: list[EmailMessage] = []

    class Wire:
        """Takes mails as a server does."""

        def send_message(self, mail: EmailMessage) -> None:
            """Take one."""
            out.append(mail)

    @contextmanager
    def connected(_server: object) -> Iterator[Wire]:
        yield Wire()

    with monkeypatch.context() as patch:
        patch.setattr("hardship.jobs.mails.connected", connected)
        runtime.settings = replace(runtime.settings, smtp_url="smtp://localhost")
        runtime.run_due("mails")
    return out


EXPORTS = (
    "export ledger --format csv --out {}/books.csv", "export ledger --format hledger --out {}/books.journal",
    "gifts export --fund small --out {}/gifts.csv",
    "ledger losses --fund small --out {}/losses.csv", "ledger trial-balance --fund small --out {}/balance.csv",
    "audit checkpoint --out {}/checkpoint", "outbox list --json", "review list --round spring --json",
    "payouts status --json", "statements list --json", "proposals list --json", "webhooks list --json",
    "match status --json", "audit verify --json", "doctor --json", "retention run --dry-run --json",
)  # fmt: skip
"""Whatever a command writes that leaves: all but the file for the bank, which is the one exception that I10 makes."""

PLAIN = (
    # The bank's own reference of a company's payment is that payment's identity, in the books and in events.
    re.compile(r".*: /staff/agreements/LC/payment\.bank_ref"),
    # What a group or company that hands out codes is called: no person.
    re.compile(r".*: /staff/vouchers/new\.name"),
    # The loss log as a file holds the reasons that finance wrote: it is asked for by name, and taking it out is an event.
    re.compile(r"losses\.csv: /staff/.*\.why"),
)
"""What may be found in plain: where, and from which box. HMRC's schedule, which has to name donors, is not among the exports."""


def test_no_canary_is_found_anywhere(
    runtime: Runtime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "out"
    folder.mkdir()
    watch = Watch()
    watch.put_on(monkeypatch.setattr)
    with cards_on(runtime, set_up=in_full_swing) as cards:
        scene = Scene(cards, create_app(runtime))  # as it runs, with its own handler of whatever goes wrong
        ref = go_through(scene)
        go_astray(scene)
    logs = capsys.readouterr()
    command = Command(runtime, capsys, monkeypatch)
    bring_in(scene, command, tmp_path)
    found = in_columns(runtime, scene.aviary)
    said = [command(*line.format(*[folder]).split()) for line in EXPORTS]
    assert [(line, one[2]) for line, one in zip(EXPORTS, said, strict=True) if one[0] == 2] == []
    make(runtime, operator(), folder / "backup", lambda _: None)
    places = {
        "logs": logs.out + logs.err + caplog.text,
        "commands": "".join(out + err for _, out, err in said),
        "names of files": "\n".join(str(path) for path in files_of(runtime, folder)),
    }
    for where, words in places.items():
        found += sought(scene.aviary, where, words.encode())
    for path in files_of(runtime, folder):
        found += sought(scene.aviary, path.name, path.read_bytes())
    assert len(mails := sent(runtime, monkeypatch)) > 1
    for mail in mails:
        del mail["To"]  # that is where it goes
        found += sought(scene.aviary, f"mail {mail['Subject']}", bytes(mail) + mail.get_content().encode())
    assert sorted(set(found)) == []
    excused = {box for named in (*NO_WORDS.values(), *ELSEWHERE.values()) for box in named}
    missed = {".".join(box) for box in boxes() - watch.taken} - excused
    if scene.is_thorough:
        assert not missed, f"no canary has been in these boxes: {', '.join(sorted(missed))}"
    unreadable_once_erased(runtime, ref)


def sought(aviary: Aviary, where: str, data: bytes) -> list[str]:
    """The canaries in some bytes, but those that may be there."""
    found = [f"{where}: {one}" for one in told(aviary, found_in(data))]
    return [one for one in found if not any(allowed.fullmatch(one) for allowed in PLAIN)]


def in_columns(runtime: Runtime, aviary: Aviary) -> list[str]:
    """The canaries in any value of any table; the short ones as whole values."""
    found = []
    for table, rows in everything_in(runtime).items():
        names = [column.name for column in SQLModel.metadata.tables[table].columns]
        for name, values in zip(names, zip(*rows, strict=True), strict=False):
            data = b"\0".join(one if isinstance(one, bytes) else str(one).encode() for one in values)
            found += sought(aviary, f"{table}.{name}", data)
            found += [
                f"{table}.{name}: {one}" for one in SHORT & {one for one in values if isinstance(one, str)}
            ]
    return found


def files_of(runtime: Runtime, folder: Path) -> list[Path]:
    """Every file that was written: exports, the backup, the instance's folder, the database and its log."""
    database = runtime.settings.database_file
    beside = list(database.parent.glob(f"{database.name}*")) if database else []
    roots = [folder, runtime.settings.instance]
    return [*beside, *(path for root in roots if root.exists() for path in root.rglob("*") if path.is_file())]


def unreadable_once_erased(runtime: Runtime, ref: str) -> None:
    """What the applicant typed opens no more, for anybody with the keyring."""
    with runtime.read() as session:
        case = session.exec(select(Application).where(Application.ref == ref)).one()
        assert case_facts(session, runtime.vault, case).statement.startswith(MARK)
    runtime.transact(operator(), erasing.erase, ref=ref)
    with runtime.read() as session:
        case = session.get_one(Application, case.id)
        assert case_facts(session, runtime.vault, case).erased
        with pytest.raises(NotFound):
            runtime.vault.person(session, case.data_key_id)


WORDY = {
    "about", "answer", "bank_word", "body", "document", "handed_by", "name", "note", "reason", "reference", "said", "why",
    "slip", "bank_ref", "account_number", "sort_code", "email", "words",
}  # fmt: skip
"""Arguments of commands that take somebody's words, or details. Each names a box of a page as well, whose service it calls."""
NAMING = {
    "account", "acting", "admin", "after", "agreement", "amount", "anchor", "award_ref", "awards", "batch_ref", "claim_codes",
    "claim_ref", "code", "contribution_ref", "counterparty", "date", "date_format", "declaration", "direction", "event",
    "fee", "file", "file_ref", "finding", "first", "form", "found_on", "from_on", "fund", "fund_slug", "gift_ref",
    "handed_on", "host", "journal", "last", "on", "only", "out", "out_words", "paid_at", "paid_in", "paid_out",
    "payment_ref", "pot", "published", "rail", "recall_ref", "received_at", "received_on", "recovery_ref", "ref", "result",
    "role_text", "round_slug", "settings", "since", "slug", "source", "successor", "supersedes", "target", "through",
    "to_on", "tranche", "application_ref",
    "batch", "expires", "group_ref", "question",
}  # fmt: skip
"""Arguments that name a thing of ours, a file, a day, an amount, a code of a list, or a column."""


def arguments(group: click.Group) -> set[str]:
    """Every argument and option of every command that takes text."""
    found: set[str] = set()
    for command in group.commands.values():
        if isinstance(command, click.Group):
            found |= arguments(command)
        else:
            found |= {one.name or "" for one in command.params if one.type is click.STRING}
    return found


def test_what_is_not_typed_here_goes_into_sealed_columns() -> None:
    assert list(modules("views"))  # every form is known
    sealed = {f"{table.name}.{name}" for table, name in sealed_columns()}
    assert set(ELSEWHERE) - {""} <= sealed
    known = {".".join(box) for box in boxes()}
    assert {box for named in (*NO_WORDS.values(), *ELSEWHERE.values()) for box in named} <= known


def test_every_command_that_takes_words_hands_them_to_the_service_of_a_page() -> None:
    """A new argument has to say here which of the two it is."""
    assert list(modules("views"))  # every form is known
    assert arguments(build_cli()) - WORDY - NAMING == set()
    assert {name for _, name in boxes()} >= WORDY
