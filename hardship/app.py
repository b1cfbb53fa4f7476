"""The Flask application: wiring, nothing else."""

from flask import Flask

from hardship.config import TEMPLATES, from_environment
from hardship.core.runtime import Runtime
from hardship.rooms import modules
from hardship.web.setup import install
from hardship.wiring import build


def create_app(runtime: Runtime | None = None, *, testing: bool = False) -> Flask:
    """The application over a runtime (made from the environment when none is given).

    Each room's `views` module may have `init_app(app)`, which registers its blueprint and whatever its pages need.
    """
    app = Flask("hardship", template_folder=str(TEMPLATES), static_folder=None)
    app.testing = testing
    install(app, runtime or build(from_environment()))
    for module in modules("views"):
        if hasattr(module, "init_app"):
            module.init_app(app)
    return app
