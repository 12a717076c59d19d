"""The bulletin board: publish, publish again in a new version, withdraw, read, confirm (INT-02)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role
from audit.services import record
from compliance.models import (
    Bulletin,
    BulletinRead,
    BulletinState,
    BulletinUnit,
    BulletinVersion,
)
from compliance.selectors.audiences import audience_of
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import notify
from regions.calendars import add_working_days
from regions.models import OrgUnit
from regions.policies import policy


@transaction.atomic
def publish(
    *,
    title: str,
    body: str,
    by: Any,
    units: Iterable[OrgUnit],
    roles: Iterable[Role] = (),
    must_confirm: bool = False,
    source: Model | None = None,
    unit: OrgUnit | None = None,
    confirm_by: date | None = None,
    key: str = "",
) -> Bulletin:
    """Publish a bulletin to everybody in `units` and below, narrowed to `roles` if any are given.

    `by` is None for the product itself. `unit` is where it is published from, unless said otherwise
    that of `by`, else the first of `units`. `source` is the record it speaks of: the page links to
    it, and it is published once: a second call gives the bulletin that is there, as does the same
    `key`. Without `confirm_by` the policy says by when reading must be confirmed. Raises Refused
    without title, text or unit (INT-02, LOG-03, GOV-01).
    """
    places = list(units)
    if not title.strip() or not body.strip():
        raise Refused(_("A bulletin needs a title and a text."))
    if not places:
        raise Refused(_("Please choose whom the bulletin is for."))
    name = key or (f"{source._meta.label_lower}:{source.pk}" if source is not None else "")
    known = Bulletin.objects.filter(key=name).first() if name else None
    if known is not None:
        return known
    home = unit or getattr(by, "unit", None) or places[0]
    row = Bulletin(
        title=title.strip(),
        must_confirm=must_confirm,
        confirm_by=_confirm_by(home, confirm_by) if must_confirm else None,
        key=name or None,
        source_url=_address(source),
        by=by,
    )
    row.place_in(home)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if not name:
            raise
        return Bulletin.objects.get(key=name)
    BulletinUnit.objects.bulk_create(
        BulletinUnit(bulletin=row, unit=place) for place in {one.pk: one for one in places}.values()
    )
    row.roles.set(roles)
    BulletinVersion.objects.create(bulletin=row, title=row.title, body=body.strip(), by=by)
    record("bulletin.published", by=by, subject=row, title=row.title)
    _tell(row)
    return row


def _address(source: Any) -> str:
    return str(source.get_absolute_url()) if hasattr(source, "get_absolute_url") else ""


def _confirm_by(unit: OrgUnit, day: date | None) -> date:
    today = timezone.localdate()
    if day is not None and day < today:
        raise Refused(_("The day by which reading is confirmed has passed."))
    return day or add_working_days(
        today, policy("compliance.confirm_reading", unit=unit), unit=unit
    )


def _tell(row: Bulletin) -> None:
    """Everybody it is meant for, but not who published it."""
    people = audience_of(row)
    if row.by_id is not None:
        people = people.exclude(pk=row.by_id)
    kind = "compliance.bulletin_to_confirm" if row.must_confirm else "compliance.bulletin"
    facts: dict[str, Any] = {"confirm_by": row.confirm_by} if row.must_confirm else {}
    notify(
        people,
        kind,
        key=f"bulletin:{row.pk}:{row.number}",
        url=row.get_absolute_url(),
        title=row.title,
        **facts,
    )


@transaction.atomic
def amend(
    bulletin: Bulletin,
    *,
    by: Any,
    number: int,
    title: str,
    body: str,
    note: str,
    ask_again: bool = False,
) -> Bulletin:
    """Publish a new version over the version `number` that its author read; older ones stay
    readable. `ask_again`: everybody is told and reads (and confirms) anew. Raises Stale, and
    Refused without text or a word on what was changed, and once it is withdrawn (GOV-01)."""
    row = _held(bulletin)
    _refuse_withdrawn(row)
    if row.number != number:
        raise Stale(_("Somebody changed this bulletin meanwhile. Please look again."))
    if not title.strip() or not body.strip():
        raise Refused(_("A bulletin needs a title and a text."))
    if not note.strip():
        raise Refused(_("Please say what was changed."))
    row.number += 1
    row.title = title.strip()
    if ask_again:
        row.asks = row.number
        if row.must_confirm:
            row.confirm_by = _confirm_by(row.unit, None)
    row.save()
    BulletinVersion.objects.create(
        bulletin=row,
        number=row.number,
        title=row.title,
        body=body.strip(),
        note=note.strip(),
        by=by,
    )
    record("bulletin.amended", by=by, subject=row, title=row.title, number=row.number)
    if ask_again:
        _tell(row)
    return row


@transaction.atomic
def withdraw(bulletin: Bulletin, *, by: Any, reason: str) -> Bulletin:
    """Take a bulletin down: only who may publish still sees it. Raises Refused without a reason
    and a second time."""
    row = _held(bulletin)
    _refuse_withdrawn(row)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    row.state, row.withdrawn_reason = BulletinState.WITHDRAWN, reason.strip()[:200]
    row.save()
    record("bulletin.withdrawn", by=by, subject=row, title=row.title, reason=row.withdrawn_reason)
    return row


def _refuse_withdrawn(row: Bulletin) -> None:
    if row.state == BulletinState.WITHDRAWN:
        raise Refused(_("This bulletin was withdrawn."))


def opened(bulletin: Bulletin, *, by: Any) -> BulletinRead | None:
    """Somebody opened the latest version of a bulletin; None if it is not meant for him.

    Said again, it changes nothing.
    """
    if not Bulletin.objects.addressed_to(by).filter(pk=bulletin.pk).exists():
        return None
    version = BulletinVersion.objects.filter(bulletin=bulletin).order_by("-number").first()
    return BulletinRead.objects.get_or_create(version=version, person=by)[0]


@transaction.atomic
def confirm(bulletin: Bulletin, *, by: Any, number: int) -> BulletinRead:
    """Somebody confirms to have read the version `number`. Said again, it changes nothing.

    Raises Stale when a newer version asks to be read, and Refused if it is not meant for him.
    """
    row = _held(bulletin)
    _refuse_withdrawn(row)
    if number < row.asks or number > row.number:
        raise Stale(_("There is a newer version of this bulletin. Please read it first."))
    if not Bulletin.objects.addressed_to(by).filter(pk=row.pk).exists():
        raise Refused(_("This bulletin is not addressed to you."))
    version = BulletinVersion.objects.get(bulletin=row, number=number)
    receipt, _made = BulletinRead.objects.get_or_create(version=version, person=by)
    if receipt.confirmed_at is None:
        receipt.confirmed_at = timezone.now()
        receipt.save(update_fields=["confirmed_at"])
        record("bulletin.confirmed", by=by, subject=row, title=row.title, number=number)
    return receipt


def _held(bulletin: Bulletin) -> Bulletin:
    return lock(Bulletin.objects.filter(pk=bulletin.pk)).select_related("unit").get()
