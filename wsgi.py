"""The application, for any WSGI server: `gunicorn wsgi:app`."""

from hardship.app import create_app
from hardship.wiring import settled

app = settled(create_app())
