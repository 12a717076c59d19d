"""Installations of their own for tests: a CRM_HOME with servers, and commands run in it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person who sets nothing but these."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    for name in ("DJANGO_SETTINGS_MODULE", "CRM_MASTER_KEY_FILE", "SECRET_KEY"):
        kept.pop(name, None)
    return {**kept, "CRM_HOME": str(home), "CRM_DEMO": "0", "CRM_LOG_LEVEL": "ERROR", **more}


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in this home, whatever comes of it."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def manage(home: Path, *arguments: str, **more: str) -> str:
    """Run a command of ours that must succeed; gives what it printed."""
    done = run(home, *arguments, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(home: Path, code: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a piece of Python with the product loaded, in this home."""
    start = "import django; django.setup()\n"
    values = environment(home, **more) | {"DJANGO_SETTINGS_MODULE": "crm_site.settings"}
    return subprocess.run(
        [sys.executable, "-c", start + code],
        cwd=settings.BASE_DIR,
        env=values,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
