"""The application, for any WSGI server: `gunicorn wsgi:app`."""

from hardship.app import create_app

app = create_app()
