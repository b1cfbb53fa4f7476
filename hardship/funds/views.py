"""Pages of funds."""

from flask import Flask

from hardship.funds import transfer_views


def init_app(app: Flask) -> None:
    """Register the pages."""
    transfer_views.init_app(app)
