"""The registry of the self-check, its command and its page."""

import json

import pytest
from django.core.management import call_command
from django.utils import translation

from core import doctor
from core.doctor import Finding, Level, error, examine, ok, register, warning, worst


@pytest.fixture
def only(monkeypatch):
    """A registry of our own; what the product registers is left out."""
    monkeypatch.setattr(doctor, "CHECKS", {})
    monkeypatch.setattr(doctor, "autodiscover_modules", lambda name: None)


def levels(*, quick: bool = False) -> dict[str, Level]:
    return {one.key: one.finding.level for one in examine(quick=quick)}


def test_findings_come_in_the_order_of_the_areas(only, db):
    for key in ("files.b", "zebra.a", "settings.z", "settings.a", "database.a"):
        register(key, key)(lambda: [ok("well")])

    assert list(levels()) == ["settings.a", "settings.z", "database.a", "files.b", "zebra.a"]


def test_quick_leaves_out_what_takes_long(only, db):
    register("files.slow", "slow", quick=False)(lambda: [ok("well")])
    register("files.fast", "fast")(lambda: [ok("well")])

    assert list(levels(quick=True)) == ["files.fast"]
    assert list(levels()) == ["files.fast", "files.slow"]


def test_a_check_that_breaks_is_an_error_and_hides_no_other(only, db, caplog):
    def broken():
        raise ValueError("13812345678")

    register("files.a", "broken")(broken)
    register("files.b", "fine")(lambda: [ok("well")])

    assert levels() == {"files.a": Level.ERROR, "files.b": Level.OK}
    assert "the check files.a broke" in caplog.text


def test_a_broken_statement_leaves_the_next_check_a_sound_transaction(only, db):
    from django.db import connection

    def ask(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
        return [ok("well")]

    register("database.a", "a", needs_database=True)(lambda: ask("SELECT nothing"))
    register("database.b", "b", needs_database=True)(lambda: ask("SELECT 1"))

    assert levels() == {"database.a": Level.ERROR, "database.b": Level.OK}


def test_without_a_database_its_checks_are_left_out_and_one_finding_says_so(only, monkeypatch):
    monkeypatch.setattr(doctor, "_database_answers", lambda: False)
    register("database.a", "a", needs_database=True)(lambda: [ok("well")])
    register("files.a", "b")(lambda: [ok("well")])

    assert levels() == {"database.answers": Level.ERROR, "files.a": Level.OK}


def test_a_key_is_used_once(only):
    register("files.a", "a")(lambda: [])
    stranger = lambda: []  # noqa: E731
    stranger.__module__ = "elsewhere"

    with pytest.raises(LookupError, match="files.a"):
        register("files.a", "a")(stranger)


def test_the_worst_level():
    assert worst([]) == Level.OK
    assert worst([ok("a"), warning("b", "do")]) == Level.WARNING
    assert worst([error("a", "do"), ok("b")]) == Level.ERROR


@pytest.mark.parametrize(
    ("finding", "status"), [(ok("a"), 0), (warning("a", "do"), 0), (error("a", "do"), 1)]
)
def test_the_exit_status_is_one_for_errors_alone(only, db, capsys, finding: Finding, status: int):
    register("files.a", "Files")(lambda: [finding])
    try:
        call_command("doctor", "--json")
    except SystemExit as end:
        left = end.code
    else:
        left = 0

    document = json.loads(capsys.readouterr().out)
    assert left == status
    assert document == {
        "level": str(finding.level),
        "findings": [
            {
                "check": "files.a",
                "title": "Files",
                "level": str(finding.level),
                "sentence": "a",
                "advice": finding.advice,
            }
        ],
    }


def test_the_command_tells_what_to_do(only, db, capsys):
    register("files.a", "Files")(lambda: [warning("Little room.", "Make room.")])
    with translation.override("en"):
        call_command("doctor")

    assert capsys.readouterr().out.splitlines() == [
        "[!!] Files: Little room.",
        "     → Make room.",
        "",
        "Found: 0 errors, 1 warning.",
    ]


def test_the_page_shows_errors_first_and_what_to_do(only, client, world):
    register("files.a", "Files")(lambda: [ok("Well.")])
    register("settings.a", "Settings")(lambda: [warning("Soon.", "Do it.")])
    register("database.a", "Database")(lambda: [error("Broken.", "Mend it.")])
    client.force_login(world.admin)

    text = client.get("/system/health/").content.decode()

    assert text.index("Broken.") < text.index("Soon.") < text.index("Well.")
    assert "Mend it." in text
    assert "Do it." in text


def test_the_page_makes_no_slow_check(only, client, world):
    asked = []
    register("files.a", "Files", quick=False)(lambda: asked.append(1) or [])
    client.force_login(world.admin)

    assert client.get("/system/health/").status_code == 200
    assert asked == []
