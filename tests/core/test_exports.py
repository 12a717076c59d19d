"""Exports: every list knows its pages, and each process knows every job that a page can ask for."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import reverse

from audit.actions import ACTIONS
from core.exports.lists import EXPORTS

ALONE = """
import django
django.setup()
from core.jobs import KINDS
known = set(KINDS)
from importlib import import_module
import_module("crm_site.urls")
print(sorted(set(KINDS) - known))
"""


def test_every_job_is_known_before_the_pages_are_loaded():
    """A process of its own, because the tests have loaded the pages."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", ALONE],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "crm_site.settings"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_a_list_names_addresses_a_deed_and_sentences_that_exist(export):
    assert reverse(export.page, args=[1])
    assert reverse(export.file, args=[1])
    assert export.deed in ACTIONS
    assert str(export.done).format(rows="1,000") != str(export.done)
    facts = {"day": "2026-01-01", "report": "报表", "unit": "N1", "period": "2026-01"}
    assert str(export.file_name).format(**facts).endswith("2026-01-01.xlsx")
