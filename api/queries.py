"""What a call says behind the question mark: only what is described, once, and not empty.

Whoever misspells a filter, or fills it in from a variable that is not set, would get all rows and
take them for the filtered ones. So nothing in a query is passed over.
"""

from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from api.schema import operation_of, queries

SHOWN = 60  # characters of a name that nobody knows


def refuse_unknown(view: Any, method: str, asked: QueryDict) -> None:
    """Raises ValidationError, by name, for parameters that the operation does not describe, for
    one that is given twice though it takes one value, and for one without a value."""
    _refuse_nulls(asked)
    known = queries().get(operation_of(view, "GET" if method == "HEAD" else method))
    if known is None:
        return  # no method of this resource, which is 405, or no resource at all, which is 404
    problems = {
        name[:SHOWN]: [_problem(name, several, known)]
        for name, several in asked.lists()
        if _problem(name, several, known)
    }
    if problems:
        raise ValidationError(problems)


def unknown_words(name: str, known: Any) -> str:
    """The sentence about a parameter that is not known."""
    if not known:
        return _("There is no parameter “{name}” here: this call takes none.").format(
            name=name[:SHOWN]
        )
    sentence = _("There is no parameter “{name}” here. There are: {known}.")
    return sentence.format(name=name[:SHOWN], known=", ".join(sorted(known)))


def _problem(name: str, several: list[str], known: dict[str, dict[str, Any]]) -> str:
    """What is wrong with a parameter, or nothing."""
    if name not in known:
        return unknown_words(name, known)
    if len(several) > 1 and known[name].get("type") != "array":
        return _("“{name}” takes one value; it was given {count}.").format(
            name=name, count=len(several)
        )
    if not all(text.strip() for text in several):
        return _("“{name}” has no value. Leave it out to ask for everything.").format(name=name)
    return ""


def _refuse_nulls(asked: QueryDict) -> None:
    """Raises ValidationError for a NUL, which no text of the database holds or is compared with."""
    for name, several in asked.lists():
        if any("\0" in text for text in (name, *several)):
            sentence = str(ProhibitNullCharactersValidator.message)
            raise ValidationError({name.replace("\0", "")[:SHOWN]: [sentence]})
