"""Errors a person can act on. Each says what is wrong, where, and what to do; pages and commands show it as it is."""


class HardshipError(Exception):
    """Something was refused and nothing was changed.

    `what` says what is wrong, `where` points at the file, line, column or field, `fix` says what to do next.
    `status` is the HTTP status of a page, `exit_code` that of a command (1: the thing asked about does not hold,
    2: the input or usage is wrong).
    """

    status = 400
    exit_code = 2

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        what = self.what if not self.fix or self.what.endswith((".", "?", "!")) else f"{self.what}."
        return f"{place}{what} {self.fix}".rstrip()


class BadInput(HardshipError):
    """The input is wrong: a value, a column, a file."""

    status = 422


class NotFound(HardshipError):
    """No such thing, or none that this person may know of."""

    status = 404


class Forbidden(HardshipError):
    """The person may not do this."""

    status = 403


class Conflict(HardshipError):
    """The thing is not in a state in which this can be done."""

    status = 409


class Refused(HardshipError):
    """A rule of the house says no: not enough money, a paid bank token, the same person twice."""

    status = 409
    exit_code = 1


class Broken(HardshipError):
    """The system is not fit to run: a missing keyring, a database of another version."""

    status = 500
