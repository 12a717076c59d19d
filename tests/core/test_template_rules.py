"""Rules every template keeps; each of them was broken once somewhere and nobody saw it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ICONS = set((ROOT / "static/icons.txt").read_text(encoding="utf-8").split())


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT / "templates")) for path in paths]


def broken_by(pattern: str) -> list[str]:
    found = re.compile(pattern)
    return names([path for path in TEMPLATES if found.search(path.read_text(encoding="utf-8"))])


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("no inline style", r"<style|\sstyle="),
        ("no inline handler", r"\son[a-z]+=[\"']|hx-on|hx-vals=.js:|javascript:"),
        ("no inline script", r"<script(?![^>]*\ssrc=)"),
        ("nothing marked safe", r"\|safe\b|autoescape off"),
        ("a comment ends on its line, or it is printed", r"(?m)\{#(?:(?!#\}).)*$"),
    ],
)
def test_no_template_breaks_the_rule(rule, pattern):
    assert broken_by(pattern) == [], rule


def test_every_template_parses():
    engine = engines["django"]
    assert [name for name in names(TEMPLATES) if engine.get_template(name) is None] == []


def test_every_icon_named_in_a_template_is_in_the_sprite():
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r"\{% icon \"([a-z0-9-]+)\"", path.read_text(encoding="utf-8"))
    }
    assert sorted(used - ICONS) == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_an_error_page_needs_no_request(status):
    html = engines["django"].get_template(f"{status}.html").render({"request_id": "7f3a-91bc"})
    assert html.count("<h1>") == 1
    assert "7f3a-91bc" in html


@pytest.mark.parametrize(("folder", "suffix"), [("static/css", "*.css"), ("static/js", "*.js")])
def test_the_head_loads_every_file_of_ours(folder, suffix):
    """Or a page in its own block of scripts, what needs a large library."""
    heads = [ROOT / "templates/components/head.html", ROOT / "templates/admin/base_site.html"]
    html = "".join(path.read_text(encoding="utf-8") for path in [*heads, *_with_scripts()])
    missing = [path.name for path in (ROOT / folder).glob(suffix) if f"/{path.name}" not in html]
    assert missing == []


def _with_scripts():
    return [path for path in TEMPLATES if "{% block scripts %}" in path.read_text(encoding="utf-8")]


def test_scripts_stay_small():
    long = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "static/js").glob("*.js")
    }
    assert {name: lines for name, lines in long.items() if lines >= 120} == {}
