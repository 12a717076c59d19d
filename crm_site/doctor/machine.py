"""The machine: versions, packages, disk, files that setup made."""

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.display import listed
from core.doctor import Finding, error, ok, register, warning
from core.pdf import missing_packages

OLDEST_PYTHON = (3, 11)
LITTLE_DISK = 0.10  # of the disk
NO_DISK = 0.03
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)
SHOWN = 5


@register("versions.python", gettext_lazy("Python"))
def python() -> Iterator[Finding]:
    """The oldest Python the code is written for."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        advice = _("Install Python 3.11 or newer and run make setup.")
        yield error(_("Python {version} is too old.").format(version=version), advice)
    else:
        yield ok(_("Python {version}.").format(version=version))


@register("versions.packages", gettext_lazy("Packages"))
def packages() -> Iterator[Finding]:
    """What is installed against what requirements.txt pins; other versions were never tested."""
    wrong = list(differing_packages(settings.BASE_DIR / "requirements.txt"))
    if wrong:
        sentence = _("Packages that differ from requirements.txt ({count}): {names}.")
        names = listed(wrong[:SHOWN])
        yield warning(sentence.format(count=len(wrong), names=names), _("Run: make setup"))
    else:
        yield ok(_("All packages have the pinned versions."))


def differing_packages(pins: Path) -> Iterator[str]:
    """ "name have≠want" for each pinned package that is missing or has another version."""
    for name, wanted in PIN.findall(pins.read_text(encoding="utf-8")):
        try:
            have = metadata.version(name)
        except metadata.PackageNotFoundError:
            have = "-"
        if have != wanted:
            yield f"{name} {have}≠{wanted}"


@register("versions.paper", gettext_lazy("PDF files"))
def paper() -> Iterator[Finding]:
    """Libraries and a Chinese font that PDF files are set with; all else works without them."""
    if missing := missing_packages():
        advice = _("As root: apt-get install {packages}").format(packages=" ".join(missing))
        yield warning(_("PDF files cannot be written on this machine."), advice)
    else:
        yield ok(_("The libraries and a Chinese font for PDF files are here."))


@register("files.disk", gettext_lazy("Free disk"))
def disk() -> Iterator[Finding]:
    """A full disk stops the database; there must be room to act before."""
    folder = _existing(Path(settings.CRM_HOME))
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    words = {"path": folder, "share": f"{share:.0%}", "size": f"{usage.free / 2**30:.1f}"}
    advice = _("Make room or enlarge the disk; old backups lie in {folder}.")
    advice = advice.format(folder=settings.CRM_HOME / "backups")
    sentence = _("{share} of the disk of {path} is free ({size} GB).").format(**words)
    if share < NO_DISK:
        yield error(sentence, advice)
    elif share < LITTLE_DISK:
        yield warning(sentence, advice)
    else:
        yield ok(sentence)


def _existing(path: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    while not path.exists():
        path = path.parent
    return path


@register("files.static", gettext_lazy("Static files"))
def static_files() -> Iterator[Finding]:
    """Pages without their style sheets are unreadable."""
    if not (settings.BASE_DIR / "static" / "vendor").is_dir():
        yield error(_("The front-end packages are not installed."), _("Run: make setup"))
        return
    read = getattr(staticfiles_storage, "read_manifest", None)
    if read is not None and not read():
        advice = _("Run: manage.py collectstatic --no-input")
        yield error(_("The static files were not collected."), advice)
    else:
        yield ok(_("The static files are in place."))


@register("files.catalogue", gettext_lazy("Chinese catalogue"))
def catalogue() -> Iterator[Finding]:
    """A catalogue older than its source shows English sentences."""
    folder = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES"
    source, compiled = folder / "django.po", folder / "django.mo"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        advice = _("Run: manage.py catalogue compile")
        yield warning(_("The Chinese catalogue is not compiled."), advice)
    else:
        yield ok(_("The Chinese catalogue is compiled."))
