"""The Flask application: wiring, nothing else."""

from flask import Flask

from hardship.config import TEMPLATES, from_environment
from hardship.core.runtime import Runtime
from hardship.rooms import modules
from hardship.wiring import build

MAX_REQUEST_BYTES = 256 * 1024


def create_app(runtime: Runtime | None = None) -> Flask:
    """The application over a runtime (made from the environment when none is given).

    Each room's `views` module has `init_app(app)`, which registers its blueprint and whatever its pages need.
    """
    wired = runtime or build(from_environment())
    app = Flask("hardship", template_folder=str(TEMPLATES), static_folder=None)
    app.config.update(
        SECRET_KEY=wired.vault.stable_token("flask", "secret key").hex() + wired.vault.stable_token("flask", "2").hex(),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session: a slow writer loses nothing
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions["hardship"] = wired
    for module in modules("views"):
        module.init_app(app)
    return app
