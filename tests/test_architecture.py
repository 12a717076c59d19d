"""The page on architecture says what import-linter enforces, and what Django loads."""

import re
import tomllib
from typing import Any

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def linter() -> dict[str, Any]:
    """The configuration of import-linter."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["tool"]["importlinter"]


def contract(name: str) -> dict[str, Any]:
    return next(one for one in linter()["contracts"] if one["name"].startswith(name))


def enforced_order() -> list[str]:
    """The apps from left (imported by all) to right."""
    return list(reversed(contract("Apps import")["layers"]))


def section(heading: str) -> str:
    """The text under a heading of the page, up to the next one of its level."""
    return re.split(r"^## ", PAGE.split(f"## {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def listed_apps() -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", section("Apps"), re.MULTILINE)


def app_folders() -> set[str]:
    """Packages beside manage.py, without the project and its tests."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    return found - {"crm_site", "tests"}


def test_the_page_lists_the_apps_in_the_order_that_is_enforced():
    assert listed_apps() == enforced_order()
    order = re.search(r"<!-- order: ([\w ]+) -->", PAGE)
    assert order is not None
    assert order.group(1).split() == enforced_order()


def test_every_app_folder_is_listed_and_watched_by_the_linter():
    assert app_folders() == set(listed_apps())
    assert set(linter()["root_packages"]) == app_folders()


def test_every_app_that_django_loads_is_listed():
    loaded = [name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()]

    assert loaded != []
    assert set(loaded) - {"crm_site"} <= set(listed_apps())
    assert loaded[:-1] == [name for name in enforced_order() if name in loaded]


@pytest.mark.parametrize("app", ["customers", "accounts", "regions"])
def test_the_layers_of_the_page_are_those_of_the_apps(app):
    """An app has some of the layers; those it has lie in the order of the page."""
    block = section("Apps").split("```")[1]
    page = [set(line.split("  ")[0].split(" | ")) for line in block.strip().splitlines()]
    enforced = [set(re.findall(r"\w+", layer)) for layer in contract(f"Inside {app}")["layers"]]

    places = [next(i for i, names in enumerate(page) if names >= layer) for layer in enforced]

    assert places == sorted(set(places))


def test_the_middleware_of_the_product_is_explained_in_its_order():
    own = [path for path in settings.MIDDLEWARE if path.startswith(("core.", "accounts."))]
    explained = re.findall(r"^\| `(core|accounts)…(\w+)` \|", PAGE, re.MULTILINE)

    assert explained == [(path.split(".")[0], path.rsplit(".", 1)[1]) for path in own]


def test_paths_of_code_named_on_the_page_exist():
    named = re.findall(r"`((?:crm_site|core|customers|accounts|tests)/[\w/.]+)`", PAGE)

    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_dotted_names_on_the_page_can_be_imported():
    from django.utils.module_loading import import_string

    named = re.findall(r"`((?:core|customers|accounts)(?:\.\w+)+)(?:\([^`]*\))?`", PAGE)

    assert "core.scope.Scope" in named
    for name in named:
        importable(name, import_string)


def importable(name: str, import_string: Any) -> None:
    """A module, or a member of one. Raises ImportError."""
    import importlib

    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        import_string(name)
