"""docs/permissions.md says what accounts/seeds.py does."""

import re
from itertools import takewhile
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Role
from accounts.seeds import ROLES

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def expand(right: str) -> list[str]:
    """ "a.{view,add}_b" → ["a.view_b", "a.add_b"]."""
    found = re.fullmatch(r"(.*)\{(.+)\}(.*)", right)
    if found is None:
        return [right]
    before, acts, after = found.groups()
    return [f"{before}{act}{after}" for act in acts.split(",")]


def table() -> list[list[str]]:
    """The cells of the table of roles, its heads first."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| Right |"))
    rows = takewhile(lambda line: line.startswith("|"), lines[start:])
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_table_is_what_the_seeds_give():
    heads, _rule, codes, reaches, *rows = table()
    columns = zip(codes[1:], heads[1:], reaches[1:], strict=True)
    said: dict[tuple[str, ...], set[str]] = {column: set() for column in columns}
    for right, *ticks in rows:
        for column, tick in zip(said, ticks, strict=True):
            assert tick in ("", "●")
            if tick:
                said[column].update(expand(right.strip("`")))

    assert said == {(code, name, reach.value): set(rights) for code, name, reach, rights in ROLES}


@pytest.mark.django_db
def test_the_seeds_give_only_rights_that_exist():
    known = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.select_related("content_type")
    }

    assert {right for *_role, rights in ROLES for right in rights} - known == set()


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "name", "reach", "rights"), ROLES)
def test_roles_hold_what_the_seeds_give(code, name, reach, rights):
    role = Role.objects.get(code=code)
    held = role.permissions.values_list("content_type__app_label", "codename")

    assert (role.name, role.reach) == (name, reach)
    assert {f"{app}.{right}" for app, right in held} == set(rights)


def test_files_that_the_page_names_exist():
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|accounts|core)/[\w/.]+)`", text))
    named |= {f"docs/{link}" for link in re.findall(r"\]\((adr/[^)]+)\)", text)}

    assert len(named) > 5
    assert [name for name in sorted(named) if not (PAGE.parents[1] / name).exists()] == []
