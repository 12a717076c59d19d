"""The forms that keep drafts; apps register theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FORM_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class DraftForm:
    """A form that keeps drafts. Its `name` may be followed by ":" and what it is about.

    `permission` is the right without which nobody has this form. `most_files` and `most_bytes`
    limit what is uploaded into a draft; the record has its own limits. An empty `permission` lets
    everybody who is signed in have the form; the record asks for its own.
    """

    name: str
    permission: str
    most_files: Callable[[], int]
    most_bytes: Callable[[], int]


_FORMS: dict[str, DraftForm] = {}


def register(form: DraftForm) -> DraftForm:
    """Add a form."""
    _FORMS[form.name] = form
    return form


def form_of(name: str) -> DraftForm | None:
    """The registered form of a name such as "complaints.move:17:resolve"."""
    return _FORMS.get(name.partition(":")[0]) if len(name) <= FORM_LENGTH else None
