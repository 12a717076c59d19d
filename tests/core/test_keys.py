"""Changing the master key while people read and write, killed anywhere."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings as product
from django.core.management import CommandError, call_command
from django.db import connection

from core import keys
from core.errors import Refused
from core.models import SubjectKey
from core.personal_data import new_subject_key, unwrap

pytestmark = pytest.mark.django_db(transaction=True)

PERSONS = 45


@pytest.fixture
def key_file(settings, tmp_path) -> Path:
    """A copy of the key file of this installation, which may be changed."""
    path = tmp_path / "master_key.json"
    shutil.copy(product.MASTER_KEY_FILE, path)
    path.chmod(0o600)
    settings.MASTER_KEY_FILE = path
    return path


@pytest.fixture
def persons(key_file) -> dict[int, bytes]:
    """Number of a person's key → the key itself."""
    made = {}
    for _number in range(PERSONS):
        plain, wrapped = new_subject_key()
        made[SubjectKey.objects.create(wrapped=wrapped).pk] = plain
    return made


def readable() -> dict[int, bytes]:
    rows = SubjectKey.objects.filter(wrapped__isnull=False).values_list("pk", "wrapped")
    return {pk: unwrap(wrapped) for pk, wrapped in rows}


def rotate_elsewhere(key_file: Path, point: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.core.key_rotator", connection.settings_dict["NAME"], point],
        cwd=product.BASE_DIR,
        env=os.environ
        | {"CRM_MASTER_KEY_FILE": str(key_file), "DJANGO_SETTINGS_MODULE": "crm_site.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("point", "current", "wrapped_anew"),
    [("file", "k1", 0), ("used", "k2", 0), ("batch", "k2", 10)],
)
def test_a_rotation_killed_anywhere_goes_on(key_file, persons, point, current, wrapped_anew):
    killed = rotate_elsewhere(key_file, point)
    assert killed.returncode == -9, killed.stderr
    document = json.loads(key_file.read_text())
    assert document["current"] == current
    assert readable() == persons
    assert keys.users_of_keys()["k2"] == wrapped_anew

    name, count = keys.rotate()

    assert (name, count) == ("k2", PERSONS - wrapped_anew)
    assert readable() == persons
    assert keys.waiting() == 0
    keys.retire("k1")
    assert list(json.loads(key_file.read_text())["keys"]) == ["k2"]
    assert readable() == persons
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_people_read_and_write_while_the_key_changes(key_file, persons):
    failures: list[BaseException] = []
    written: dict[int, bytes] = {}
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                plain, wrapped = new_subject_key()
                written[SubjectKey.objects.create(wrapped=wrapped).pk] = plain
                assert persons.items() <= readable().items()
        except BaseException as problem:  # noqa: BLE001  told by the test
            failures.append(problem)
        finally:
            connection.close()

    people = [threading.Thread(target=work) for _number in range(2)]
    for one in people:
        one.start()
    for number in (2, 3, 4):
        done = rotate_elsewhere(key_file, "")
        assert done.stdout.split()[0] == f"k{number}", done.stderr
    stop.set()
    for one in people:
        one.join()

    assert failures == []
    assert len(written) > 2
    assert readable() == persons | written


def test_a_key_that_is_added_first_is_used_by_the_next_rotation(key_file, persons):
    assert keys.add_key() == "k2"
    assert keys.add_key() == "k2"
    assert json.loads(key_file.read_text())["current"] == "k1"
    assert keys.users_of_keys() == {"k1": PERSONS}

    assert keys.rotate() == ("k2", PERSONS)
    assert keys.users_of_keys() == {"k2": PERSONS}


def test_a_key_in_use_cannot_be_retired(key_file, persons):
    with pytest.raises(Refused):
        keys.retire("k1")
    keys.rotate()
    with pytest.raises(Refused):
        keys.retire("k2")
    with pytest.raises(Refused):
        keys.retire("k9")
    assert sorted(json.loads(key_file.read_text())["keys"]) == ["k1", "k2"]


def test_a_key_that_fits_nothing_is_told_and_the_others_are_done(key_file, persons):
    SubjectKey.objects.create(wrapped=b"\x01\x02k9" + b"0" * 60)

    with pytest.raises(Refused, match="1"):
        keys.rotate()

    assert keys.users_of_keys() == {"k2": PERSONS, "k9": 1}


def test_the_fingerprint_stays_when_keys_change_and_differs_between_files(
    key_file, persons, settings, tmp_path
):
    before = keys.fingerprint()
    keys.rotate()
    assert keys.fingerprint() == before
    assert len(before) == 16

    from crm_site.services import ensure_secrets

    ensure_secrets(tmp_path / "other")
    settings.MASTER_KEY_FILE = tmp_path / "other" / "secrets" / "master_key.json"
    assert keys.fingerprint() != before


def test_the_acts_of_the_command_are_on_the_record(key_file, persons, tmp_path, capsys):
    from audit.models import Entry

    call_command("keys", "rotate", "--json")
    assert json.loads(capsys.readouterr().out) == {"key": "k2", "rewrapped": PERSONS}
    call_command("keys", "backup", str(tmp_path / "copy.json"))
    call_command("keys", "retire", "k1")
    with pytest.raises(CommandError):
        call_command("keys", "retire", "k2")
    capsys.readouterr()
    call_command("keys", "status", "--json")

    assert json.loads(capsys.readouterr().out) == {"backup_due": True, "keys": {"k2": PERSONS}}
    actions = Entry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["keys.rotated", "keys.backed_up", "keys.retired"]
    assert (tmp_path / "copy.json").stat().st_mode & 0o777 == 0o600


def test_a_former_secret_key_still_signs_people_in(settings):
    from django.core import signing

    settings.SECRET_KEY = "a" * 60
    token = signing.dumps("x")
    settings.SECRET_KEY = "b" * 60
    with pytest.raises(signing.BadSignature):
        signing.loads(token)
    settings.SECRET_KEY_FALLBACKS = ["a" * 60]
    assert signing.loads(token) == "x"
