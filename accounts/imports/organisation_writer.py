"""Writing a read organisation: units top down, people, posts, roles. Repeating changes nothing."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.handover import hold_what_precedes
from accounts.imports.organisation_rows import Organisation, PersonRow, UnitRow
from accounts.models import Function, Post, Role, RoleGrant, User, UserState
from accounts.services.people import end_all_of, keeping_an_administrator
from accounts.staff_events import StaffEvent, StaffEventKind, hired, tell
from core.files.problems import FileProblem
from core.imports.kinds import ImportContext
from core.imports.report import Report
from regions.models import DEPTH, OrgUnit
from regions.policies import policy
from regions.services import move_unit, remember, remember_change

UNIT_VALUES = ("name", "department_name", "department_level", "stage", "households", "opened_on")
PERSON_VALUES = ("name", "phone", "email", "position", "hired_on", "left_on")
BATCH = 1000


class OrganisationWriter:
    """Writes one file within the caller's transaction and counts into the report."""

    def __init__(self, context: ImportContext, report: Report) -> None:
        self.context = context
        self.report = report
        for name in ("units", "people", "posts"):
            report.created[name] += 0
            report.updated[name] += 0

    def write(self, organisation: Organisation) -> None:
        units = self._units(organisation)
        with keeping_an_administrator():
            people = self._people(organisation, units)
            self._posts(organisation, units, people)
            self._grants(organisation, units, people)
        tell(self.events, by=self.context.actor)

    # --- units --------------------------------------------------------------------------------

    def _units(self, organisation: Organisation) -> dict[str, OrgUnit]:
        units = {unit.code: unit for unit in OrgUnit.objects.select_related("parent")}
        for row in sorted(organisation.units.values(), key=lambda row: DEPTH[row.kind]):
            parent = units.get(row.parent)
            if row.code in units:
                self._change_unit(units[row.code], row, parent)
            else:
                units[row.code] = self._create_unit(row, parent)
        return units

    def _create_unit(self, row: UnitRow, parent: OrgUnit | None) -> OrgUnit:
        values = {name: getattr(row, name) for name in UNIT_VALUES}
        unit = OrgUnit(code=row.code, kind=row.kind, parent=parent, **values)
        unit.save()
        since = row.opened_on or self.context.today
        remember(unit, since)
        self.report.created["units"] += 1
        return unit

    def _change_unit(self, unit: OrgUnit, row: UnitRow, parent: OrgUnit | None) -> None:
        values = {name: getattr(row, name) for name in UNIT_VALUES}
        values = {name: value for name, value in values.items() if value not in ("", None)}
        changed = [name for name, value in values.items() if getattr(unit, name) != value]
        moved = unit.parent_id != (parent.pk if parent else None)
        if not changed and not moved:
            return
        before = OrgUnit.objects.get(pk=unit.pk)
        for name in changed:
            setattr(unit, name, values[name])
        unit.parent = parent
        if moved:
            self._allow_move(before, parent, row)
            move_unit(unit, before=before, by=self.context.actor, on=self.context.today)
        unit.save()
        remember_change(unit, before)
        self.report.updated["units"] += 1

    def _allow_move(self, unit: OrgUnit, parent: OrgUnit | None, row: UnitRow) -> None:
        """A move concerns what many people see, so a person needs a second one for it, by file as
        on pages (GOV-01); the operator at the command line is told of each.

        Raises FileProblem for a move by a person while the policy asks for two.
        """
        names = {"unit": unit.name, "parent": parent.name if parent else ""}
        if self.context.actor is not None and policy(
            "regions.change_needs_second_person", unit=unit
        ):
            sentence = _(
                "Row {row}: {unit} would move below {parent}, which a second person must approve. "
                "Please enter it as an organisation change, then import the file again."
            )
            raise FileProblem(sentence.format(row=row.number, **names))
        sentence = _("{unit} moves below {parent} with all that lies below it.")
        self.report.warn(row.number, "GOV-01", sentence.format(**names))

    # --- people -------------------------------------------------------------------------------

    def _people(self, organisation: Organisation, units: dict[str, OrgUnit]) -> dict[str, User]:
        rows = organisation.people
        self.events: list[StaffEvent] = []
        people = {user.employee_no: user for user in User.objects.filter(employee_no__in=rows)}
        had_left = {user.pk for user in people.values() if user.state == UserState.LEFT}
        peopled = OrgUnit.objects.filter(people__isnull=False).distinct()
        known = {_region(unit) for unit in peopled}
        new: list[User] = []
        changed: list[User] = []
        for row in rows.values():
            user = people.get(row.employee_no)
            if user is None:
                user = User(employee_no=row.employee_no)
                user.set_unusable_password()
                new.append(user)
            before = (user.state, user.unit_id)
            if self._fill(user, row, units[row.unit]) and user.pk is not None:
                changed.append(user)
                self._note(user, row, before)
            people[row.employee_no] = user
        User.objects.bulk_create(new, batch_size=BATCH)
        self._note_hires(new, rows, known)
        gone = [user for user in changed if user.state == UserState.LEFT]
        leaving = [user for user in gone if user.pk not in had_left]
        hold_what_precedes(leaving)
        User.objects.bulk_update(changed, [*PERSON_VALUES, "unit", "state"], batch_size=BATCH)
        end_all_of(leaving, by=self.context.actor)
        self.report.created["people"] += len(new)
        self.report.updated["people"] += len(changed)
        return people

    def _note(self, user: Any, row: PersonRow, before: tuple[str, int | None]) -> None:
        """Keep what happened to somebody who was there already, and say it (ACC-07)."""
        state, unit_id = before
        if user.state == UserState.LEFT:
            if state == UserState.LEFT:
                return
            kind, day = StaffEventKind.LEFT, row.left_on or self.context.today
            sentence = _("{name} left on {day}; the account was closed.")
        elif unit_id is not None and user.unit_id != unit_id:
            kind, day = StaffEventKind.MOVED, self.context.today
            sentence = _("{name} moves from {before} to {unit}; check the rights.")
        else:
            return
        came_from = OrgUnit.objects.get(pk=unit_id) if unit_id else user.unit
        self.events.append(StaffEvent(user, kind, day, came_from))
        names = {"name": user.name, "day": day.isoformat(), "unit": user.unit.name}
        message = sentence.format(before=came_from.name, **names)
        self.report.warn(row.number, "ACC-07", message)

    def _note_hires(self, new: list[User], rows: dict[str, PersonRow], known: set[int]) -> None:
        """Newcomers are hires (ACC-07). Whom the first file of a region names was there before
        the product, and who has left already needs no account."""
        for user in new:
            unit = user.unit
            if user.state == UserState.LEFT or unit is None or _region(unit) not in known:
                continue
            event = hired(user, self.context.today, unit)
            self.events.append(event)
            sentence = _("{name} is new in {unit} since {day}; check the account and its rights.")
            message = sentence.format(name=user.name, unit=unit.name, day=event.on.isoformat())
            self.report.warn(rows[user.employee_no].number, "ACC-07", message)

    def _fill(self, user: User, row: PersonRow, unit: OrgUnit) -> bool:
        """Put a row's values on a person; empty cells do not erase, but a date of leaving ends."""
        values = {name: getattr(row, name) for name in PERSON_VALUES}
        values = {name: value for name, value in values.items() if value not in ("", None)}
        values["unit"] = unit
        if row.left_on and row.left_on < self.context.today:
            values["state"] = UserState.LEFT
        changed = [name for name, value in values.items() if getattr(user, name) != value]
        for name in changed:
            setattr(user, name, values[name])
        return bool(changed)

    # --- posts --------------------------------------------------------------------------------

    def _posts(
        self,
        organisation: Organisation,
        units: dict[str, OrgUnit],
        people: dict[str, User],
    ) -> None:
        functions = self._functions(organisation)
        held = {
            (post.user_id, post.unit_id, post.function_id): post
            for post in Post.objects.filter(user__in=people.values()).order_by("pk")
        }
        new: list[Post] = []
        changed: list[Post] = []
        listed = set()
        for row in organisation.people.values():
            user, unit = people[row.employee_no], units[row.unit]
            for name in row.functions:
                key = (user.pk, unit.pk, functions[name].pk)
                listed.add(key)
                post = held.get(key) or Post(
                    user=user, unit=unit, function=functions[name], valid_from=row.hired_on
                )
                if self._fill_post(post, row) or post.pk is None:
                    (changed if post.pk else new).append(post)
        changed += self._end_unlisted(held, listed)
        Post.objects.bulk_create(new, batch_size=BATCH)
        fields = ["is_dedicated", "reports_to", "valid_until", "from_file"]
        Post.objects.bulk_update(changed, fields, batch_size=BATCH)
        self.report.created["posts"] += len(new)
        self.report.updated["posts"] += len(changed)

    @staticmethod
    def _fill_post(post: Post, row: PersonRow) -> bool:
        values = {
            "is_dedicated": row.dedicated,
            "reports_to": row.reports_to or post.reports_to,
            "valid_until": _day_after(row.left_on),
            "from_file": True,
        }
        changed = [name for name, value in values.items() if getattr(post, name) != value]
        for name in changed:
            setattr(post, name, values[name])
        return bool(changed)

    def _end_unlisted(
        self, held: dict[tuple[int, int, int], Post], listed: set[tuple[int, int, int]]
    ) -> list[Post]:
        """End posts of the file's people that an earlier file listed and this one does not."""
        ended = [
            post
            for key, post in held.items()
            if key not in listed and post.from_file and post.valid_until is None
        ]
        for post in ended:
            post.valid_until = max(self.context.today, post.valid_from or self.context.today)
        return ended

    @staticmethod
    def _functions(organisation: Organisation) -> dict[str, Function]:
        names = {name for row in organisation.people.values() for name in row.functions}
        known = {function.name: function for function in Function.objects.filter(name__in=names)}
        for name in sorted(names - known.keys()):
            known[name] = Function.objects.create(name=name[:60])
        return known

    # --- roles --------------------------------------------------------------------------------

    def _grants(
        self,
        organisation: Organisation,
        units: dict[str, OrgUnit],
        people: dict[str, User],
    ) -> None:
        roles = {role.name: role for role in Role.objects.all()}
        held = {
            (grant.user_id, grant.unit_id, grant.role_id): grant
            # Roles held in sections follow the sections; the file neither finds nor ends them.
            for grant in RoleGrant.objects.filter(
                user__in=people.values(), section_grant=None
            ).order_by("pk")
        }
        new: list[RoleGrant] = []
        changed: list[RoleGrant] = []
        listed = set()
        for row in organisation.people.values():
            role = roles.get(row.role)
            if role is None:
                self._warn_of_role(row)
                continue
            user, unit = people[row.employee_no], units[row.unit]
            key = (user.pk, unit.pk, role.pk)
            listed.add(key)
            grant = held.get(key)
            until = _day_after(row.left_on)
            if grant is None:
                new.append(self._grant(user, unit, role, row, until))
            elif grant.from_file and grant.valid_until != until:
                grant.valid_until = until
                changed.append(grant)
        for key, grant in held.items():
            if key not in listed and grant.from_file and grant.valid_until is None:
                grant.valid_until = max(self.context.today, grant.valid_from or self.context.today)
                changed.append(grant)
        RoleGrant.objects.bulk_create(new, batch_size=BATCH)
        RoleGrant.objects.bulk_update(changed, ["valid_until"], batch_size=BATCH)

    def _grant(
        self,
        user: User,
        unit: OrgUnit,
        role: Role,
        row: PersonRow,
        until: dt.date | None,
    ) -> RoleGrant:
        return RoleGrant(
            user=user,
            unit=unit,
            role=role,
            valid_from=row.hired_on,
            valid_until=until,
            from_file=True,
            given_by=self.context.actor,
            given_at=timezone.now(),
        )

    def _warn_of_role(self, row: PersonRow) -> None:
        if row.role:
            sentence = _("“{role}” is no known role; {name} gets no rights until one is given.")
            message = sentence.format(role=row.role, name=row.name)
            self.report.warn(row.number, "ACC-01", message)


def _region(unit: OrgUnit) -> int:
    """Key of the region that a unit lies in, or of the group."""
    return unit.ancestor_ids()[:2][-1]


def _day_after(day: dt.date | None) -> dt.date | None:
    """The half-open end of something whose last day is given."""
    return day + dt.timedelta(days=1) if day else None
