"""Staff accounts by command: adding, changing, disabling, demo codes, and what production refuses."""

import dataclasses
import io
import json

import pytest

from hardship.core.actor import Actor, ActorKind, Role, operator
from hardship.core.errors import BadInput, Broken, Conflict, Forbidden
from hardship.core.runtime import Runtime
from hardship.staff import service, totp
from hardship.staff.queries import named
from tests.integration.applications.helpers import Command, bodies, everything_in
from tests.integration.review.helpers import PASSWORD, Panel


@pytest.fixture
def command(runtime: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`hardship …` on this runtime."""
    return Command(runtime, capsys, monkeypatch)


def test_add_tells_address_roles_and_secret_and_keeps_the_password(
    command: Command, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    status, out, err = command(
        "staff", "add", "Ash@Example.org", "--role", "reviewer,lead", "--password-stdin", "--json"
    )
    told = json.loads(out)
    assert (status, err, set(told)) == (0, "", {"email", "roles", "totp_secret"})
    assert (told["email"], told["roles"]) == ("ash@example.org", ["lead", "reviewer"])
    assert service.identify(runtime, email="ash@example.org", password=PASSWORD) is not None
    with runtime.read() as session:
        assert PASSWORD not in str(bodies(session))
        assert "ash@" not in str(bodies(session))


def test_adding_the_same_address_again_is_refused_and_says_what_to_do(command: Command) -> None:
    assert command("staff", "add", "a@example.org", "--role", "admin")[0] == 0
    status, _, err = command("staff", "add", "A@example.org", "--role", "reviewer")
    assert status == 2
    assert "staff roles" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["staff", "add", "no-address", "--role", "admin"],
        ["staff", "add", "a@example.org", "--role", "king"],
        ["staff", "add", "a@example.org", "--role", ""],
        ["staff", "add", "a@example.org"],
        ["staff", "add", "a@example.org", "--role", "admin", "--password-stdin"],
        ["staff", "roles", "nobody@example.org", "--role", "admin"],
        ["staff", "disable", "nobody@example.org"],
        ["staff", "password", "nobody@example.org"],
        ["staff", "code", "nobody@example.org"],
        ["staff", "disable", "x" * 10_000],
        ["staff", "add", "b@example.org", "--role", "admin", "--as", "nobody@example.org"],
    ],
)
def test_bad_input_is_one_line_exit_two_and_no_change(
    command: Command, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    before = everything_in(runtime)
    status, out, err = command(*arguments)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert everything_in(runtime) == before


def test_the_list_shows_everybody(command: Command) -> None:
    assert "No accounts yet" in command("staff", "list")[1]
    command("staff", "add", "b@example.org", "--role", "finance")
    command("staff", "add", "a@example.org", "--role", "auditor")
    command("staff", "disable", "b@example.org")
    listed = json.loads(command("staff", "list", "--json")[1])["staff"]
    assert [(one["email"], one["state"]) for one in listed] == [
        ("a@example.org", "active"),
        ("b@example.org", "disabled"),
    ]
    assert command("staff", "enable", "b@example.org")[0] == 0


def test_only_an_administrator_manages_staff_and_nobody_their_own_account(runtime: Runtime) -> None:
    panel = Panel(runtime)
    admin, reviewer = panel.join("admin", Role.ADMIN), panel.join("ash", Role.REVIEWER)
    for actor in (reviewer, Actor(ActorKind.APPLICANT, "X")):
        with pytest.raises(Forbidden):
            runtime.transact(actor, service.add, "x@example.org", [Role.ADMIN])
        with pytest.raises(Forbidden):
            runtime.transact(actor, service.change_roles, email="ash@example.org", roles=[Role.ADMIN])
    with pytest.raises(Forbidden, match="their own"):
        runtime.transact(admin, service.change_roles, email="admin@example.org", roles=[Role.LEAD])
    runtime.transact(admin, service.change_roles, email="ash@example.org", roles=[Role.LEAD])
    with runtime.read() as session:
        assert named(session, "ash@example.org").roles == {Role.LEAD}


def test_a_demo_account_tells_codes_that_work_and_a_real_one_none(runtime: Runtime) -> None:
    demo = runtime.transact(operator(), service.add, "demo@example.org", [Role.LEAD], PASSWORD, is_demo=True)
    runtime.transact(operator(), service.add, "real@example.org", [Role.LEAD], PASSWORD)
    for _ in range(2):
        code = runtime.transact(operator(), service.demo_code, email="demo@example.org")
        assert runtime.transact(operator(), service.sign_in, staff_id=demo.id, code=code) is not None
    with pytest.raises(Conflict, match="thirty seconds"):
        runtime.transact(operator(), service.demo_code, email="demo@example.org")
    with pytest.raises(Forbidden):
        runtime.transact(operator(), service.demo_code, email="real@example.org")
    runtime.settings = dataclasses.replace(runtime.settings, production=True)
    with pytest.raises(Forbidden):
        runtime.transact(operator(), service.demo_code, email="demo@example.org")


def test_production_does_not_start_while_a_demo_account_can_sign_in(runtime: Runtime) -> None:
    runtime.transact(operator(), service.add, "demo@example.org", [Role.LEAD], PASSWORD, is_demo=True)
    service.wire(runtime)
    runtime.settings = dataclasses.replace(runtime.settings, production=True)
    with pytest.raises(Broken, match="demo logins"):
        service.wire(runtime)
    runtime.transact(operator(), service.disable, email="demo@example.org")
    service.wire(runtime)


def test_a_short_password_or_secret_is_refused(runtime: Runtime) -> None:
    with pytest.raises(BadInput, match="8 to 200"):
        runtime.transact(operator(), service.add, "a@example.org", [Role.LEAD], "short")
    with pytest.raises(BadInput, match="secret"):
        runtime.transact(operator(), service.add, "a@example.org", [Role.LEAD], PASSWORD, "JBSWY3DPEHPK3PXP")


def test_full_width_digits_and_spaces_are_the_same_code(runtime: Runtime) -> None:
    secret = totp.new_secret()
    at = runtime.clock.now()
    code = totp.code_of(secret, totp.step_of(at))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    for written in (code, f"{code[:3]} {code[3:]}", wide):
        assert totp.accepted_step(secret, written, at, 0) == totp.step_of(at)
    for written in ("", "12345", code + "1", "x" * 500):
        assert totp.accepted_step(secret, written, at, 0) is None
