"""Setting a page of ours as PDF. The one place that knows WeasyPrint; statements and requests for payment go through it.

The same page gives the same bytes: the metadata come from the page, the identifier from whoever asks. Nothing is
fetched, from nowhere: a page that could load an address could be made to read a file.
"""

from functools import cache
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hardship.config import TEMPLATES
from hardship.web.filters import FILTERS

STYLE = "web/print.css"


def page_of(template: str, **values: Any) -> str:
    """A template rendered outside of any request; a value that is missing is an error."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({function.__name__: function for function in FILTERS})
    return environment


def pdf_of(page: str, identifier: str) -> bytes:
    """A page as a tagged PDF (PDF/UA), with `identifier` (hexadecimal, 32 characters are used) as its identifier."""
    import weasyprint  # here: it takes half a second and most commands never need it

    style = (TEMPLATES / STYLE).read_text(encoding="utf-8")
    written = weasyprint.HTML(string=page, url_fetcher=refuse_address).write_pdf(
        stylesheets=[weasyprint.CSS(string=style, url_fetcher=refuse_address)],
        pdf_identifier=identifier[:32].encode(),
        pdf_variant="pdf/ua-1",
    )
    return cast(bytes, written)


def refuse_address(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    """The fetcher: what is printed needs nothing from anywhere."""
    raise ValueError("a printed page loads nothing")
