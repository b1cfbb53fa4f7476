"""Staff accounts: add, change, disable, sign in. Every change is an event that names the account by its number."""

from collections.abc import Iterable
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import inspect
from sqlmodel import col, select

from hardship.core.actor import Actor, ActorKind, Role
from hardship.core.db import lock
from hardship.core.errors import BadInput, Broken, Conflict, Forbidden, NotFound
from hardship.core.runtime import Runtime, Transaction
from hardship.staff import passwords, queries, totp
from hardship.staff.models import Staff
from hardship.staff.permissions import Permission, require
from hardship.web import sessions


def wire(runtime: Runtime) -> None:
    """Refuse to start (`Broken`) in production while a demo account can sign in."""
    if not runtime.settings.production or not inspect(runtime.database.reader).has_table("staff"):
        return
    with runtime.read() as session:
        if queries.demo_logins(session):
            raise Broken(
                "production does not run with demo logins", fix="Disable each: hardship staff disable EMAIL"
            )


@dataclass(frozen=True)
class Added:
    """A new account; the second factor's secret is told this once."""

    id: int
    email: str
    roles: frozenset[Role]
    totp_secret: str

    def __repr__(self) -> str:
        return f"Added({self.id})"


def add(
    tx: Transaction,
    email: str,
    roles: Iterable[Role],
    password: str = "",
    totp_secret: str | None = None,
    is_demo: bool = False,
) -> Added:
    """A new account. Without a password nobody can sign in with it (it can still be named with `--as`).

    Raises `BadInput` for an address, role list or password that is none, `Conflict` when the address has an account.
    """
    # Before the transaction's first statement: it holds no lock, and no connection, while this takes its time.
    password_hash = passwords.hash_password(password)
    address, role_list = checked_address(email), _role_list(roles)
    require(tx.actor, Permission.MANAGE_STAFF)
    if queries.by_email(tx.session, address) is not None:
        raise Conflict(
            "there is an account with this address",
            where="EMAIL",
            fix="Change it with: hardship staff roles EMAIL --role ROLE, or hardship staff password EMAIL",
        )
    sealer = tx.vault.new_person(tx.session, tx.at)
    secret = totp.checked_secret(totp_secret) if totp_secret else totp.new_secret()
    staff = Staff(
        email=address,
        role_list=role_list,
        password_hash=password_hash,
        data_key_id=sealer.key_id,
        totp_secret=sealer.seal("staff", "totp_secret", address, secret),
        is_demo=is_demo,
        created_at=tx.at,
    )
    tx.session.add(staff)
    tx.session.flush()
    tx.record("staff.added", _subject(staff), state="active", roles=role_list, demo=is_demo)
    return Added(_id(staff), address, staff.roles, secret)


def change_roles(tx: Transaction, *, email: str, roles: Iterable[Role]) -> Staff:
    """Give an account these roles and no others; its open sessions end. Nobody changes their own (`Forbidden`)."""
    role_list = _role_list(roles)
    staff = _managed(tx, email)
    if staff.role_list != role_list:
        staff.role_list = role_list
        tx.session.add(staff)
        sessions.revoke_all(tx.session, _id(staff))
        tx.record("staff.roles_changed", _subject(staff), roles=role_list)
    return staff


def set_password(tx: Transaction, *, email: str, password: str) -> Staff:
    """Set an account's password; its open sessions end."""
    if not password:
        raise BadInput("no password was given", where="password", fix="Give it with --password-stdin.")
    password_hash = passwords.hash_password(password)
    staff = _managed(tx, email)
    staff.password_hash = password_hash
    tx.session.add(staff)
    sessions.revoke_all(tx.session, _id(staff))
    tx.record("staff.password_set", _subject(staff))
    return staff


def disable(tx: Transaction, *, email: str) -> Staff:
    """Shut an account: no more sign-in, open sessions end now. Votes and approvals given stand. Again: no change."""
    staff = _managed(tx, email)
    if staff.disabled_at is None:
        staff.disabled_at = tx.at
        tx.session.add(staff)
        sessions.revoke_all(tx.session, _id(staff))
        tx.record("staff.disabled", _subject(staff), state="disabled")
    return staff


def enable(tx: Transaction, *, email: str) -> Staff:
    """Open a disabled account again. Again: no change."""
    staff = _managed(tx, email)
    if staff.disabled_at is not None:
        staff.disabled_at = None
        tx.session.add(staff)
        tx.record("staff.enabled", _subject(staff), state="active")
    return staff


def identify(runtime: Runtime, *, email: str, password: str) -> int | None:
    """The number of the account whose address and password these are, else None.

    Takes as long for an unknown address, a disabled account or one without a password as for a wrong password.
    """
    with runtime.read() as session:
        found = queries.by_email(session, email)
        stored = found.password_hash if found and found.disabled_at is None else ""
        staff_id = found.id if found else None
    return staff_id if passwords.matches(stored, password) else None


def sign_in(tx: Transaction, *, staff_id: int, code: str) -> Actor | None:
    """Check the second factor of somebody whose password was right: the signed-in actor, or None.

    The account's row is locked, so that of two tries with one code only the first counts.
    """
    staff = next(iter(lock(tx.session, select(Staff).where(col(Staff.id) == staff_id))), None)
    if staff is None or staff.disabled_at is not None:
        return None
    step = totp.accepted_step(secret_of(tx, staff), code, tx.at, staff.totp_last_step)
    if step is None:
        tx.record("staff.code_refused", _subject(staff))
        return None
    staff.totp_last_step = step
    tx.session.add(staff)
    tx.record("staff.signed_in", _subject(staff))
    return Actor(ActorKind.STAFF, str(staff_id), staff.roles)


def record_sign_out(tx: Transaction) -> None:
    """Note that the actor signed out."""
    tx.record("staff.signed_out", f"staff:{tx.actor.id}")


def record_denial(tx: Transaction, *, what: str) -> None:
    """Note that the actor tried something they may not: `what` is a page's name or a case's reference."""
    tx.record("staff.denied", f"staff:{tx.actor.id}", what=what)


def demo_code(tx: Transaction, *, email: str) -> str:
    """The second-factor code that a demo account would be asked for now.

    Raises `Forbidden` for a real account and in production, `Conflict` when both usable codes were used.
    """
    staff = queries.named(tx.session, email)
    if not staff.is_demo or tx.runtime.settings.production:
        raise Forbidden(
            "only demo accounts tell their code", fix="Use the account's authenticator application."
        )
    step = totp.next_usable(tx.at, staff.totp_last_step)
    if step is None:
        raise Conflict("the codes of this minute were used", fix="Wait thirty seconds, then ask again.")
    return totp.code_of(secret_of(tx, staff), step)


def secret_of(tx: Transaction, staff: Staff) -> str:
    """The secret of an account's second factor."""
    sealer = tx.vault.person(tx.session, staff.data_key_id)
    secret = sealer.open("staff", "totp_secret", staff.email, staff.totp_secret)
    if secret is None:
        raise NotFound("this account has no second factor", fix="Add the account anew.")
    return secret


def parse_roles(text: str) -> frozenset[Role]:
    """Roles from `reviewer,lead`; raises `BadInput` naming the one that is none."""
    found: set[Role] = set()
    for name in (part.strip() for part in text.split(",")):
        if name not in set(Role):
            known = ", ".join(role.value for role in Role)
            raise BadInput(f"{name[:40]!r} is no role", where="--role", fix=f"Use some of: {known}.")
        found.add(Role(name))
    return frozenset(found)


def checked_address(email: str) -> str:
    """An e-mail address in the one form in which accounts are kept; raises `BadInput` when it is none."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise BadInput(
            "not an e-mail address", where="EMAIL", fix="Write it like name@example.org."
        ) from None
    return queries.tidy_email(checked.normalized)


def _role_list(roles: Iterable[Role]) -> str:
    names = sorted({Role(role).value for role in roles})
    if not names:
        raise BadInput("no role was given", where="--role", fix="Give at least one.")
    return ",".join(names)


def _managed(tx: Transaction, email: str) -> Staff:
    """The account, locked, for somebody who may manage it; staff never manage their own."""
    require(tx.actor, Permission.MANAGE_STAFF)
    found = lock(tx.session, select(Staff).where(Staff.email == queries.tidy_email(email)))
    if not found:
        return queries.named(tx.session, email)  # raises, saying so
    if tx.actor.staff_id == found[0].id:
        raise Forbidden("nobody changes their own account", fix="Ask another administrator.")
    return found[0]


def _subject(staff: Staff) -> str:
    return f"staff:{staff.id}"


def _id(staff: Staff) -> int:
    assert staff.id is not None
    return staff.id
