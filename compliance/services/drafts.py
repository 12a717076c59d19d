"""The open draft of a subsidiary's notice, of each kind (LOG-03, LOG-08)."""

import datetime as dt

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from compliance.models import Circular, CircularKind, CircularState
from core.locking import lock
from regions.models import OrgUnit

#: What is older when it is found stands in no notice: it tells of former times.
FRESH = dt.timedelta(days=62)


def draft_of(unit: OrgUnit, day: dt.date, kind: CircularKind) -> Circular:
    """The draft of a unit that people are put into now; a new one where there is none."""
    found = lock(Circular.objects.filter(unit=unit, kind=kind, state=CircularState.DRAFT)).first()
    if found is not None:  # whoever read it before has not seen the people who come to it now
        found.version += 1
        found.save(update_fields=["version"])
        return found
    with translation.override(settings.LANGUAGE_CODE):
        title, opening = _words(kind)
        title = title.format(unit=unit.name, day=day)
    circular = Circular(kind=kind, title=title[:120], opening=opening, drafted_on=day)
    circular.place_in(unit)
    circular.save()
    return circular


def _words(kind: CircularKind) -> tuple[str, str]:
    """Title and opening words."""
    if kind == CircularKind.PRAISE:
        return _("{unit}: commendations for log-ins, {day}"), _(
            "The following people logged in to the customer relationship system on every working "
            "day, and every week of their business trips, for whole months."
        )
    return _("{unit}: people without log-in, {day}"), _(
        "The following people did not log in to the customer relationship system for two weeks "
        "in a row, days of leave not counted."
    )
