"""Files that a command writes: new ones only, readable by nobody else, whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hardship.core.errors import BadInput


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A new file with mode 0600 to write to; it is gone again when what happens within fails.

    It is made first, so that nothing is read or recorded for a file that cannot be written. Raises `BadInput` when there is
    one of this name, or the folder takes none.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise BadInput("the file is there already", where=path.name, fix="Choose another name.") from None
    except OSError as error:
        raise BadInput(
            f"the file cannot be written ({error.strerror})", where=path.name, fix="Check the folder."
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:  # whatever it was, half a file is not left behind
        path.unlink(missing_ok=True)
        raise
