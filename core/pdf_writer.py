"""The process that sets a page as PDF: ``python -m core.pdf_writer``.

HTML comes in on standard input, the PDF goes out on standard output. The process has bounds of
memory and time set by the system, no environment and no database, and it opens no address: only
``data:`` and style sheets and pictures of this product, written ``own:css/paper.css``.
"""

from __future__ import annotations

import contextlib
import mimetypes
import resource
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

_STATIC: Final = Path(__file__).resolve().parents[1] / "static"
_MEMORY: Final = 1024 * 1024 * 1024
_CPU_SECONDS: Final = 30


class OwnFilesOnly(URLFetcher):
    """Opens our own static files and ``data:`` addresses; anything else ends the work."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        path = (_STATIC / unquote(parts.path)).resolve()
        if parts.scheme != "own" or not path.is_relative_to(_STATIC) or not path.is_file():
            raise FatalURLFetchingError(f"not one of our files: {parts.scheme}")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})


def write(html: str) -> bytes:
    """The PDF of a page. Raises FatalURLFetchingError when the page names a foreign address."""
    fetcher = OwnFilesOnly(timeout=1, allow_redirects=False, allowed_protocols=("data",))
    page = HTML(string=html, url_fetcher=fetcher, base_url="own:")
    pdf: bytes = page.write_pdf(pdf_variant="pdf/ua-1", full_fonts=False)
    return pdf


def main() -> None:
    """Bind this process, then work."""
    for kind, bound in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
    sys.stdout.buffer.write(write(sys.stdin.buffer.read().decode()))


if __name__ == "__main__":
    main()
