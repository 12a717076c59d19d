"""Answering with an attached file: the one way out of the store.

The caller has asked whether the reader sees the record that the file belongs to. A file never
gets a say in what the browser does with it: its type is the one recognised when it came in, the
browser may not guess another, and a document that is opened runs in a box without scripts.
"""

from pathlib import PurePath
from typing import Any, Final

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from core.attachments import pictures, store
from core.attachments.kinds import Group, kind_of
from core.attachments.store import THUMB, VIEW

#: Shown in the browser; everything else is downloaded.
INLINE: Final = frozenset({Group.PICTURE, Group.PDF})
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def send(request: HttpRequest, file: Any, *, thumb: bool = False) -> HttpResponseBase:
    """Answer with a file (a row of a StoredFile table). Pictures go without their metadata.

    The browser keeps the bytes but asks each time, so that a right that has ended ends at once.
    Raises Http404 when the file is not in the store, or a thumbnail is asked of no picture.
    """
    kind = kind_of(file.mime)
    mime, suffix, path = kind.mime, kind.suffixes[0], store.path_of(file.stored_name)
    if kind.group is Group.PICTURE:
        path = store.rendition(file.stored_name, THUMB if thumb else VIEW)
        mime, suffix = pictures.MIME, ".jpg"
    elif thumb:
        raise Http404("thumbnail")
    try:
        content = path.open("rb")
    except FileNotFoundError:
        raise Http404("file") from None
    etag = f'"{file.sha256[:32]}{"-thumb" if thumb else ""}"'
    response: Any = get_conditional_response(request, etag=etag)
    if response is not None:
        content.close()
    else:
        response = FileResponse(
            content,
            as_attachment=kind.group not in INLINE,
            filename=file_name(file.name, suffix, kind.suffixes),
            content_type=mime if mime != "text/plain" else "text/plain; charset=utf-8",
        )
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response  # type: ignore[no-any-return]


def file_name(name: str, suffix: str, suffixes: tuple[str, ...]) -> str:
    """The name under which a file is saved: its own, ending as its content demands."""
    ending = PurePath(name).suffix.lower()
    if ending == suffix:
        return name
    if ending in suffixes:
        return f"{PurePath(name).stem}{suffix}" if suffix == ".jpg" else name
    return f"{name}{suffix}"
