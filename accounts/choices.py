"""Answers for fields that choose a unit or a person by typing: JSON, within the reader's reach."""

import re
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, JsonResponse

from accounts.models import User
from core.access import signed_in
from core.chinese import pinyin_of
from regions.models import OrgUnit, UnitAlias
from regions.selectors.sections import section_names, units_of_section

SHOWN = 30
RIGHT = re.compile(r"[a-z_]+\.[a-z_]+")
DEFAULT_RIGHT = "customers.view_customer"


def _right(request: HttpRequest) -> str:
    """The right whose reach limits the choices; a right nobody holds simply offers nothing."""
    right = request.GET.get("right", DEFAULT_RIGHT)
    return right if RIGHT.fullmatch(right) else DEFAULT_RIGHT


def _answer(rows: list[dict[str, Any]]) -> JsonResponse:
    return JsonResponse(rows, safe=False)


def _spelt(units: Any, text: str) -> list[int]:
    """Units whose name holds these letters in pinyin, or begins with these initials. The readings
    are kept in the process; a group has some thousand units, not millions."""
    letters = text.lower()
    if not (letters.isascii() and letters.isalpha()):
        return []
    found = []
    for pk, name in units.values_list("pk", "name"):
        reading = pinyin_of(name)
        spellings = [(reading.full, reading.initials), *reading.alternatives]
        if any(letters in full or short.startswith(letters) for full, short in spellings):
            found.append(pk)
    return found


def _in_section(reader: Any, text: str) -> Q:
    """Units of the sections whose name holds the text, with all below them (ACC-06)."""
    known = Q(pk__in=[])
    for code, name in section_names(reader):
        if text.lower() in (code.lower(), name.lower()) or (len(text) > 1 and text in name):
            for unit in units_of_section(code):
                known |= Q(path__startswith=unit.path)
    return known


@signed_in
def unit_choices(request: HttpRequest) -> JsonResponse:
    """Units whose name or code contains the text, whose name is spelt so, or whose section is
    called so; in tree order."""
    text = request.GET.get("q", "").strip()[:40]
    units = OrgUnit.objects.visible_to(request.user, _right(request)).active()
    if text:
        known_as = Q(pk__in=UnitAlias.objects.filter(code__istartswith=text).values("unit"))
        named = Q(name__icontains=text) | Q(code__istartswith=text) | known_as
        units = units.filter(
            named | Q(pk__in=_spelt(units, text)) | _in_section(request.user, text)
        )
    return _answer(
        [
            {"value": unit.code, "text": f"{unit.name} ({unit.get_kind_display()})"}
            for unit in units.in_tree_order()[:SHOWN]
        ]
    )


@signed_in
def people_choices(request: HttpRequest) -> JsonResponse:
    """Active people whose name contains the text or whose number begins with it."""
    text = request.GET.get("q", "").strip()[:40]
    people = User.objects.active().visible_to(request.user, _right(request))
    if text:
        people = people.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    return _answer(
        [
            {"value": user.employee_no, "text": f"{user.name} {user.employee_no}"}
            for user in people.order_by("name", "employee_no")[:SHOWN]
        ]
    )
