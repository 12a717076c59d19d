"""Internal notes on a case: for colleagues who see it, never for the owner.

A colleague who is named with @ gets a notice. The author may mend his note for a quarter of an
hour; afterwards it stands.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.services import record
from complaints.models import Case, CaseEntry
from complaints.services.handling import pressed_twice
from complaints.services.log import log
from complaints.services.moves import hold
from complaints.states import REGISTER
from core.errors import Refused
from core.notices import notify

KIND = "note"
EDIT_WITHIN = timedelta(minutes=15)
NOTE = REGISTER  # the right to write notes: whoever may take in cases, over the case
# An @ within an e-mail address names nobody. Chinese has no blanks: where the name ends is found
# by comparing with the names of people.
MENTION = re.compile(r"(?<![A-Za-z0-9._%+-])@([^\s@,，.。;；:：!！?？、()（）]{2,24})")
SHORTEST = 2


@transaction.atomic
def write_note(case: Case, *, text: str, by: Any) -> CaseEntry:
    """Write a note and tell whom it names. The same note pressed twice is one.

    Raises Refused without words or right, and for a name that nobody or several who see the case
    bear.
    """
    held = hold(case)
    words = _checked(held, text, by)
    said = pressed_twice(CaseEntry.objects.filter(case=held), "at", kind=KIND, by=by, text=words)
    if said is not None:
        return said
    people = named_people(held, words)
    entry = log(held, KIND, by=by, at=timezone.now(), text=words, mentioned=_keys(people))
    _tell(entry, people, by)
    record("case.note", by=by, subject=held)
    return entry


@transaction.atomic
def change_note(entry: CaseEntry, *, text: str, by: Any) -> CaseEntry:
    """Mend one's own note while it is fresh; who is named newly is told.

    Raises Refused for the note of somebody else, a late change, and as write_note does.
    """
    held = CaseEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    problem = why_note_stays(held, by)
    if problem:
        raise Refused(problem)
    words = _checked(held.case, text, by)
    people = named_people(held.case, words)
    known = set(held.facts.get("mentioned", ()))
    held.text = words
    held.facts |= {"mentioned": sorted(known | {*_keys(people)}), "mended": True}
    held.save(update_fields=["text", "facts"])
    _tell(held, [one for one in people if one.pk not in known], by)
    record("case.note_mended", by=by, subject=held.case)
    return held


def why_note_stays(entry: CaseEntry, by: Any) -> str:
    """Why somebody cannot change a note; empty when he can."""
    if entry.kind != KIND or by is None or entry.by_id != by.pk:
        return _("Only whoever wrote a note may change it.")
    if timezone.now() > entry.at + EDIT_WITHIN:
        minutes = int(EDIT_WITHIN.total_seconds() // 60)
        sentence = ngettext(
            "A note can be changed for {minutes} minute. Please write another one.",
            "A note can be changed for {minutes} minutes. Please write another one.",
            minutes,
        )
        return sentence.format(minutes=minutes)
    return ""


def _checked(case: Case, text: str, by: Any) -> str:
    if by is not None and not Case.objects.visible_to(by, NOTE).filter(pk=case.pk).exists():
        raise Refused(_("You may not write notes on this case."))
    if not text.strip():
        raise Refused(_("Please write the note first."))
    return text.strip()


# --- whom a note names ----------------------------------------------------------------------------


def named_people(case: Case, text: str) -> list[User]:
    """The people a text names with @, by name or employee number.

    Only who sees the case can be named, so that nobody learns of a case by a notice. Raises
    Refused for a name that nobody of them bears, or several.
    """
    words = list(dict.fromkeys(MENTION.findall(text)))
    if not words:
        return []
    readers = _readers(case, words)
    return list(dict.fromkeys(_bearer(word, readers) for word in words))


def _readers(case: Case, words: Iterable[str]) -> list[User]:
    """Active people one of whose names begins one of the words, and who see the case."""
    begins = {word[:end] for word in words for end in range(SHORTEST, len(word) + 1)}
    numbers = {one.upper() for one in begins}
    people = User.objects.active().filter(Q(name__in=begins) | Q(employee_no__in=numbers))
    here = Case.objects.filter(pk=case.pk)
    return [one for one in people.order_by("pk") if here.visible_to(one).exists()]


def _bearer(word: str, readers: list[User]) -> User:
    """Who is meant by what follows an @: whose number or longest name begins it."""
    by_number = [one for one in readers if word.upper().startswith(one.employee_no)]
    found = by_number or [one for one in readers if word.startswith(one.name)]
    longest = max((_length(one, by_number) for one in found), default=0)
    found = [one for one in found if _length(one, by_number) == longest]
    if not found:
        raise Refused(_("Nobody called “{name}” sees this case.").format(name=word))
    if len(found) > 1:
        sentence = _("Several colleagues are called {name}. Please write @ with the number.")
        raise Refused(sentence.format(name=found[0].name))
    return found[0]


def _length(person: User, by_number: list[User]) -> int:
    return len(person.employee_no if by_number else person.name)


def _keys(people: Iterable[User]) -> list[int]:
    return sorted(one.pk for one in people)


def _tell(entry: CaseEntry, people: Iterable[User], by: Any) -> None:
    notify(
        [one for one in people if by is None or one.pk != by.pk],
        "complaints.mentioned",
        key=f"case:{entry.case_id}:note:{entry.pk}",
        url=entry.case.get_absolute_url(),
        number=entry.case.number,
        unit=entry.case.unit.name,
        by=by.name if by is not None else "",
    )
