"""The doctor finds each invariant broken by hand in the database, and nothing else with it."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from hardship.core.runtime import Runtime
from hardship.jobs.doctor import checks, examine, looks_sealed, sealed_columns
from tests.integration.applications.helpers import Command, apply, load, person
from tests.integration.statements.home import Home


def failing(runtime: Runtime, *only: str) -> list[str]:
    """The names of the checks that do not hold."""
    return [one.name for one in examine(runtime, only) if not one.ok]


def by_hand(runtime: Runtime, *changes: str) -> None:
    """Change the database as somebody would who first takes its guards away: triggers, constraints, foreign keys."""
    with runtime.database.writer.connect() as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.driver_connection
            assert raw is not None
            names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            names_of = raw.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%UNIQUE%'"
            )
            for (name,) in names:
                raw.execute(f"DROP TRIGGER {name}")
            for (name,) in names_of.fetchall():
                raw.execute(f"DROP INDEX {name}")
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA ignore_check_constraints=ON")
            for change in changes:
                raw.execute(change)
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA ignore_check_constraints=OFF")
            return
        connection.execute(text("SET session_replication_role = replica"))
        for name in (
            "uq_award_bank_token",
            "uq_award_live_application",
            "uq_payment_award",
            "uq_attempt_live",
        ):
            connection.execute(text(f"DROP INDEX {name}"))
        for name in ("within_cap", "earned_within"):
            connection.execute(text(f"ALTER TABLE match_agreement DROP CONSTRAINT ck_match_agreement_{name}"))
        for change in changes:
            connection.execute(text(change))
        connection.execute(text("SET session_replication_role = DEFAULT"))
        connection.commit()


def test_a_fund_in_full_swing_is_in_order(swing: Home) -> None:
    """Every invariant holds, and so does the set-up."""
    assert [one for one in examine(swing.runtime) if not one.ok] == []


def test_every_invariant_has_its_check() -> None:
    """I1 to I12; what else is asked belongs to none of them."""
    numbers = {name.split()[0] for name, _ in checks()}
    assert {f"I{number}" for number in range(1, 13)} <= numbers


FIRST_AWARD = "(SELECT min(id) FROM award)"
SECOND_AWARD = "(SELECT min(id) + 1 FROM award)"
MATCH_POT = "(SELECT pot_id FROM match_agreement)"
BREAKS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "an entry is changed": (
        ("UPDATE entry SET amount_minor = amount_minor + 1 WHERE id = (SELECT min(id) FROM entry)",),
        ["I1 balanced"],
    ),
    "a cached balance is changed": (
        ("UPDATE account SET balance_minor = 1 WHERE kind = 'opening' AND pot_id = 1",),
        ["I1 balanced"],
    ),
    "an agreement shows less than it gave": (
        ("UPDATE match_agreement SET allocated_minor = allocated_minor - 1",),
        ["I2 cap"],
    ),
    "a cap is put below what was given": (("UPDATE match_agreement SET cap_minor = 100",), ["I2 cap"]),
    "match is made larger than its gift": (
        ("UPDATE allocation SET num = 1, den = 100",),
        ["I3 share"],
    ),
    "a bank account gets two awards": (
        (
            f"UPDATE award SET bank_token = (SELECT bank_token FROM award WHERE id = {FIRST_AWARD}) WHERE id = {SECOND_AWARD}",
        ),
        ["I5 one grant"],
    ),
    "an application gets two awards": (
        (
            f"UPDATE award SET application_id = (SELECT application_id FROM award WHERE id = {FIRST_AWARD}) WHERE id = {SECOND_AWARD}",
        ),
        ["I5 one grant"],
    ),
    "an award's share moves to the pot of another fund": (
        (
            "INSERT INTO pot (ref, fund_slug, fund_class, currency, is_community, held_as_agent)"
            " VALUES ('x', 'x', 'restricted', 'GBP', (1 = 0), (1 = 0))",
            f"UPDATE award_share SET pot_id = (SELECT id FROM pot WHERE ref = 'x') WHERE award_id = {FIRST_AWARD}",
        ),
        ["I6 pots", "I8 witnessed"],
    ),
    "a pot is restricted to another round": (
        ("UPDATE match_agreement SET restricted_to_round = 'autumn'",),
        ["I6 pots"],
    ),
    "a payment gets a second live attempt": (
        (
            "UPDATE attempt SET payment_id = (SELECT payment_id FROM attempt WHERE outcome = 'accepted' ORDER BY id LIMIT 1)"
            " WHERE outcome = 'accepted'",
        ),
        ["I7 once"],
    ),
    "the bank was asked behind our back": (
        (
            "UPDATE sandbox_payment SET key = 'of nobody' WHERE key = (SELECT min(key) FROM sandbox_payment WHERE status = 'posted')",
        ),
        ["I7 once"],
    ),
    "an award is called paid": (
        ("UPDATE award SET state = 'paid' WHERE state = 'accepted'",),
        ["I8 witnessed"],
    ),
    "a gift is made larger": (
        ("UPDATE contribution SET amount_minor = amount_minor + 100",),
        ["I8 witnessed"],
    ),
    "an event is edited": (
        (
            "UPDATE audit_event SET body = replace(body, 'offered', 'refused') WHERE seq = (SELECT min(seq) FROM audit_event WHERE body LIKE '%award.offered%')",
        ),
        ["I8 witnessed"],
    ),
    "a batch's maker approves it": (("UPDATE batch SET approved_by = made_by",), ["I9 four eyes: batches"]),
    "a conflicted person votes": (
        (
            "UPDATE vote SET staff_id = (SELECT staff_id FROM conflict_of_interest) WHERE id = (SELECT min(id) FROM vote)",
            "UPDATE case_opening SET staff_id = (SELECT staff_id FROM conflict_of_interest)"
            " WHERE id = (SELECT min(id) FROM case_opening)",
        ),
        ["I9 four eyes: votes"],
    ),
    "a name is written in plain": (
        ("UPDATE application_answers SET legal_name = CAST('Maya' AS {blob})",),
        ["I10 sealed: columns"],
    ),
    "a long text is written in plain": (
        (
            "UPDATE application_answers SET statement = CAST('The bookings stopped overnight and nothing is left.' AS {blob})",
        ),
        ["I10 sealed: columns"],
    ),
    "an issued file is changed": (
        ("UPDATE statement_file SET body = CAST('x' AS {blob}) WHERE name LIKE '%.csv'",),
        ["I11 frozen"],
    ),
    "an issued file is changed and its hash with it": (
        (
            "UPDATE statement_file SET body = CAST('' AS {blob}), sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"
            " WHERE name LIKE '%.csv'",
        ),
        ["I11 frozen"],
    ),
    "an issued statement's figures are changed": (
        ("UPDATE statement SET content = CAST('x' AS {blob})",),
        ["I11 frozen"],
    ),
    "a vote is taken away after the decision": (
        ("DELETE FROM vote WHERE id = (SELECT min(id) FROM vote)",),
        ["I12 human"],
    ),
    "a voter never opened the case": (
        ("DELETE FROM case_opening WHERE id = (SELECT min(id) FROM case_opening)",),
        ["I12 human"],
    ),
    "a keyring is another's": (("UPDATE keyring_mark SET keyring_id = 'x'",), ["keyring"]),
    "the schema is another": (("UPDATE alembic_version SET version_num = 'x'",), ["schema"]),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_fails_its_own_check_alone(swing_copy: Runtime, name: str) -> None:
    """What was broken is named, and no other check is mistaken for it."""
    runtime = swing_copy
    changes, expected = BREAKS[name]
    blob = "BLOB" if runtime.database.dialect == "sqlite" else "BYTEA"
    by_hand(runtime, *(change.format(blob=blob) for change in changes))
    assert failing(runtime) == expected


def test_a_pot_spent_below_nil_is_found(swing_copy: Runtime) -> None:
    """A deficit that no refund explains; balanced by hand, so that the books themselves are in order."""
    runtime = swing_copy
    by_hand(
        runtime,
        f"UPDATE entry SET pot_id = {MATCH_POT}, account_id = (SELECT id FROM account WHERE pot_id = {MATCH_POT} AND kind = 'grants_payable')"
        " WHERE account_id = (SELECT id FROM account WHERE pot_id = 1 AND kind = 'grants_payable')",
        f"UPDATE entry SET pot_id = {MATCH_POT}, account_id = (SELECT id FROM account WHERE pot_id = {MATCH_POT} AND kind = 'grants')"
        " WHERE account_id = (SELECT id FROM account WHERE pot_id = 1 AND kind = 'grants')",
    )
    assert "I4 no overspend" in failing(runtime, "I4")


def test_an_address_in_an_event_is_found(runtime: Runtime) -> None:
    """Also where chain and rows are in order."""
    from hardship.core.actor import SYSTEM

    runtime.transact(SYSTEM, lambda tx: tx.record("test", "test:1", note="write to maya@example.org"))
    assert failing(runtime) == ["I10 sealed: events"]


def test_a_worker_that_does_not_run_is_found(runtime: Runtime) -> None:
    """An application that waits for its checks longer than it should."""
    import datetime as dt

    from hardship.core.clock import SetClock

    load(runtime)
    apply(runtime, person(1))
    assert failing(runtime, "worker") == []
    assert isinstance(runtime.clock, SetClock)
    runtime.clock.advance(dt.timedelta(hours=1))
    assert failing(runtime, "worker") == ["worker"]


def test_the_set_up_is_examined(sqlite_runtime: Runtime) -> None:
    """A keyring that others may read, or that lies beside the database in production; a mail server that cannot be."""
    runtime = sqlite_runtime
    runtime.settings.keyring_path.chmod(0o644)
    assert failing(runtime) == ["keyring"]
    runtime.settings.keyring_path.chmod(0o600)
    runtime.settings = replace(runtime.settings, production=True)
    assert failing(runtime) == ["keyring apart", "sanctions list"]
    runtime.settings = replace(runtime.settings, production=False, smtp_url="what")
    assert failing(runtime) == ["mail"]


def test_every_sealed_column_is_known() -> None:
    """Answers, donors' names, addresses of mails: all that `sealed()` made."""
    known = {f"{table.name}.{column}" for table, column in sealed_columns()}
    assert {"application_answers.email", "donor.name", "outbox_mail.address", "staff.totp_secret"} <= known
    assert "statement_file.body" not in known


@pytest.mark.parametrize(("value", "sealed"), [(b"Maya", False), ("é" * 40, False), (b"x" * 28, False)])
def test_text_does_not_look_sealed(value: bytes | str, sealed: bool) -> None:
    """Short values and anything that reads as text."""
    assert looks_sealed(value.encode() if isinstance(value, str) else value) is sealed


def test_the_command(
    runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One object of the contract's form; exit 1 when something is wrong, 2 for a check that is not there."""
    hardship = Command(runtime, capsys, monkeypatch)
    status, out, _ = hardship("doctor", "--json")
    found = json.loads(out)
    assert (status, found["ok"]) == (0, True)
    assert all(set(one) == {"name", "ok", "detail"} for one in found["checks"])
    by_hand(runtime, "UPDATE keyring_mark SET keyring_id = 'x'")
    status, out, _ = hardship("doctor")
    assert status == 1
    assert "FAIL keyring" in out
    status, _, err = hardship("doctor", "--only", "I99")
    assert (status, err.count("\n")) == (2, 1)
