"""What a person may see and do, in words, and which grant gives it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.translation import gettext, pgettext

from accounts.models import RoleGrant, User
from accounts.scopes import grants_of
from core.display import listed
from core.scope import Scope
from regions.models import OrgUnit

RECENT = timedelta(days=90)
PLAIN_ACTS = ("view", "add", "change", "delete")


@dataclass(frozen=True, slots=True)
class RightLine:
    """One right in words, where it holds, and the roles that give it."""

    words: str
    where: str
    why: str


@dataclass
class RightGroup:
    """The rights about one part of the product."""

    title: str
    lines: list[RightLine] = field(default_factory=list)


def in_words(right: Permission) -> str:
    """A right as a sentence: Django's four acts are built from the name of the record."""
    act, _dash, rest = right.codename.partition("_")
    model = right.content_type.model_class()
    if act in PLAIN_ACTS and model is not None and rest == model._meta.model_name:
        things = str(model._meta.verbose_name_plural)
        words = {
            "view": pgettext("right", "See: {things}"),
            "add": pgettext("right", "Add: {things}"),
            "change": pgettext("right", "Change: {things}"),
            "delete": pgettext("right", "Delete: {things}"),
        }
        return words[act].format(things=things)
    return gettext(right.name)


def rights_of(person: User) -> list[RightGroup]:
    """All rights in force today, by app, each with its reach and the roles behind it."""
    grants = grants_of(person) if person.is_active else []
    names: dict[str, set[str]] = {}
    for grant in grants:
        for name in grant.rights:
            names.setdefault(name, set()).add(grant.role_name)
    found = Permission.objects.select_related("content_type").filter(
        codename__in={right.split(".")[1] for right in names}
    )
    units = _Units(person, list(names))
    groups: dict[str, RightGroup] = {}
    for right in found:
        key = f"{right.content_type.app_label}.{right.codename}"
        if key not in names:
            continue
        label = right.content_type.app_label
        title = str(apps.get_app_config(label).verbose_name)
        group = groups.setdefault(label, RightGroup(title))
        line = RightLine(in_words(right), units.words(key), listed(sorted(names[key])))
        group.lines.append(line)
    order = [config.label for config in apps.get_app_configs()]
    for group in groups.values():
        group.lines.sort(key=lambda line: (line.where, line.words))
    return [groups[label] for label in sorted(groups, key=order.index)]


class _Units:
    """Reaches in words; the names of all units in one query."""

    def __init__(self, person: User, rights: list[str]) -> None:
        self.scopes = {right: person.scope(right) for right in rights}
        keys = {
            branch.unit_id
            for scope in self.scopes.values()
            for branch in scope.branches | scope.own
            if branch.unit_id is not None
        }
        self.names = dict(OrgUnit.objects.filter(pk__in=keys).values_list("pk", "name"))

    def words(self, right: str) -> str:
        """ "whole group", "North (with units below)", "own records in Garden" …"""
        scope: Scope = self.scopes[right]
        said = []
        for branch in sorted(scope.branches, key=repr):
            if branch.column is None:
                return gettext("Whole group")
            name = self.names.get(branch.unit_id or 0, "")
            only = branch.column == "unit_id"
            sentence = gettext("{unit} only") if only else gettext("{unit} and units below")
            said.append(sentence.format(unit=name))
        for branch in sorted(scope.own, key=repr):
            name = self.names.get(branch.unit_id or 0, gettext("the whole group"))
            said.append(gettext("own records in {unit}").format(unit=name))
        return listed(said)


@dataclass(frozen=True, slots=True)
class GrantTable:
    """Grants of a person: in force, to come, and ended lately."""

    now: list[RoleGrant]
    later: list[RoleGrant]
    ended: list[RoleGrant]


def grant_table(person: User) -> GrantTable:
    """Grants with unit, role, dates and who gave them."""
    today = timezone.localdate()
    rows = (
        RoleGrant.objects.filter(user=person)
        .exclude(valid_until__lt=today - RECENT)
        .select_related("role", "unit", "given_by")
        .order_by("unit__path", "pk")
    )
    now, later, ended = [], [], []
    for grant in rows:
        if grant.is_in_force(today):
            now.append(grant)
        elif grant.valid_until is not None and grant.valid_until <= today:
            ended.append(grant)
        else:
            later.append(grant)
    return GrantTable(now, later, ended)


def source_of(grant: Any) -> str:
    """Where a grant comes from."""
    if getattr(grant, "section_grant_id", None):
        return gettext("by a section")
    if grant.from_file:
        return gettext("by the organisation file")
    if grant.given_by is None:
        return gettext("at set-up")
    return gettext("given by {name}").format(name=grant.given_by.name)
