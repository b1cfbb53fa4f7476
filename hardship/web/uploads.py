"""What is sent to us stays in memory: a file somebody sends is never written to disk on its way in.

Werkzeug puts files of more than half a megabyte into temporary files, where they would lie unsealed: a photo of a
letter, a bank statement. How large a request may be is limited (`web.setup`), so memory is enough.
"""

from io import BytesIO
from typing import IO

import flask


class Request(flask.Request):
    """A request whose files are kept in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()
