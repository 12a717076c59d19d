"""The written part of a standard report: written by a unit, submitted to the one above, which
accepts it or sends it back (VAL-18, CMP-07, REP-05). What is submitted changes only after it was
sent back."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Reach, RoleGrant, User, UserState
from audit.services import record
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from regions.models import OrgUnit
from reports.models import Commentary, CommentaryState
from reports.models.commentaries import RECEIVE, WRITE
from reports.standard.base import Question, Standard
from reports.standard.catalogue import STANDARDS

LONGEST: Final = 10_000  # characters


def may_write(by: Any, unit: OrgUnit) -> bool:
    """Whether somebody writes for a unit."""
    return OrgUnit.objects.visible_to(by, WRITE).filter(pk=unit.pk).exists()


def may_receive(by: Any, unit: OrgUnit) -> bool:
    """Whether what a unit submits goes to somebody: of the unit above, at the group of itself."""
    desk = unit.parent_id or unit.pk
    return OrgUnit.objects.visible_to(by, RECEIVE).filter(pk=desk).exists()


def commentary_of(asked: Question, standard: Standard) -> Commentary | None:
    """What was written about a report, as far as the reader may read it."""
    rows = Commentary.objects.visible_to(asked.reader).select_related(
        "unit", "written_by", "submitted_by", "received_by"
    )
    return rows.filter(standard=standard.key, unit=asked.unit, period=asked.period.key).first()


def near(asked: Question, standard: Standard) -> list[tuple[OrgUnit, Commentary | None]]:
    """A unit and those right below it with what they submitted, in the order of the tree."""
    units = standard.units(asked.reader).active()
    units = units.filter(Q(pk=asked.unit.pk) | Q(parent=asked.unit))
    rows = Commentary.objects.visible_to(asked.reader).filter(
        standard=standard.key, period=asked.period.key, unit__in=units
    )
    found = {row.unit_id: row for row in rows.select_related("submitted_by", "unit")}
    return [(unit, found.get(unit.pk)) for unit in units.in_tree_order()]


@transaction.atomic
def write_commentary(
    *, standard: Standard, unit: OrgUnit, period: str, text: str, by: User
) -> Commentary:
    """Write about a report, or write on. Raises Refused without the right there, for a report
    that asks for no words, without words, and for what was submitted."""
    if not standard.written or not may_write(by, unit):
        sentence = _("You may not write the analysis of {unit}.")
        raise Refused(sentence.format(unit=unit.name))
    words = text.strip()
    if not words:
        raise Refused(_("Please write the analysis first."))
    if len(words) > LONGEST:
        raise Refused(_("Please write at most {count} characters.").format(count=LONGEST))
    row, made = Commentary.objects.get_or_create(
        standard=standard.key,
        unit=unit,
        period=period,
        defaults={"text": words, "written_by": by},
    )
    held = lock(Commentary.objects.filter(pk=row.pk)).get()
    if not held.is_writable:
        raise Refused(_("This analysis was submitted; it changes only when it is sent back."))
    if not made:
        held.text, held.written_by, held.written_at = words, by, timezone.now()
        held.save(update_fields=["text", "written_by", "written_at"])
    return held


@transaction.atomic
def submit_commentary(row: Commentary, *, by: User) -> Commentary:
    """Submit to the unit above. Raises Refused without the right, and for what is submitted."""
    held = _hold(row)
    if not may_write(by, held.unit):
        sentence = _("You may not write the analysis of {unit}.")
        raise Refused(sentence.format(unit=held.unit.name))
    if not held.is_writable:
        raise Refused(_("This analysis was submitted already."))
    held.state, held.submitted_by = CommentaryState.SUBMITTED, by
    held.submitted_at = timezone.now()
    held.save(update_fields=["state", "submitted_by", "submitted_at"])
    _record("submitted", held, by)
    people = [one for one in receivers_of(held.unit) if one.pk != by.pk]
    _tell(held, people, "reports.commentary_waits")
    return held


@transaction.atomic
def receive_commentary(row: Commentary, *, by: User, accept: bool, note: str = "") -> Commentary:
    """Accept what a unit submitted, or send it back with words on what to mend. Raises Refused for
    whoever may not, for whoever submitted it himself, and for what does not wait."""
    held = _hold(row)
    if not may_receive(by, held.unit):
        sentence = _("What {unit} submits goes to the unit above it.")
        raise Refused(sentence.format(unit=held.unit.name))
    if held.state != CommentaryState.SUBMITTED:
        raise Refused(_("This analysis does not wait for anybody."))
    if held.submitted_by_id == by.pk:
        raise Refused(_("Whoever submitted an analysis does not accept it."))
    note = note.strip()
    if not accept and not note:
        raise Refused(_("Please write what is to be mended."))
    held.state = CommentaryState.ACCEPTED if accept else CommentaryState.RETURNED
    held.received_by, held.received_at, held.note = by, timezone.now(), note
    held.save(update_fields=["state", "received_by", "received_at", "note"])
    _record("accepted" if accept else "returned", held, by)
    kind = "reports.commentary_accepted" if accept else "reports.commentary_returned"
    _tell(held, [held.submitted_by_id], kind, note=note)
    return held


def receivers_of(unit: OrgUnit) -> list[User]:
    """Who accepts what a unit submits: those with the right at the unit above, else at the nearest
    level above that has any."""
    above = unit.ancestor_ids()
    above = [key for key in above if key != unit.pk] or above
    app, codename = RECEIVE.split(".")
    grants = RoleGrant.objects.now().filter(
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
        unit__in=above,
        user__state=UserState.ACTIVE,
    )
    by_unit: dict[int, set[int]] = {}
    for grant in grants.exclude(role__reach=Reach.OWN):
        by_unit.setdefault(grant.unit_id, set()).add(grant.user_id)
    for key in reversed(above):
        if by_unit.get(key):
            return list(User.objects.filter(pk__in=by_unit[key]).order_by("pk"))
    return []


def _hold(row: Commentary) -> Commentary:
    return lock(Commentary.objects.filter(pk=row.pk)).select_related("unit").get()


def _record(act: str, row: Commentary, by: User) -> None:
    record(
        f"reports.commentary_{act}",
        by=by,
        subject=row,
        report=str(STANDARDS[row.standard].title),
        unit=row.unit.code,
        period=row.period,
    )


def _tell(row: Commentary, people: Iterable[Any], kind: str, **facts: Any) -> None:
    at = row.received_at or row.submitted_at
    notify(
        [one for one in people if one is not None],
        kind,
        key=f"commentary:{row.pk}:{row.state}:{at}",
        url=row.get_absolute_url(),
        unit=row.unit.name,
        report=str(STANDARDS[row.standard].title),
        period=row.period,
        **facts,
    )
