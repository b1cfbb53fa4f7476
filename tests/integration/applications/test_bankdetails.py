"""Bank details against Pay.UK's table: imported, never shipped; a number that does not fit is asked to be corrected."""

from pathlib import Path

import pytest
from sqlmodel import select

from hardship.app import create_app
from hardship.applications.bankdetails.models import BankCheck, BankTable, TableKind
from hardship.applications.bankdetails.service import import_table, newest_table
from hardship.applications.models import Application
from hardship.applications.service import give_bank_details
from hardship.core.actor import PUBLIC, SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.errors import BadInput, Forbidden
from hardship.core.runtime import Runtime
from hardship.staff.service import add
from tests.integration.applications.helpers import (
    Command,
    apply,
    everything_in,
    load,
    person,
    stored,
    token,
)
from tests.integration.review.helpers import SECRET

# One made-up line: sort codes 20-29-00 to 20-29-99 by a modulus of ten over the last two digits, 1 and 1.
TABLE = b"202900 202999 MOD10    0 0 0 0 0 0 0 0 0 0 0 0 1 1\n"
FITS, WRONG = "20000055", "20000012"
SUBSTITUTES = b"938173 938017\n"


@pytest.fixture
def finance(runtime: Runtime) -> Actor:
    """Somebody who keeps the tables."""
    added = runtime.transact(operator(), add, "fin@example.org", [Role.FINANCE], "", SECRET)
    return Actor(ActorKind.STAFF, str(added.id), frozenset({Role.FINANCE}))


def import_it(runtime: Runtime, actor: Actor, data: bytes = TABLE) -> None:
    """Import a table."""
    runtime.transact(actor, import_table, data=data, name="valacdos.txt")


def test_without_a_table_an_account_is_taken_and_honestly_not_checked(runtime: Runtime) -> None:
    load(runtime)
    receipt = apply(runtime, person(1, account_number=WRONG))
    assert stored(runtime, receipt.ref).bank_check is BankCheck.NOT_CHECKED
    without = apply(runtime, person(2, account_number="", sort_code=""))
    assert stored(runtime, without.ref).bank_check is BankCheck.NONE


def test_with_a_table_a_number_that_does_not_fit_is_refused_and_an_unknown_sort_code_is_taken(
    runtime: Runtime, finance: Actor
) -> None:
    load(runtime)
    import_it(runtime, finance)
    fits = apply(runtime, person(1, account_number=FITS))
    assert stored(runtime, fits.ref).bank_check is BankCheck.PASSED
    unknown = apply(runtime, person(2, sort_code="04-00-04", account_number=WRONG))
    assert stored(runtime, unknown.ref).bank_check is BankCheck.NOT_CHECKED
    before = everything_in(runtime)
    with pytest.raises(BadInput, match="does not fit the sort code") as refused:
        apply(runtime, person(3, account_number=WRONG))
    assert refused.value.where == "account_number"
    assert WRONG not in str(refused.value)
    with pytest.raises(BadInput, match="does not fit"):
        runtime.transact(
            SYSTEM,
            give_bank_details,
            application_id=fits.application_id,
            sort_code="20-29-59",
            account_number=WRONG,
            legal_name="Person One",
        )
    assert everything_in(runtime) == before
    runtime.transact(
        SYSTEM,
        give_bank_details,
        application_id=unknown.application_id,
        sort_code="20-29-59",
        account_number=FITS[:-2] + "64",
        legal_name="Person Two",
    )
    assert stored(runtime, unknown.ref).bank_check is BankCheck.PASSED


def test_the_same_table_again_is_no_change_and_a_newer_one_takes_its_place(
    runtime: Runtime, finance: Actor
) -> None:
    load(runtime)
    import_it(runtime, finance)
    before = everything_in(runtime)
    import_it(runtime, finance)
    assert everything_in(runtime) == before
    import_it(runtime, finance, SUBSTITUTES)
    import_it(runtime, finance, TABLE.replace(b"202900 202999", b"200000 200001"))
    receipt = apply(runtime, person(1, account_number=WRONG))
    assert stored(runtime, receipt.ref).bank_check is BankCheck.NOT_CHECKED
    with runtime.read() as session:
        assert len(session.exec(select(BankTable)).all()) == 3
        table = newest_table(session, TableKind.SUBSTITUTES)
        assert table is not None
        assert table.rows == 1
    with pytest.raises(Forbidden):
        import_it(runtime, PUBLIC)
    reviewer = Actor(ActorKind.STAFF, finance.id, frozenset({Role.REVIEWER}))
    with pytest.raises(Forbidden):
        import_it(runtime, reviewer)


def test_an_imported_file_names_the_line_whose_account_does_not_fit(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_runtime
    load(runtime)
    import_it(runtime, operator())
    run = Command(runtime, capsys, monkeypatch)
    header = "ref,submitted_at,legal_name,sort_code,account_number"
    rows = [
        f"P-{n},2020-03-31T09:00:00Z,Person {n},20-29-59,{account}" for n, account in enumerate([FITS, WRONG])
    ]
    file = tmp_path / "people.csv"
    file.write_text("\n".join([header, *rows]))
    before = everything_in(runtime)
    status, _, err = run("import", "applications", file, "--round", "spring")
    assert status == 2
    assert "line 3" in err
    assert "account_number" in err
    assert everything_in(runtime) == before
    status, _, _ = run("import", "applications", file, "--round", "spring", "--skip-bad")
    assert status == 0
    with runtime.read() as session:
        assert [one.bank_check for one in session.exec(select(Application))] == [BankCheck.PASSED]


def test_the_applicants_page_asks_to_correct_it_and_keeps_what_was_typed(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    load(runtime)
    import_it(runtime, operator())
    receipt = apply(runtime, person(1, account_number=FITS))
    client = create_app(runtime, testing=True).test_client()
    signed = client.post(
        "/status",
        data={
            "csrf_token": token(client, "/status"),
            "reference": receipt.ref,
            "claim_code": receipt.claim_code,
        },
    )
    assert signed.status_code in (302, 303)
    given = {
        "csrf_token": token(client, "/status/bank"),
        "legal_name": "Person One",
        "sort_code": "２０-29-59",
        "account_number": WRONG,
    }
    answer = client.post("/status/bank", data=given)
    assert answer.status_code == 422
    assert "does not fit the sort code" in answer.text
    assert WRONG in answer.text
    assert client.post("/status/bank", data=given | {"account_number": FITS}).status_code == 302


def test_the_commands_say_what_was_loaded_and_what_is_wrong(
    sqlite_runtime: Runtime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Command(sqlite_runtime, capsys, monkeypatch)
    assert "not loaded" in run("bank-table", "status")[1]
    file = tmp_path / "valacdos.txt"
    before = everything_in(sqlite_runtime)
    for content, said in ((b"", "empty"), (b"a,b,c\n", "line 1"), (b"\xff\xfe\x00", "plain text")):
        file.write_bytes(content)
        status, out, err = run("bank-table", "import", file)
        assert (status, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1
    assert run("bank-table", "import", tmp_path / "none.txt")[0] == 2
    assert run("bank-table", "import", tmp_path)[0] == 2
    assert everything_in(sqlite_runtime) == before
    file.write_bytes(TABLE)
    status, out, _ = run("bank-table", "import", file, "--json")
    assert (status, out) == (0, '{"table": "weights", "rows": 1, "changed": true}\n')
    assert '"changed": false' in run("bank-table", "import", file, "--json")[1]
    assert "1 line" in run("bank-table", "status")[1]
