"""The front-end files: what is copied and changed on the way; npm itself is not run."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from defusedxml import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PHONE = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
  fill="none" stroke="currentColor" class="icon icon-tabler">
  <path d="M5 4h4" />
</svg>"""


def load(name: str) -> ModuleType:
    """A script as a module; scripts/ is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


vendor = load("vendor")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with an icon list, a lock file and packages already installed."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static/icons.txt").write_text("# comment\nphone\n\nphone\n")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    for package, (_folder, files) in {**vendor.PAGES, **vendor.TESTS}.items():
        for name in files:
            path = tmp_path / "node_modules" / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("code()\n//# sourceMappingURL=x.js.map\n")
    for package in [*vendor.PAGES, *vendor.TESTS, vendor.ICONS]:
        facts = tmp_path / "node_modules" / package / "package.json"
        facts.parent.mkdir(parents=True, exist_ok=True)
        facts.write_text('{"version": "1.2.3", "license": "MIT"}')
    icons = tmp_path / "node_modules" / vendor.ICONS / "icons/outline"
    icons.mkdir(parents=True)
    (icons / "phone.svg").write_text(PHONE)
    return tmp_path


@pytest.fixture
def built(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(vendor, "install", lambda root: root / "node_modules")
    assert vendor.build(root) is True
    return root


def test_files_are_copied_without_their_source_maps(built: Path) -> None:
    assert (built / "static/vendor/htmx/htmx.min.js").read_text() == "code()\n"
    assert (built / "tests/vendor/axe-core/axe.min.js").is_file()
    facts = json.loads((built / "static/vendor/VENDOR.json").read_text())
    assert facts["packages"]["htmx.org"] == {"version": "1.2.3", "licence": "MIT"}
    assert facts["files"]["static/vendor/htmx/htmx.min.js"].startswith("sha384-")


def test_sprite_has_each_icon_once_under_its_name(built: Path) -> None:
    sprite = ElementTree.parse(built / "static/vendor/icons.svg").getroot()
    assert [symbol.get("id") for symbol in sprite] == ["phone"]
    assert dict(sprite[0].attrib) == {
        "id": "phone",
        "viewBox": "0 0 24 24",
        "fill": "none",
        "stroke": "currentColor",
    }


def test_second_run_does_nothing_until_an_input_or_a_file_changes(built: Path) -> None:
    assert vendor.build(built) is False

    (built / "static/icons.txt").write_text("phone\n# other\n")
    assert vendor.build(built) is True

    (built / "static/vendor/tom-select/LICENSE").unlink()
    assert vendor.build(built) is True
    assert vendor.build(built) is False


def test_unknown_icon_is_refused_and_the_former_files_stay(built: Path) -> None:
    (built / "static/icons.txt").write_text("phone\nfone\n")

    with pytest.raises(vendor.VendorError, match="'fone'"):
        vendor.build(built)

    assert (built / "static/vendor/icons.svg").is_file()
    assert sorted(path.name for path in (built / "static").iterdir()) == ["icons.txt", "vendor"]


def test_lock_file_pins_everything_by_content_and_names_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    assert set(vendor.PAGES) | set(vendor.TESTS) | {vendor.ICONS} <= {
        name.removeprefix("node_modules/") for name in packages
    }
    assert [name for name, facts in packages.items() if not facts.get("integrity")] == []
    assert [name for name, facts in packages.items() if "resolved" in facts] == []
