"""Verbs about people: create, change, freeze, leave; give and end roles and posts.

Each is one transaction and leaves an audit entry. `by` is the acting person; None is the operator
at the command line, whom no rule of reach binds. Refusals are `core.errors.Refused`.
"""

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import lockout
from accounts.handover import REGISTRY, hold_what_precedes
from accounts.links import issue_link, tell_password_changed
from accounts.models import (
    EndReason,
    Function,
    LoginRecord,
    PasswordLink,
    Post,
    Reach,
    Role,
    RoleGrant,
    SectionGrant,
    User,
    UserState,
    may_reach,
)
from accounts.selectors import administrators
from accounts.services.following import follow_sections, hold_sections
from accounts.sessions import delete_old, end_sessions
from accounts.shutting import shut_out
from accounts.staff_events import StaffEvent, StaffEventKind, hired, tell
from audit.services import record
from core.errors import Refused, Stale
from core.scope import Scope
from regions.models import Kind, OrgUnit
from regions.policies import policy
from regions.services import create_unit

ADMINISTRATOR = "system-administrator"
CHANGE = "accounts.change_user"
DAYS_OF_A_MONTH = 365.25 / 12
CHANGEABLE = frozenset({"name", "phone", "email", "unit", "position", "hired_on", "language"})


# --- people -------------------------------------------------------------------------------------


@transaction.atomic
def create_person(
    *, by: User | None, employee_no: str, name: str, unit: OrgUnit, **more: Any
) -> User:
    """A person with an account and no password; a one-time link lets him set one. Whoever listens
    to staff events hears of the hire.

    Raises ValidationError for values that break a rule, Refused for a unit out of reach.
    """
    if not _holds(by, "accounts.add_user", unit):
        raise Refused(_("You may not create people in {unit}.").format(unit=unit.name))
    user = _make_person(by=by, employee_no=employee_no, name=name, unit=unit, **more)
    tell([hired(user, timezone.localdate(), unit)], by=by)
    return user


def _make_person(
    *, by: User | None, employee_no: str, name: str, unit: OrgUnit, **more: Any
) -> User:
    user = User(employee_no=employee_no.strip().upper(), name=name.strip(), unit=unit, **more)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    record("user.created", by=by, subject=user, employee_no=user.employee_no)
    return user


@transaction.atomic
def change_person(user: User, *, by: User | None, **changes: Any) -> User:
    """Change what a person's record says. States and rights have verbs of their own.

    Raises TypeError for another field, ValidationError for values that break a rule.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"change_person cannot change {sorted(unknown)}")
    person = _hold(user, by=by)
    target = changes.get("unit")
    if target is not None and not _holds(by, CHANGE, target):
        raise Refused(_("You may not move people to {unit}.").format(unit=target.name))
    before = person.unit
    for name, value in changes.items():
        setattr(person, name, value)
    person.full_clean()
    person.save(update_fields=sorted(changes))
    if target is not None and before is not None and before != target:
        tell([StaffEvent(person, StaffEventKind.MOVED, timezone.localdate(), before)], by=by)
    record(
        "user.changed",
        by=by,
        subject=person,
        employee_no=person.employee_no,
        fields=sorted(changes),
    )
    return person


@transaction.atomic
def freeze(user: User, *, by: User | None, reason: str) -> User:
    """Shut an account until it is made active again; open sessions end at once (ACC-08)."""
    person = _hold(user, by=by)
    if person.state != UserState.ACTIVE:
        raise Stale(_("{name} is not active.").format(name=person.name))
    _keep_an_administrator(person, by=by)
    person.state = UserState.FROZEN
    person.save(update_fields=["state"])
    shut_out([person.pk])
    record("user.frozen", by=by, subject=person, employee_no=person.employee_no, reason=reason)
    return person


@transaction.atomic
def activate(user: User, *, by: User | None) -> User:
    """Make a frozen account active again, or take back a person who had left.

    Grants and posts that ended with leaving stay ended; taking back is a hire of today.
    """
    person = _hold(user, by=by)
    if person.state == UserState.ACTIVE:
        raise Stale(_("{name} is active already.").format(name=person.name))
    had_left = person.state == UserState.LEFT
    person.state, person.left_on = UserState.ACTIVE, None
    person.save(update_fields=["state", "left_on"])
    if had_left and person.unit is not None:
        today = timezone.localdate()
        tell([StaffEvent(person, StaffEventKind.HIRED, today, person.unit)], by=by)
    record("user.activated", by=by, subject=person, employee_no=person.employee_no)
    return person


@transaction.atomic
def leave(user: User, *, by: User | None, on: date | None = None) -> User:
    """The person has left: account, sessions, links, posts and grants end. Rows stay (ACC-16)."""
    today = timezone.localdate()
    day = on or today
    if day > today:
        raise Refused(_("The last day lies in the future. Record it when it has come."))
    hold_what_precedes([user])
    hold_sections()
    person = _hold(user, by=by, rights=("accounts.close_account", CHANGE))
    if person.state == UserState.LEFT:
        raise Stale(_("{name} has left already.").format(name=person.name))
    if person.hired_on and day < person.hired_on:
        raise Refused(_("The last day lies before the first day."))
    _keep_an_administrator(person, by=by)
    person.state, person.left_on = UserState.LEFT, day
    person.save(update_fields=["state", "left_on"])
    end_all_of([person], by=by)
    return person


def end_all_of(people: Collection[User], *, by: User | None) -> None:
    """End today what people held who have left: password, sessions, links, posts, grants, roles
    in sections, and what the apps registered. Whoever records that they left calls this."""
    today = timezone.localdate()
    for person in people:
        person.password, person.password_changed_at = make_password(None), None
    User.objects.bulk_update(people, ["password", "password_changed_at"])
    shut_out([person.pk for person in people])
    in_sections = _open(SectionGrant, user__in=people)
    given = _open(RoleGrant, user__in=people, section_grant=None)
    for held in (*in_sections, *given, *_open(Post, user__in=people)):
        _close(held, day=today)
    if in_sections:
        follow_sections()
    for person in people:
        for act in REGISTRY.left:
            act(person, by)
        on = str(person.left_on)
        record("user.left", by=by, subject=person, employee_no=person.employee_no, on=on)


@transaction.atomic
def unlock(user: User, *, by: User | None) -> None:
    """End the lock that too many failed log-ins brought about."""
    person = _hold(user, by=by)
    lockout.end_lock(person)
    record("user.unlocked", by=by, subject=person, employee_no=person.employee_no)


@transaction.atomic
def change_password(user: User, password: str, *, keep: str | None = None) -> User:
    """The person's own new password, validated by the caller. His sessions end by it, but the one
    with the cookie key `keep`."""
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    person.set_password(password)
    person.save(update_fields=["password", "password_changed_at"])
    end_sessions(person, reason=EndReason.PASSWORD, keep=keep)
    record("user.password_set", by=person, subject=person)
    tell_password_changed(person)
    return person


@transaction.atomic
def send_link(user: User, *, by: User | None) -> str:
    """Issue a one-time link for somebody in reach. Returns its key."""
    return issue_link(_hold(user, by=by), by=by)


def delete_old_login_records() -> int:
    """Delete log-in records and dead one-time links older than the group keeps them; by default a
    year of compliance and a month to dispute it. Returns how many log-in records went."""
    kept = timedelta(days=math.ceil(policy("accounts.log_in_months") * DAYS_OF_A_MONTH))
    limit = timezone.now() - kept
    PasswordLink.objects.filter(expires_at__lt=limit).delete()
    delete_old(older_than=kept)
    return LoginRecord.objects.filter(at__lt=limit).delete()[0]


# --- roles --------------------------------------------------------------------------------------


@transaction.atomic
def give_role(
    user: User,
    *,
    role: Role,
    unit: OrgUnit,
    by: User | None,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> RoleGrant:
    """Let a person hold a role in a unit. Raises Refused as `check_may_give` does."""
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    check_may_give(by, to=person, role=role, unit=unit)
    if _open(RoleGrant, user=person, role=role, unit=unit, section_grant=None):
        raise Refused(
            _("{name} holds the role {role} in {unit} already.").format(
                name=person.name, role=role.name, unit=unit.name
            )
        )
    grant = RoleGrant(
        user=person,
        role=role,
        unit=unit,
        valid_from=valid_from,
        valid_until=valid_until,
        given_by=by,
    )
    grant.full_clean()
    grant.save()
    _record_grant("grant.given", grant, by=by)
    return grant


@transaction.atomic
def end_grant(grant: RoleGrant, *, by: User | None, on: date | None = None) -> RoleGrant:
    """End a grant today, or on a later day; from that day on it gives nothing.

    Raises Refused for one that follows from a role in a section, which would bring it back.
    """
    held = RoleGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    today = timezone.localdate()
    day = max(on or today, today)
    if held.valid_until is not None and held.valid_until <= today:
        raise Stale(_("This grant has ended already."))
    check_is_no_part(held)
    if not _holds(by, "accounts.change_rolegrant", held.unit, Reach(held.role.reach)):
        raise Refused(_("This grant reaches further than you may administer."))
    if day == today:
        _keep_an_administrator(held.user, by=by, without=held)
    _close(held, day=day)
    _record_grant("grant.ended", held, by=by)
    return held


def check_is_no_part(grant: RoleGrant) -> None:
    """Raise Refused for the part of a role in a section that reaches one unit."""
    if grant.section_grant_id is not None:
        raise Refused(_("This role is held in a section; please end it there."))


def end_reviewed(grant: RoleGrant, *, by: User) -> None:
    """End a grant today as the outcome of a review; the caller has checked its reach."""
    _keep_an_administrator(grant.user, by=by, without=grant)
    _close(grant, day=timezone.localdate())
    _record_grant("grant.ended", grant, by=by)


def check_may_give(by: User | None, *, to: User | None, role: Role, unit: OrgUnit) -> None:
    """Raise Refused unless `by` may give this role there: never to himself, never wider than his
    own reach, never with a right he lacks.

    Whoever may write roles for the whole group could put any right into his own, so for him the
    last condition would be theatre; the first two hold for him too.
    """
    if by is None:
        return
    if to is not None and to.pk == by.pk:
        raise Refused(_("Nobody gives roles to himself. Ask another administrator."))
    reach = Reach(role.reach)
    if not _holds(by, "accounts.add_rolegrant", unit, reach):
        raise Refused(
            _("The role {role} in {unit} reaches further than you may administer.").format(
                role=role.name, unit=unit.name
            )
        )
    if by.scope("accounts.change_role").everything:
        return
    rights = role.permissions.values_list("content_type__app_label", "codename")
    if not all(_holds(by, f"{app}.{name}", unit, reach) for app, name in rights):
        raise Refused(
            _("The role {role} carries rights that you do not hold in {unit} yourself.").format(
                role=role.name, unit=unit.name
            )
        )


def reaches(scope: Scope, unit: OrgUnit, reach: Reach) -> bool:
    """Whether a scope covers all that `reach` in `unit` covers. Own records cover nothing."""
    if scope.everything:
        return True
    if reach == Reach.GROUP:
        return False
    above = set(unit.ancestor_ids())
    return any(
        branch.unit_id == unit.pk and reach == Reach.UNIT
        if branch.column == "unit_id"
        else branch.unit_id in above
        for branch in scope.branches
    )


# --- posts --------------------------------------------------------------------------------------


@transaction.atomic
def give_post(
    user: User, *, unit: OrgUnit, function: Function, by: User | None, **more: Any
) -> Post:
    """Let a person carry a function in a unit. `more`: is_dedicated, reports_to, valid_from."""
    if not _holds(by, "accounts.add_post", unit):
        raise Refused(_("You may not fill posts in {unit}.").format(unit=unit.name))
    post = Post(user=user, unit=unit, function=function, **more)
    post.full_clean()
    post.save()
    _record_post("post.given", post, by=by)
    return post


@transaction.atomic
def end_post(post: Post, *, by: User | None, on: date | None = None) -> Post:
    """End a post on a day, today unless said otherwise."""
    held = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
    if not _holds(by, "accounts.change_post", held.unit):
        raise Refused(_("You may not change posts in {unit}.").format(unit=held.unit.name))
    _close(held, day=on or timezone.localdate())
    _record_post("post.ended", held, by=by)
    return held


# --- the first administrator --------------------------------------------------------------------


@transaction.atomic
def bootstrap_administrator(
    *, employee_no: str, name: str, group_name: str, force: bool = False
) -> tuple[User, str]:
    """The first administrator and the key of his link; makes the group where there is none.

    Raises Refused when an administrator exists, unless `force`.
    """
    if not force and administrators().exists():
        raise Refused(
            _("There is an administrator already. Use login_link to let him in, or --force.")
        )
    group = OrgUnit.objects.filter(kind=Kind.GROUP).first()
    if group is None:
        group = create_unit(by=None, kind=Kind.GROUP, code="G", name=group_name)
    number = employee_no.strip().upper()
    user = User.objects.filter(employee_no=number).first()
    if user is None:
        user = _make_person(by=None, employee_no=number, name=name or number, unit=group)
    role = Role.objects.get(code=ADMINISTRATOR)
    if not _open(RoleGrant, user=user, role=role, unit=group):
        give_role(user, role=role, unit=group, by=None)
    return user, issue_link(user, by=None)


# --- helpers ------------------------------------------------------------------------------------


def _holds(by: User | None, right: str, unit: OrgUnit, reach: Reach = Reach.UNIT) -> bool:
    """Whether the acting person holds a right over all that `reach` in a unit covers."""
    return by is None or reaches(by.scope(right), unit, reach)


def _hold(user: User, *, by: User | None, rights: tuple[str, ...] = (CHANGE,)) -> User:
    """The person, locked until the transaction ends. Raises Refused when the person, or something
    that the account reaches, is out of reach of all the rights."""
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if by is not None and not any(may_reach(by, right, person) for right in rights):
        raise Refused(_("You may not change {name}.").format(name=person.name))
    check_reaches_no_further(person, by=by, rights=rights)
    return person


def check_reaches_no_further(
    person: User, *, by: User | None, rights: tuple[str, ...] = (CHANGE,)
) -> None:
    """Raise Refused unless the acting person reaches all that the account reaches or is to reach.

    Else a head of a project could shut out, or take over by a link, an administrator who sits
    there. One's own account is one's own.
    """
    if by is None or by.pk == person.pk:
        return
    ends = Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.localdate())
    for grant in RoleGrant.objects.filter(ends, user=person).select_related("role", "unit"):
        if not any(_holds(by, right, grant.unit, Reach(grant.role.reach)) for right in rights):
            raise Refused(
                _("{name} holds roles that reach further than you may administer.").format(
                    name=person.name
                )
            )


def _keep_an_administrator(
    person: User, *, by: User | None, without: RoleGrant | None = None
) -> None:
    """Refuse what would shut out the acting person himself, or leave nobody to let people in."""
    if by is not None and person.pk == by.pk:
        raise Refused(_("Nobody does this to his own account. Ask another administrator."))
    # Two administrators must not remove each other at the same moment.
    list(RoleGrant.objects.select_for_update(of=("self",)).filter(administers()))
    gone = Q(pk=without.pk) if without is not None else Q(user=person)
    held = RoleGrant.objects.now().filter(administers(), user__state=UserState.ACTIVE)
    if held.filter(gone).exists() and not held.exclude(gone).exists():
        raise Refused(_("This is the last administrator. Appoint another one first."))


@contextmanager
def keeping_an_administrator() -> Iterator[None]:
    """Refuse what is done inside when it leaves nobody to let people in. Needs a transaction, which
    the refusal rolls back."""
    # Two administrators must not remove each other at the same moment.
    list(RoleGrant.objects.select_for_update(of=("self",)).filter(administers()))
    held = RoleGrant.objects.now().filter(administers(), user__state=UserState.ACTIVE)
    there_was_one = held.exists()
    yield
    if there_was_one and not held.all().exists():
        raise Refused(_("This is the last administrator. Appoint another one first."))


def administers() -> Q:
    """Grants of roles that open the administration."""
    return Q(
        role__permissions__content_type__app_label="accounts",
        role__permissions__codename="use_admin",
    )


def _open(model: type[RoleGrant] | type[SectionGrant] | type[Post], **where: Any) -> list[Any]:
    """Grants or posts that have not ended by today."""
    ends = Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.localdate())
    return list(model.objects.filter(ends, **where))


def _close(held: RoleGrant | SectionGrant | Post, *, day: date) -> None:
    """End a span; one that was to begin later never begins."""
    held.valid_until = max(day, held.valid_from) if held.valid_from else day
    held.save(update_fields=["valid_until"])


def _record_grant(action: str, grant: RoleGrant, *, by: User | None) -> None:
    record(
        action,
        by=by,
        subject=grant.user,
        employee_no=grant.user.employee_no,
        role=grant.role.name,
        unit=grant.unit.code,
    )


def _record_post(action: str, post: Post, *, by: User | None) -> None:
    record(
        action,
        by=by,
        subject=post.user,
        employee_no=post.user.employee_no,
        function=post.function.name,
        unit=post.unit.code,
    )
