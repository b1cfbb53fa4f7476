"""Style sheets, scripts and pictures: built once, named by their content, kept by browsers for a year."""

import json
from functools import cache
from pathlib import Path
from typing import cast

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from hardship.core.errors import Broken
from hardship.web.access import public

FOLDER = Path(__file__).parent / "static"
_YEAR = 31_536_000


@cache
def manifest() -> dict[str, str]:
    """The built name of every asset, by its plain name; raises `Broken` when nothing was built."""
    try:
        text = (FOLDER / "manifest.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Broken(
            "the pages' styles were not built", where=str(FOLDER), fix="Run `make install`."
        ) from None
    return cast(dict[str, str], json.loads(text))


def asset(name: str) -> str:
    """The address of an asset, for instance `asset("applicant.css")`."""
    return f"/static/{manifest()[name]}"


@cache
def _content(filename: str) -> bytes:
    return (FOLDER / filename).read_bytes()


@public
def serve(filename: str) -> Response:
    """One built file, compressed where the browser takes that; a name that was not built is not found."""
    if filename not in manifest().values():
        raise NotFound
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(_content(f"{filename}.gz" if packed else filename), content_type=_type(filename))
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.cache_control.max_age = _YEAR
    response.vary.add("Accept-Encoding")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _type(filename: str) -> str:
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    return f"{kinds.get(Path(filename).suffix, 'application/octet-stream')}; charset=utf-8"


def install(app: Flask) -> None:
    """Serve the assets below /static and let templates name them."""
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=serve)
    app.add_template_global(asset)
