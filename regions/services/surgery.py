"""What each kind of change does to the tree, step by step, through the journal.

Every intermediate state obeys the constraints of the tree, because they are checked at once:
before a city becomes a region, its projects must hang elsewhere. Why so:
docs/adr/0016-organisation-changes.md.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regions.models import PARENT_KIND, ChangeKind, Kind, OrgChange, OrgUnit, UnitAlias, UnitVersion
from regions.rules import allowed_department_names, check_department_name
from regions.services.history import amend, changed_columns
from regions.services.journal import Journal
from regions.services.nesting import nested_members, refuse_nested
from regions.services.units import PATHS, move_rows, refuse_taken_code
from regions.takes_part import PARTICIPANTS, Chosen

ABOVE = {Kind.PROJECT: Kind.CITY, Kind.CITY: Kind.REGION}
BELOW = {Kind.REGION: Kind.CITY, Kind.CITY: Kind.PROJECT}
NO_MERGER = gettext_lazy(
    "A city that becomes a project cannot take the projects below it in; let them move beside it."
)
NAMED = ("name", "code", "department_name", "department_level", "stage")


class Surgeon:
    """Carries one change out. In a rehearsal only the tree and light tables are written."""

    def __init__(self, change: OrgChange, *, rehearsal: bool = False) -> None:
        self.change = change
        self.day: date = change.effective_on
        self.rehearsal = rehearsal
        self.journal = Journal(change)
        self.before: dict[int, OrgUnit] = {}
        self.made: list[OrgUnit] = []

    def operate(self) -> None:
        """Do what the change asks for, then let paths, history and rows follow.

        Raises ValidationError for what breaks a rule of the tree or of names.
        """
        nested = set(nested_members())
        OPERATIONS[ChangeKind(self.change.kind)](self)
        self._mend_paths()
        self._check()
        refuse_nested([pair for pair in nested_members() if pair not in nested])
        changed = self._write_history()
        both = (self.change.unit_id, self.change.target_id)
        named: set[Any] = {pk for pk in both if pk is not None}
        group = OrgUnit.objects.filter(kind=Kind.GROUP).values_list("pk", flat=True)
        self.change.unit_ids = sorted((named - set(group)) | changed)
        if not self.rehearsal:
            move_rows(with_branches(self.change.unit_ids))

    # --- single steps -------------------------------------------------------------------------

    def fetch(self, pk: int) -> OrgUnit:
        """A unit as it is now; its first state is remembered."""
        unit = OrgUnit.objects.select_related("parent").get(pk=pk)
        if pk not in self.before and unit not in self.made:
            self.before[pk] = OrgUnit.objects.get(pk=pk)
        return unit

    def write(self, unit: OrgUnit, **columns: Any) -> OrgUnit:
        """Write columns of a unit. Returns it as it is then."""
        self.fetch(unit.pk)
        casts = {name: f"%s::{_column_type(name)}" for name in columns}
        self.journal.rewrite(
            "regions_orgunit", casts, list(columns.values()), where="t.id = %s", args=[unit.pk]
        )
        return self.fetch(unit.pk)

    def hang(self, unit: OrgUnit, parent: OrgUnit, **columns: Any) -> OrgUnit:
        """Put a unit under a parent, perhaps on another level at the same time."""
        columns |= {"parent_id": parent.pk, "parent_kind": parent.kind}
        return self.write(unit, **columns, path=f"{parent.path}{unit.pk}/")

    def add(self, **fields: Any) -> OrgUnit:
        """A new unit, opened on the day of the change."""
        refuse_taken_code(fields["code"])
        unit = OrgUnit(opened_on=self.day, late_by=self.change.late_by, **fields)
        unit.full_clean()
        unit.save()
        self.journal.made(unit)
        self.made.append(unit)
        return unit

    def rename(self, unit: OrgUnit, **fixed: str) -> OrgUnit:
        """Give a unit the name, code and department that the change names."""
        wanted = {key: self.change.payload[key] for key in NAMED if key in self.change.payload}
        wanted |= fixed
        wanted = {key: value for key, value in wanted.items() if value != getattr(unit, key)}
        if not wanted.get("name", "x") or not wanted.get("code", "x"):
            raise ValidationError(_("A unit needs a name and a code."))
        if code := wanted.get("code"):
            refuse_taken_code(code, of=unit.pk)
            if OrgUnit.objects.filter(code=code).exclude(pk=unit.pk).exists():
                raise ValidationError(_("The code {code} is already taken.").format(code=code))
            self.journal.delete("regions_unitalias", where="t.code = %s", args=[code])
            self._alias(unit.code, unit)
        return self.write(unit, **wanted) if wanted else unit

    def swallow(self, unit: OrgUnit, into: OrgUnit) -> None:
        """Merge a unit: its children, present rows and code go to another; it closes."""
        self.take_children(unit, into)
        self.write(unit, is_active=False, closed_on=self.day, merged_into_id=into.pk)
        self._alias(unit.code, into)
        self.journal.rewrite(
            "regions_unitalias",
            {"unit_id": "%s::int"},
            [into.pk],
            where="t.unit_id = %s",
            args=[unit.pk],
        )
        for one in PARTICIPANTS:
            if one.light or not self.rehearsal:
                one.move(self.journal, unit.pk, into.pk, self.day)

    def take_children(self, unit: OrgUnit, parent: OrgUnit) -> None:
        """Hang all units below one under another, closed ones too."""
        for child in OrgUnit.objects.filter(parent=unit).in_tree_order():
            if child.pk != parent.pk:
                self.hang(child, parent)

    def _alias(self, code: str, unit: OrgUnit) -> None:
        if UnitAlias.objects.filter(code=code).exists():
            return
        self.journal.made(UnitAlias.objects.create(code=code, unit=unit, since=self.day))

    # --- what follows -------------------------------------------------------------------------

    def _mend_paths(self) -> None:
        """Paths follow the parents, in the whole tree at once."""
        self.journal.rewrite(
            "regions_orgunit",
            {"path": "paths.path"},
            where="t.path <> paths.path",
            source=f"JOIN ({PATHS}) paths ON paths.id = t.id",
        )

    def _check(self) -> None:
        """The rules of levels and names, at the moment of the change (CHG-05)."""
        for unit in OrgUnit.objects.filter(pk__in=self.before).select_related("parent"):
            if not unit.is_active:
                continue
            was = self.before[unit.pk]
            if (was.kind, was.department_name) != (unit.kind, unit.department_name):
                problem = check_department_name(unit.kind, unit.department_name)
                if problem:
                    sentence = _("{unit}: {problem}").format(unit=unit.name, problem=problem)
                    raise ValidationError(sentence)
            if unit.parent is not None and not unit.parent.is_active:
                sentence = _("{parent} is closed; nothing can hang under it.")
                raise ValidationError(sentence.format(parent=unit.parent.name))

    def _write_history(self) -> set[int]:
        """Keep what was, write what is. Returns the keys of units that became others."""
        units = OrgUnit.objects.in_bulk([*self.before, *(unit.pk for unit in self.made)])
        changes: dict[int, list[str]] = {unit.pk: [] for unit in self.made}
        for pk, was in self.before.items():
            if columns := changed_columns(was, units[pk]):
                changes[pk] = columns
        self.journal.keep(
            UnitVersion._meta.db_table, where="t.unit_id = ANY(%s)", args=[list(changes)]
        )
        amend(changes, self.day)
        return set(changes)


def _column_type(name: str) -> str:
    field = OrgUnit._meta.get_field(name.removesuffix("_id"))
    return field.db_type(connection) if field.concrete else "int"  # type: ignore[union-attr,return-value]


def with_branches(units: list[int]) -> list[OrgUnit]:
    """These units and all below them, each once."""
    found: dict[int, OrgUnit] = {}
    for unit in OrgUnit.objects.filter(pk__in=units):
        found |= {one.pk: one for one in OrgUnit.objects.below(unit)}
    return list(found.values())


# --- the kinds ----------------------------------------------------------------------------------


def _create(surgeon: Surgeon) -> None:
    change = surgeon.change
    parent = _target(surgeon)
    wanted = {key: change.payload.get(key, "") for key in NAMED}
    change.unit = surgeon.add(kind=_child_kind(parent), parent=parent, **wanted)


def _rename(surgeon: Surgeon) -> None:
    surgeon.rename(_unit(surgeon))


def _move(surgeon: Surgeon) -> None:
    unit, parent = _unit(surgeon), _target(surgeon)
    if PARENT_KIND[Kind(unit.kind)] != parent.kind:
        level = PARENT_KIND[Kind(unit.kind)]
        sentence = _("Please choose a parent of the level {level}.")
        raise ValidationError(sentence.format(level=level.label if level else ""))
    if unit.parent_id == parent.pk:
        sentence = _("{unit} hangs under {parent} already. Please choose another parent.")
        raise ValidationError(sentence.format(unit=unit.name, parent=parent.name))
    surgeon.hang(unit, parent)


def _upgrade(surgeon: Surgeon) -> None:
    """A city becomes a region, a project a city. What hung below goes to an heir of the old level
    under the raised unit: a new one, or one that exists."""
    unit = _unit(surgeon)
    level = ABOVE.get(Kind(unit.kind))
    if level is None or unit.parent is None or unit.parent.parent is None:
        raise ValidationError(_("This unit cannot be raised any higher."))
    old_parent, top = unit.parent, unit.parent.parent
    if surgeon.change.target_id != top.pk:
        # Who decided on the change reached the unit above then, and perhaps not the one of today.
        sentence = _("{unit} hangs elsewhere than when this was entered. Please enter it anew.")
        raise ValidationError(sentence.format(unit=unit.name))
    heir = None
    if OrgUnit.objects.filter(parent=unit).exists():
        heir = _heir(surgeon, unit, old_parent)
        surgeon.take_children(unit, heir)
    surgeon.hang(unit, top, kind=level)
    unit = surgeon.rename(surgeon.fetch(unit.pk))
    if heir is not None and not surgeon.change.payload.get("heir"):
        surgeon.hang(heir, unit)


def _heir(surgeon: Surgeon, unit: OrgUnit, parent: OrgUnit) -> OrgUnit:
    """Who takes over the units below one that is raised; a new heir first hangs beside it."""
    payload = surgeon.change.payload
    if payload.get("heir"):
        heir = surgeon.fetch(int(payload["heir"]))
        if heir.kind != unit.kind or heir.pk == unit.pk:
            raise ValidationError(
                _("Units below can only go to a unit of the level they hang under.")
            )
        return heir
    if not payload.get("heir_code") or not payload.get("heir_name"):
        raise ValidationError(
            _("Please say which unit takes over the units below, or name a new one.")
        )
    return surgeon.add(
        kind=unit.kind,
        parent=parent,
        code=payload["heir_code"],
        name=payload["heir_name"],
        department_name=payload.get("heir_department") or usual_department(unit.kind),
    )


def _downgrade(surgeon: Surgeon) -> None:
    """A region becomes a city, a city a project; its units merge into it or move beside it."""
    unit, parent = _unit(surgeon), _target(surgeon)
    level = BELOW.get(Kind(unit.kind))
    if level is None or PARENT_KIND[level] != parent.kind or parent.pk == unit.pk:
        raise ValidationError(_("Please choose a parent one level above the new level."))
    children = list(OrgUnit.objects.filter(parent=unit).in_tree_order())
    if parent in children or parent.path.startswith(unit.path):
        raise ValidationError(_("A unit cannot hang under itself."))
    merges = surgeon.change.payload.get("children") == "merge"
    if merges and level == Kind.PROJECT and any(child.is_active for child in children):
        raise ValidationError(NO_MERGER)
    for child in children:
        surgeon.hang(child, parent)
    surgeon.hang(surgeon.fetch(unit.pk), surgeon.fetch(parent.pk), kind=level)
    unit = surgeon.rename(surgeon.fetch(unit.pk), department_level="")
    if merges:
        for child in children:
            if child.is_active:
                surgeon.swallow(surgeon.fetch(child.pk), unit)


def _merge(surgeon: Surgeon) -> None:
    unit, into = _unit(surgeon), _target(surgeon)
    if unit.kind != into.kind or unit.pk == into.pk:
        raise ValidationError(_("A unit can only be merged into another one of its level."))
    surgeon.swallow(unit, into)


def _split(surgeon: Surgeon) -> None:
    unit, payload = _unit(surgeon), surgeon.change.payload
    if unit.kind == Kind.GROUP or unit.parent is None:
        raise ValidationError(_("The group cannot be split."))
    new = surgeon.add(
        kind=unit.kind,
        parent=unit.parent,
        split_from=unit,
        code=payload.get("code", ""),
        name=payload.get("name", ""),
        department_name=payload.get("department_name", ""),
        department_level=payload.get("department_level", ""),
        stage=unit.stage,
    )
    children = [int(pk) for pk in payload.get("children_ids", ())]
    for child in OrgUnit.objects.filter(parent=unit, pk__in=children).in_tree_order():
        surgeon.hang(child, new)
    chosen = Chosen(tuple(payload.get("buildings", ())), tuple(payload.get("customers", ())))
    if not children and chosen == Chosen():
        raise ValidationError(_("Please choose what goes to the new unit."))
    surgeon.change.target = new
    for one in PARTICIPANTS:
        if one.light or not surgeon.rehearsal:
            one.split(surgeon.journal, unit.pk, new.pk, chosen)


def _close(surgeon: Surgeon) -> None:
    unit = _unit(surgeon)
    if surgeon.change.target_id is not None:
        _merge(surgeon)
        return
    left = what_is_left(unit)
    if left:
        sentence = _("{unit} still has {rows}. Please name a successor, or settle these first.")
        raise ValidationError(sentence.format(unit=unit.name, rows=left))
    surgeon.write(unit, is_active=False, closed_on=surgeon.day)


def what_is_left(unit: OrgUnit) -> str:
    """What of the present a unit still has, in words; empty when it may be closed."""
    from core.display import listed

    counts = []
    if below := OrgUnit.objects.active().filter(parent=unit).count():
        counts.append(f"{below} {_('units below')}")
    for one in PARTICIPANTS:
        if count := one.current([unit.pk]):
            counts.append(f"{count:,} {one.title}")
    return listed(counts) if counts else ""


def _reopen(surgeon: Surgeon) -> None:
    unit = surgeon.fetch(_unit(surgeon, closed=True).pk)
    if unit.is_active:
        raise ValidationError(_("{unit} is open.").format(unit=unit.name))
    if unit.merged_into_id:
        surgeon.journal.delete("regions_unitalias", where="t.code = %s", args=[unit.code])
    surgeon.write(unit, is_active=True, closed_on=None, merged_into_id=None)


def _unit(surgeon: Surgeon, *, closed: bool = False) -> OrgUnit:
    if surgeon.change.unit_id is None:
        raise ValidationError(_("Please choose a unit."))
    unit = surgeon.fetch(surgeon.change.unit_id)
    if not unit.is_active and not closed:
        raise ValidationError(_("{unit} is closed.").format(unit=unit.name))
    return unit


def _target(surgeon: Surgeon) -> OrgUnit:
    if surgeon.change.target_id is None:
        raise ValidationError(_("Please choose the other unit."))
    unit = surgeon.fetch(surgeon.change.target_id)
    if not unit.is_active:
        raise ValidationError(_("{unit} is closed.").format(unit=unit.name))
    return unit


def _child_kind(parent: OrgUnit) -> Kind:
    for kind, above in PARENT_KIND.items():
        if above == parent.kind:
            return Kind(kind)
    raise ValidationError(_("Nothing can hang under a project."))


def usual_department(kind: str) -> str:
    """The name that departments of a level usually bear; empty when any name is allowed."""
    names = allowed_department_names().get(kind, [])
    return names[0] if names else ""


OPERATIONS: dict[ChangeKind, Callable[[Surgeon], None]] = {
    ChangeKind.CREATE: _create,
    ChangeKind.RENAME: _rename,
    ChangeKind.MOVE: _move,
    ChangeKind.UPGRADE: _upgrade,
    ChangeKind.DOWNGRADE: _downgrade,
    ChangeKind.MERGE: _merge,
    ChangeKind.SPLIT: _split,
    ChangeKind.CLOSE: _close,
    ChangeKind.REOPEN: _reopen,
}
