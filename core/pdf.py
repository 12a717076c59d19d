"""Pages as PDF files: a template of paper is rendered here and set by a process of its own.

`render_pdf` serves sheets of a few pages, inside a request; what may grow to hundreds of pages
belongs into a job. The setting process (core.pdf_writer) has no environment, bounds of memory and
time, and reads nothing but the style sheets of this product: pictures come in as `data:` addresses.
"""

import contextlib
import ctypes
import subprocess
import sys
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.errors import Refused

SECONDS: Final = 20
# Libraries that WeasyPrint opens, and the Debian packages that bring them.
LIBRARIES: Final = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
CHINESE_FONT: Final = "fonts-noto-cjk"


class NoPdf(Refused):
    """This machine cannot write PDF files now; the page can still be printed in the browser."""


def missing_packages() -> list[str]:
    """Debian packages without which no Chinese PDF can be set here."""
    lacking = [package for name, package in LIBRARIES.items() if not _opens(name)]
    return lacking if _knows_chinese() else [*lacking, CHINESE_FONT]


@cache
def is_possible() -> bool:
    """Whether this process found everything a PDF needs; asked once, for buttons."""
    return not missing_packages()


def _opens(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _knows_chinese() -> bool:
    """Whether fontconfig has a font for simplified Chinese; without one all words are boxes."""
    try:
        fonts = ctypes.CDLL("libfontconfig.so.1")
    except OSError:
        return False
    for name in ("FcNameParse", "FcObjectSetCreate", "FcFontList"):
        getattr(fonts, name).restype = ctypes.c_void_p
    pattern = ctypes.c_void_p(fonts.FcNameParse(b":lang=zh-cn"))
    wanted = ctypes.c_void_p(fonts.FcObjectSetCreate())
    found = ctypes.c_void_p(fonts.FcFontList(None, pattern, wanted))
    try:
        # The first field of FcFontSet is the number of fonts.
        return bool(found) and ctypes.cast(found, ctypes.POINTER(ctypes.c_int))[0] > 0
    finally:
        fonts.FcPatternDestroy(pattern)
        fonts.FcObjectSetDestroy(wanted)
        if found:
            fonts.FcFontSetDestroy(found)


def render_pdf(template: str, context: dict[str, Any], *, seconds: int = SECONDS) -> bytes:
    """A template that extends `core/paper.html` as a PDF file.

    Raises NoPdf with one sentence when libraries or a Chinese font are missing, and when the
    setting took longer than `seconds` or died.
    """
    if lacking := missing_packages():
        raise NoPdf(
            _(
                "PDF files cannot be written here yet: an administrator must install {packages}. "
                "The page itself can be printed."
            ).format(packages=" ".join(lacking))
        )
    html = render_to_string(template, context)
    pdf = b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        pdf = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-s", "-P", "-m", "core.pdf_writer"],
            input=html.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                "PYTHONPATH": str(settings.BASE_DIR),
                "LC_ALL": "C.UTF-8",
                # Where fontconfig keeps what it found; without it every sheet searches all fonts.
                "XDG_CACHE_HOME": str(settings.CRM_HOME / "cache"),
            },
            timeout=seconds,
            check=False,
        ).stdout
    # The last line of a PDF; a process that was stopped has not written it.
    if not pdf.rstrip().endswith(b"%%EOF"):
        raise NoPdf(_("The PDF file could not be written. Please print the page itself."))
    return pdf
