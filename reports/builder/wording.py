"""A question in words, for the overview of files and above results."""

from typing import Any

from django.utils.translation import gettext as _

from core.display import listed
from regions.models import OrgUnit
from reports.builder.definitions import SPANS, Definition, Filter


def question_lines(asked: Definition) -> list[tuple[str, str]]:
    """Label and content of each part of a question."""
    found = [(_("Subject"), str(asked.subject.label))]
    if asked.unit:
        unit = OrgUnit.objects.filter(code=asked.unit).first()
        found.append((_("Unit"), f"{unit.name} {unit.code}" if unit else asked.unit))
    found += [(str(one.field.label), condition(one)) for one in asked.filters]
    if asked.groups:
        found.append((_("Grouped by"), listed(one.label for one in asked.groups)))
    return found


def condition(one: Filter) -> str:
    """A condition without its field."""
    value: Any = one.value
    if one.op == "in":
        words = one.field.words() if one.field.words else {}
        return listed(str(words.get(word, word)) for word in value)
    if one.op == "span":
        return str(SPANS[value])
    sentences = {
        "is": "{value}",
        "contains": _("contains “{value}”"),
        "from": _("from {value}"),
        "to": _("until {value}"),
        "min": _("at least {value}"),
        "max": _("at most {value}"),
    }
    return sentences[one.op].format(value=value)
