"""Bodies that decide together, and who sits in them (ORG-28)."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Body, BodyKind, BodyMember
from audit.services import record
from core.errors import Refused
from core.locking import lock
from regions.models import Kind, OrgUnit

CHANGE = "approvals.change_body"
# key, name, kind, how many must agree: what every company of the group begins with
READY = (
    ("shareholders", "股东会", BodyKind.SHAREHOLDERS, 1),
    ("board", "董事会", BodyKind.BOARD, 4),
    ("supervisors", "监事会", BodyKind.SUPERVISORS, 3),
    ("manager_meeting", "总经理办公会", BodyKind.MANAGEMENT, 2),
)


def seed_bodies() -> None:
    """The bodies that ready flows name, once there is a group to which they belong."""
    group = OrgUnit.objects.filter(kind=Kind.GROUP).first()
    if group is None:
        return
    for key, name, kind, quorum in READY:
        Body.objects.get_or_create(
            key=key, defaults={"name": name, "kind": kind, "quorum": quorum, "unit": group}
        )


def _refuse_reach(unit: OrgUnit, by: Any) -> None:
    if not OrgUnit.objects.visible_to(by, CHANGE).filter(pk=unit.pk).exists():
        raise Refused(_("You may not keep the bodies of {unit}.").format(unit=unit.name))


@transaction.atomic
def keep_body(
    *,
    by: Any,
    name: str,
    kind: str,
    unit: OrgUnit,
    quorum: int,
    is_active: bool = True,
    key: str = "",
    body: Body | None = None,
) -> Body:
    """Write down a body, or change one. Flows name it by its key, which never changes.

    Raises Refused out of reach, and for a key that is taken.
    """
    _refuse_reach(unit, by)
    if body is None:
        if Body.objects.filter(key=key).exists():
            raise Refused(_("Another body has this key."))
        held = Body(key=key)
    else:
        _refuse_reach(body.unit, by)
        held = lock(Body.objects.filter(pk=body.pk)).get()
    held.name, held.kind, held.unit = name.strip(), kind, unit
    held.quorum, held.is_active = quorum, is_active
    held.save()
    record("body.kept", by=by, subject=held, name=held.name)
    return held


@transaction.atomic
def add_member(
    body: Body,
    *,
    by: Any,
    person: Any,
    is_chair: bool = False,
    since: date | None = None,
) -> BodyMember:
    """Somebody sits in a body from a day on, today unless said otherwise. Raises Refused out of
    reach and for somebody who sits there already."""
    _refuse_reach(body.unit, by)
    held = lock(Body.objects.filter(pk=body.pk)).get()
    if held.members.filter(user=person, valid_until=None).exists():
        raise Refused(_("{name} is a member already.").format(name=person.name))
    if is_chair and held.members.now().filter(is_chair=True).exists():
        raise Refused(_("The body has a chair. Please end that membership first."))
    try:
        with transaction.atomic():
            member = BodyMember.objects.create(
                body=held, user=person, is_chair=is_chair, valid_from=since or timezone.localdate()
            )
    except IntegrityError as clash:
        raise Refused(_("{name} is a member already.").format(name=person.name)) from clash
    record("body.member_added", by=by, subject=held, person=person.employee_no)
    return member


@transaction.atomic
def end_member(member: BodyMember, *, by: Any) -> None:
    """Somebody sits in a body no more, from today on."""
    _refuse_reach(member.body.unit, by)
    held = lock(BodyMember.objects.filter(pk=member.pk)).select_related("user", "body").get()
    today = timezone.localdate()
    if held.valid_until is not None and held.valid_until <= today:
        return
    held.valid_until = today
    if held.valid_from is not None and held.valid_from > today:
        held.valid_from = today
    held.save(update_fields=["valid_from", "valid_until"])
    record("body.member_ended", by=by, subject=held.body, person=held.user.employee_no)
