"""Documents say what is true: their links resolve, their commands and files exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.utils import translation

from core.imports.kinds import KINDS, SheetSpec

ROOT: Path = settings.BASE_DIR
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PICTURE_BYTES = 300_000


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(path: Path) -> set[str]:
    """The anchors a host makes of headings: lower case, blanks as dashes, no other marks."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", read(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def broken_links(path: Path) -> Iterator[str]:
    for target in LINK.findall(FENCE.sub("", read(path))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_between_documents_resolve(path):
    assert list(broken_links(path)) == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One head\n[a](page.md#one-head) [b](page.md#two) [c](none.md)\n")

    assert list(broken_links(page)) == ["page.md#two", "none.md"]


# --- commands -----------------------------------------------------------------------------------


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))


def code(path: Path) -> str:
    """What stands as code on a page: fenced lines and inline pieces, each on a line."""
    text = read(path)
    fences = [block.split("\n", 1)[1] for block in FENCE.findall(text)]
    inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    return "\n".join([*fences, *inline])


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_make_targets_that_documents_name_exist(path):
    named = set(re.findall(r"^(?:[A-Z_]+=\S+ )*make ([a-z-]+)", code(path), re.MULTILINE))

    assert named - make_targets() == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_and_options_that_documents_name_exist(path):
    known = get_commands()
    for name, rest in re.findall(r"manage\.py ([a-z_]+)([^\n#|]*)", code(path)):
        assert name in known
        parser = load_command_class(known[name], name).create_parser("manage.py", name)
        options = set(re.findall(r"(?<=[\s\[])--[a-z-]+", rest))
        assert options - set(parser._option_string_actions) == set()


def test_the_two_commands_stand_in_the_readme():
    text = read(ROOT / "README.md")

    assert "\nmake run " in text
    assert "\nmake test " in text


def test_every_variable_of_the_settings_stands_in_the_readme():
    source = read(ROOT / "crm_site" / "settings.py")
    read_ones = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', source)) | {"PORT", "CRM_DEMO"}
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", read(ROOT / "README.md"), re.MULTILINE))

    assert "CRM_HOME" in read_ones
    assert read_ones - table == set()


# --- facts --------------------------------------------------------------------------------------


def sheets() -> list[tuple[str, SheetSpec]]:
    return [(kind.name, spec) for kind in KINDS.values() for spec in kind.sheets]


def columns_in_code(spec: SheetSpec) -> list[str]:
    with translation.override("en"):
        return [
            f"| `{field.name}`{' *' if field.required else ''} | {field.label} "
            f"| {' · '.join(field.synonyms)} |"
            for field in spec.fields
        ]


@pytest.mark.parametrize(
    ("kind", "spec"), sheets(), ids=lambda value: getattr(value, "name", value)
)
def test_columns_of_imports_are_those_of_the_code(kind, spec):
    text = read(ROOT / "docs" / "imports.md")
    block = text.split(f"<!-- columns:{kind}.{spec.name} -->\n")[1].split("<!-- /columns -->")[0]

    assert block.strip().splitlines()[2:] == columns_in_code(spec)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_reason_of_rejection_is_explained(kind):
    text = read(ROOT / "docs" / "imports.md")

    assert f"[`{kind.name}`]" in text
    assert [code for code in kind.reasons if f"`{code}`" not in text] == []


def test_the_changelog_has_an_unreleased_section_with_lines():
    text = read(ROOT / "CHANGELOG.md")

    assert re.search(r"^## Unreleased\n+### \w+\n+- \S", text, re.MULTILINE)


def test_decisions_are_numbered_without_gaps_and_say_the_three_things():
    pages = sorted(ROOT.glob("docs/adr/*.md"))

    assert [page.name[:4] for page in pages] == [f"{i:04d}" for i in range(1, len(pages) + 1)]
    for page in pages:
        text = read(page)
        assert text.startswith(f"# {page.name[:4]} ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_documents_that_code_names_exist():
    sources = [
        path
        for app in settings.INSTALLED_APPS
        if (ROOT / app).is_dir()
        for path in (ROOT / app).rglob("*.py")
    ]
    named = {name for path in sources for name in re.findall(r"docs/[\w/-]+\.md", read(path))}

    assert "docs/adr/0003-places.md" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in ROOT.glob("docs/images/*")}

    assert sizes != {}
    assert {name: size for name, size in sizes.items() if size >= PICTURE_BYTES} == {}
