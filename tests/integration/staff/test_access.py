"""Every page says who may see it, and every permission is used."""

import re
from pathlib import Path

import pytest

import hardship
from hardship.app import create_app
from hardship.core.actor import SYSTEM, Actor, ActorKind, Role, operator
from hardship.core.errors import Forbidden
from hardship.core.runtime import Runtime
from hardship.staff.permissions import TABLE, Permission, holds, require, require_staff
from hardship.web.access import Kind, access_of, undeclared

SOURCE = Path(hardship.__file__).parent


def test_every_route_declares_who_may_see_it(sqlite_runtime: Runtime) -> None:
    app = create_app(sqlite_runtime, testing=True)
    assert undeclared(app) == []


def test_every_staff_page_but_the_sign_in_is_shut_to_the_public(sqlite_runtime: Runtime) -> None:
    app = create_app(sqlite_runtime, testing=True)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff") and rule.endpoint != "staff.sign_in":
            access = access_of(app, rule.endpoint)
            assert access is not None
            assert access.kind in {Kind.STAFF, Kind.PERMISSION}, rule.endpoint


def test_every_staff_page_sends_a_stranger_to_the_sign_in(sqlite_runtime: Runtime) -> None:
    app = create_app(sqlite_runtime, testing=True)
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if (
            not rule.rule.startswith("/staff")
            or rule.endpoint == "staff.sign_in"
            or "GET" not in (rule.methods or ())
        ):
            continue
        path = re.sub(r"<int\b[^>]*>", "1", rule.rule)
        path = re.sub(r"<[^>]+>", "none", path)
        answer = client.get(path)
        assert answer.status_code == 303, path
        assert answer.location.startswith("/staff/sign-in"), path


def test_every_permission_in_the_table_guards_something() -> None:
    text = "\n".join(
        path.read_text() for path in sorted(SOURCE.rglob("*.py")) if path.name != "permissions.py"
    )
    unused = [one.name for one in Permission if not re.search(rf"\bPermission\.{one.name}\b", text)]
    assert unused == []


def test_the_table_names_every_permission_and_every_role() -> None:
    assert set(TABLE) == set(Permission)
    assert set().union(*TABLE.values()) == set(Role)


def test_no_administrator_votes_or_moves_money_and_no_auditor_changes_anything() -> None:
    admin = {permission for permission, roles in TABLE.items() if Role.ADMIN in roles}
    assert not admin & {
        Permission.VOTE,
        Permission.SETTLE_SPLIT,
        Permission.REVEAL,
        Permission.MAKE_BATCH,
        Permission.APPROVE_BATCH,
        Permission.SUBMIT_BATCH,
        Permission.RECORD_GIFTS,
        Permission.RECORD_REFUNDS,
    }
    auditor = {permission for permission, roles in TABLE.items() if Role.AUDITOR in roles}
    assert auditor == {
        Permission.SEE_QUEUE,
        Permission.OPEN_CASE,
        Permission.SEE_MONEY,
        Permission.EXPORT,
        Permission.READ_LOG,
    }


@pytest.mark.parametrize("permission", list(Permission))
def test_a_permission_is_held_by_its_roles_and_nobody_else(permission: Permission) -> None:
    for role in Role:
        actor = Actor(ActorKind.STAFF, "1", frozenset({role}))
        assert holds(actor, permission) is (role in TABLE[permission])
    for actor in (Actor(ActorKind.PUBLIC), Actor(ActorKind.APPLICANT, "X"), Actor(ActorKind.STAFF, "1")):
        with pytest.raises(Forbidden):
            require(actor, permission)
    for actor in (SYSTEM, operator()):
        require(actor, permission)
        with pytest.raises(Forbidden, match="named member of staff"):
            require_staff(actor, permission)
