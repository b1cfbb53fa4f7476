"""Commands for staff accounts."""

import sys
from typing import Any

import click

from hardship.core.command import Report, group, reports, the_runtime
from hardship.core.errors import BadInput
from hardship.staff import passwords, proposal_commands, queries, service
from hardship.staff.acting import acting_as, as_option
from hardship.staff.models import Staff


def register(root: click.Group) -> None:
    """Add `staff …` and `proposals …`."""
    staff = group(root, "staff", "Accounts of the people who work with the fund.")
    for command in (add, show_list, roles, password, disable, enable, code):
        staff.add_command(command)
    proposal_commands.register(root)


_ROLES = click.option(
    "--role",
    "role_text",
    required=True,
    metavar="ROLE[,ROLE]",
    help="reviewer, lead, finance, approver, auditor, admin",
)
_PASSWORD = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.command("add", help="Add an account; tells the second factor's secret once.")
@click.argument("email")
@_ROLES
@_PASSWORD
@as_option()
@reports
def add(email: str, role_text: str, password_stdin: bool, acting: str | None) -> Report:
    """Add an account."""
    wanted = service.parse_roles(role_text)
    given = _from_stdin() if password_stdin else ""
    added = the_runtime().transact(acting_as(acting), service.add, email, wanted, given)
    names = sorted(role.value for role in added.roles)
    lines = [
        f"added {added.email}: {', '.join(names)}",
        f"second factor  {added.totp_secret}  (for an authenticator app; it is not shown again)",
    ]
    if not given:
        lines.append(f"no password yet, so no sign-in: hardship staff password {added.email}")
    return Report({"email": added.email, "roles": names, "totp_secret": added.totp_secret}, lines)


@click.command("list", help="Every account with its roles.")
@reports
def show_list() -> Report:
    """List the accounts."""
    with the_runtime().read() as session:
        found = [_shown(staff) for staff in queries.all_staff(session)]
    lines = [f"{one['email']}  {','.join(one['roles'])}  {one['state']}" for one in found]
    return Report(
        {"staff": found}, lines or ["No accounts yet. Add one: hardship staff add EMAIL --role admin"]
    )


def _shown(staff: Staff) -> dict[str, Any]:
    return {
        "email": staff.email,
        "roles": sorted(role.value for role in staff.roles),
        "state": "disabled" if staff.disabled_at else "active",
        "demo": staff.is_demo,
    }


@click.command("roles", help="Give an account these roles and no others.")
@click.argument("email")
@_ROLES
@as_option()
@reports
def roles(email: str, role_text: str, acting: str | None) -> Report:
    """Change roles."""
    wanted = service.parse_roles(role_text)
    staff = the_runtime().transact(acting_as(acting), service.change_roles, email=email, roles=wanted)
    names = sorted(role.value for role in staff.roles)
    return Report({"email": staff.email, "roles": names}, [f"{staff.email}: {', '.join(names)}"])


@click.command("password", help="Set an account's password.")
@click.argument("email")
@_PASSWORD
@as_option()
@reports
def password(email: str, password_stdin: bool, acting: str | None) -> Report:
    """Set a password."""
    given = _from_stdin() if password_stdin else _asked()
    staff = the_runtime().transact(acting_as(acting), service.set_password, email=email, password=given)
    return Report({"email": staff.email}, [f"{staff.email}: password set, open sessions ended"])


@click.command("disable", help="Shut an account and end its sessions.")
@click.argument("email")
@as_option()
@reports
def disable(email: str, acting: str | None) -> Report:
    """Disable an account."""
    staff = the_runtime().transact(acting_as(acting), service.disable, email=email)
    return Report({"email": staff.email, "state": "disabled"}, [f"{staff.email}: disabled"])


@click.command("enable", help="Open a disabled account again.")
@click.argument("email")
@as_option()
@reports
def enable(email: str, acting: str | None) -> Report:
    """Enable an account."""
    staff = the_runtime().transact(acting_as(acting), service.enable, email=email)
    return Report({"email": staff.email, "state": "active"}, [f"{staff.email}: active"])


@click.command("code", help="The present second-factor code of a demo account.")
@click.argument("email")
@reports
def code(email: str) -> Report:
    """Tell a demo account's code."""
    found = the_runtime().transact(acting_as(None), service.demo_code, email=email)
    return Report({"email": queries.tidy_email(email), "code": found}, [found])


def _from_stdin() -> str:
    """The first line of standard input, as a password."""
    given = sys.stdin.readline(passwords.MAX_LENGTH + 2).rstrip("\r\n")
    if not given:
        raise BadInput("no password on standard input", where="--password-stdin", fix="Pipe one line in.")
    return given


def _asked() -> str:
    """A password typed twice, unseen, by whoever sits at the terminal."""
    if not sys.stdin.isatty():
        raise BadInput("nobody to ask for a password", fix="Pipe one in and add --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
