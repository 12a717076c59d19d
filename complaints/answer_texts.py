"""Variables in the texts of answers: {owner}, {number} …

Only names of VARIABLES stand in braces, and they are replaced, never evaluated: a text can reach
nothing that is not handed to it.
"""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VARIABLES: dict[str, str | Promise] = {
    "owner": _("name of the complainant"),
    "number": _("number of the case"),
    "project": _("name of the project or unit"),
    "room": _("room"),
    "category": _("category"),
    "handler": _("name of the handler"),
    "due": _("when the next time limit is due"),
    "result": _("result of the work"),
    "today": _("today's date"),
}
PLACE = re.compile(r"\{([^{}]*)\}")


def named_in(text: str) -> list[str]:
    """What stands in braces, in the order of the text, each once."""
    return list(dict.fromkeys(name.strip() for name in PLACE.findall(text)))


def unknown_in(text: str) -> list[str]:
    """What stands in braces and is no variable; a brace without its partner counts as one."""
    unknown = [name for name in named_in(text) if name not in VARIABLES]
    rest = PLACE.sub("", text)
    return unknown + [brace for brace in "{}" if brace in rest]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced; one without a value stays, for somebody to see."""

    def put(found: re.Match[str]) -> str:
        return values.get(found[1].strip()) or found[0]

    return PLACE.sub(put, text)
