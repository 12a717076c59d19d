"""Handing the device to owners on site (SAT-04).

A device that lies in a stranger's hands must not be signed in. So handing it over ends the log-in
of whoever does it and leaves a ticket instead, which opens the form of one wave in one project for
a working day and nothing else. To go on working he logs in again, as he would anywhere. The ticket
is good only as long as its giver holds the right and the wave is open.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from regions.models import Kind, OrgUnit
from satisfaction.models import Wave, WaveState
from satisfaction.services.submitting import OnSite

RIGHT = "satisfaction.fill_on_site"
LASTS = timedelta(hours=8)
SALT = "satisfaction.on_site"


@dataclass(frozen=True, slots=True)
class Device:
    """What a ticket opens, and who is answerable for it."""

    wave: Wave
    unit: OrgUnit
    stage: str
    by: Any

    def form(self, number: str) -> OnSite:
        """The form with this secret number, as `submit` wants it."""
        shown = blake2b(number.encode(), digest_size=8, person=b"on-site").hexdigest()
        key = blake2b(number.encode(), digest_size=32, person=b"on-site-draft").digest()
        return OnSite(self.wave, self.unit, f"V-{shown}", self.stage, key)


def new_number() -> str:
    """The secret number of a fresh form."""
    return secrets.token_urlsafe(16)


def projects_for(wave: Wave, by: Any) -> Any:
    """The projects of a wave in which somebody may hand the form to owners."""
    reach = OrgUnit.objects.visible_to(by, RIGHT).filter(kind=Kind.PROJECT)
    return OrgUnit.objects.below(wave.unit).filter(pk__in=reach)


@transaction.atomic
def hand_device_over(wave: Wave, unit: OrgUnit, *, stage: str = "", by: Any) -> str:
    """The ticket for a device that goes to owners. The caller ends the log-in on the device.

    Raises Refused while the wave is not open, and out of reach.
    """
    if wave.state != WaveState.OPEN:
        raise Refused(_("This wave is not open, so nobody can be asked."))
    if not projects_for(wave, by).filter(pk=unit.pk).exists():
        raise Refused(_("You may not ask owners of {unit} on site.").format(unit=unit.name))
    record("satisfaction.device_handed", by=by, subject=wave, code=wave.code, unit=unit.code)
    return signing.dumps([wave.pk, unit.pk, stage, by.pk], salt=SALT)


def device_of(ticket: str) -> Device | None:
    """What a ticket opens now; None for a forged or old one, when its giver lost the right, and
    when the wave is closed."""
    try:
        wave_pk, unit_pk, stage, by_pk = signing.loads(ticket, salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    wave = Wave.objects.select_related("version__questionnaire", "unit").filter(pk=wave_pk).first()
    by = get_user_model().objects.filter(pk=by_pk).first()
    if wave is None or by is None or wave.state != WaveState.OPEN:
        return None
    unit = projects_for(wave, by).filter(pk=unit_pk).first()
    return None if unit is None else Device(wave, unit, stage, by)
