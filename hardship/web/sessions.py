"""Sessions that live in the database, so that they can be ended from here: sign-out, exit, a lost phone.

The cookie holds 256 random bits and nothing else; the table holds their SHA-256, and what the session bears sealed under
them: a form that is being written is known by its code, and whoever has a copy of the table, even with the keyring, must
not have that. A session is written only when it changed, and its last use is noted at most every five minutes. It is no
place for personal data.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Request, Response
from flask import session as flask_session
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import CursorResult, bindparam, delete, insert, null, or_, update
from sqlmodel import Session, col, select
from werkzeug.datastructures import CallbackDict

from hardship.config import Settings
from hardship.core.actor import SYSTEM
from hardship.core.errors import Broken
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Sealer
from hardship.web.models import WebSession

STAFF_IDLE = dt.timedelta(minutes=30)
STAFF_LIFETIME = dt.timedelta(hours=12)
APPLICANT_IDLE = dt.timedelta(hours=24)
APPLICANT_LIFETIME = dt.timedelta(days=7)
TOUCH_EVERY = dt.timedelta(minutes=5)
MAX_DATA = 16_384  # a session holds marks, not forms; more is a mistake of ours

_FORMAT = TaggedJSONSerializer()
_PLACE = ("web_session", "data", "")
_THIS_ONE = col(WebSession.id_hash) == bindparam("id_hash")
_BY_ID = select(WebSession, null()).where(_THIS_ONE)  # made once: every request asks


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """The session of one request. `sid` is empty until it is first saved; `staff_id` says who is signed in."""

    def __init__(
        self, initial: dict[str, Any] | None = None, *, row: WebSession | None = None, sid: str = ""
    ) -> None:
        super().__init__(initial or {}, ServerSession._on_update)
        self.sid = sid
        self.staff_id = row.staff_id if row else None
        self.created_at = row.created_at if row else None
        self.last_seen_at = row.last_seen_at if row else None
        self.modified = False
        self.new = row is None
        self.retired: list[str] = []  # hashes of the ids this session had before
        self.owner: Any = (
            None  # who `staff_id` was when the session was opened: see `DatabaseSessions.belong_to`
        )

    def _on_update(self) -> None:
        self.modified = True

    def rotate(self, staff_id: int | None = None) -> None:
        """Go on under a new id, with a new form token; the old id is dead once the response is out."""
        self._retire()
        self.staff_id, self.owner = staff_id, None
        self.pop("csrf_token", None)
        self.modified = True

    def end(self) -> None:
        """Forget everything; the id is dead once the response is out."""
        self._retire()
        self.staff_id = self.owner = None
        self.clear()

    def _retire(self) -> None:
        if self.sid:
            self.retired.append(hashed(self.sid))
        self.sid, self.created_at, self.last_seen_at, self.new = "", None, None, True


def hashed(sid: str) -> str:
    """What the table knows a session by."""
    return hashlib.sha256(sid.encode()).hexdigest()


def cookie_name(settings: Settings) -> str:
    """The cookie's name; over TLS the browser itself then holds it to this host and path."""
    return "__Host-id" if settings.https else "id"


def _live(row: WebSession, now: dt.datetime) -> bool:
    idle = APPLICANT_IDLE if row.staff_id is None else STAFF_IDLE
    return now < row.expires_at and now - row.last_seen_at < idle


class DatabaseSessions(SessionInterface):
    """Opens and saves sessions for Flask."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.cookie = cookie_name(runtime.settings)
        self._asking: Any = _BY_ID
        self._owner: Callable[[Any], Any] = lambda _account: None

    def belong_to(self, accounts: Any, account_is: Any, owner: Callable[[Any], Any]) -> None:
        """Let the room that knows accounts name the owner of a session, in the statement that reads the session:
        `accounts` is its table, `account_is` says which row of it, `owner` makes of the row what `ServerSession.owner`
        holds."""
        self._asking = select(WebSession, accounts).join(accounts, account_is, isouter=True).where(_THIS_ONE)
        self._owner = owner

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """The session that the cookie names while it lives, else a new, empty one."""
        sid = request.cookies.get(self.cookie, "")
        if not 20 <= len(sid) <= 64 or request.path.startswith("/static/"):
            return ServerSession()
        with self.runtime.glance() as database:
            row, account = database.exec(self._asking, params={"id_hash": hashed(sid)}).first() or (
                None,
                None,
            )
        if row is None or not _live(row, self.runtime.clock.now()):
            return ServerSession()
        data = _opened(sid, row.data)
        if data is None:
            return ServerSession()
        found = ServerSession(data, row=row, sid=sid)
        found.owner = None if account is None else self._owner(account)
        return found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed and set the cookie; do nothing for a session that was only read."""
        state = cast(ServerSession, session)
        if not response.cache_control.public:
            response.vary.add("Cookie")
        now = self.runtime.clock.now()
        if state.modified or state.retired:
            self.runtime.transact(SYSTEM, _store, state, now)
            self._set_cookie(state, response)
        elif state.last_seen_at is not None and now - state.last_seen_at >= TOUCH_EVERY:
            self.runtime.transact(SYSTEM, _touch, hashed(state.sid), now)

    def _set_cookie(self, state: ServerSession, response: Response) -> None:
        secure = self.runtime.settings.https
        if state.sid:
            # No Max-Age: the browser drops it when it closes, and keeps nothing on the device.
            response.set_cookie(
                self.cookie, state.sid, httponly=True, secure=secure, samesite="Lax", path="/"
            )
        elif state.retired:
            response.delete_cookie(self.cookie, httponly=True, secure=secure, samesite="Lax", path="/")


def _store(tx: Transaction, state: ServerSession, now: dt.datetime) -> None:
    """Write the session as it is now: a new row, a changed one, or none when there is nothing to keep."""
    if state.retired:
        tx.session.connection().execute(delete(WebSession).where(col(WebSession.id_hash).in_(state.retired)))
    sid = state.sid or secrets.token_urlsafe(32)
    data = _FORMAT.dumps(dict(state)).encode()
    if len(data) > MAX_DATA:
        raise ValueError(f"a session of {len(data)} bytes: keep forms in the database, under their own table")
    values = {"data": _sealer(sid).seal_bytes(*_PLACE, data), "last_seen_at": now, "staff_id": state.staff_id}
    if state.sid:
        # A row that is gone was revoked meanwhile, and stays gone.
        same = col(WebSession.id_hash) == hashed(state.sid)
        tx.session.connection().execute(update(WebSession).where(same).values(**values))
    elif state or state.staff_id is not None:
        lifetime = APPLICANT_LIFETIME if state.staff_id is None else STAFF_LIFETIME
        values |= {"id_hash": hashed(sid), "created_at": now, "expires_at": now + lifetime}
        tx.session.connection().execute(insert(WebSession).values(**values))
        tx.after_commit(lambda: setattr(state, "sid", sid))


def _sealer(sid: str) -> Sealer:
    """Seals what a session bears under its id, which is in the browser alone: 256 random bits need no slow hash."""
    return Sealer(hashed(sid), hashlib.sha256(f"web:session|{sid}".encode()).digest())


def _opened(sid: str, blob: bytes) -> dict[str, Any] | None:
    """What a session bears; None where it does not open, as one that was stored before it was sealed."""
    try:
        return cast(dict[str, Any], _FORMAT.loads(_sealer(sid).open_bytes(*_PLACE, blob).decode()))
    except (Broken, ValueError):
        return None


def _touch(tx: Transaction, id_hash: str, now: dt.datetime) -> None:
    same = col(WebSession.id_hash) == id_hash
    tx.session.connection().execute(update(WebSession).where(same).values(last_seen_at=now))


def current_session() -> ServerSession:
    """The session of this request, with its own methods."""
    return cast(ServerSession, flask_session._get_current_object())  # type: ignore[attr-defined]


def rotate(staff_id: int | None = None) -> None:
    """Give this browser a new session id, for instance at sign-in (`staff_id`: who is signed in from now on)."""
    current_session().rotate(staff_id)


def end() -> None:
    """End this browser's session, for instance at sign-out."""
    current_session().end()


def revoke_all(session: Session, staff_id: int) -> int:
    """End every session of one member of staff, inside the caller's transaction; returns how many there were."""
    return _delete(session, col(WebSession.staff_id) == staff_id)


def purge_expired(runtime: Runtime) -> int:
    """Delete the sessions that are over; returns how many there were. Work for the worker."""
    now = runtime.clock.now()
    over = or_(col(WebSession.expires_at) <= now, col(WebSession.last_seen_at) <= now - APPLICANT_IDLE)
    with runtime.read() as database:  # look first: a write takes SQLite's one lock
        if database.exec(select(WebSession.id_hash).where(over).limit(1)).first() is None:
            return 0
    return runtime.transact(SYSTEM, lambda tx: _delete(tx.session, over))


def _delete(session: Session, which: Any) -> int:
    done = session.connection().execute(delete(WebSession).where(which))
    return cast("CursorResult[Any]", done).rowcount
