"""The three kinds of errors.

`Refused`: the rules forbid what somebody asked for; its sentence is shown to him as it is.
`PermissionDenied` and `Http404` (Django's): the edge answers. Anything else is a bug and surfaces.
"""

from django.db import IntegrityError
from django.utils.functional import Promise


class Refused(Exception):
    """The request breaks a rule; `message` is one sentence that says what to do next."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Stale(Refused):
    """Somebody else changed the record first; nothing was written."""


class Crowded(Exception):
    """Too many people want the same scarce thing at this moment; answered with status 503."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message


class QuotaExceeded(Refused):
    """A daily allowance is used up; answered with status 429."""


def constraint_of(error: IntegrityError) -> str:
    """The constraint of the database that a statement broke, "" when it names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
