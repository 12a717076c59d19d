"""What a file is, by its content. Its name says nothing: anybody can rename a file.

What is not recognised here is not kept. Nothing that a browser would run (HTML, SVG, scripts) and
no program is among the kinds; documents with macros are refused.
"""

import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Final

from django.utils.translation import gettext as _

from core.errors import Refused

HEAD: Final = 4096
PIECE: Final = 1 << 20
ZIP_ENTRIES: Final = 5000


class Group(StrEnum):
    """How pages treat a file."""

    PICTURE = "picture"  # shown, with a thumbnail
    PDF = "pdf"  # opened in the browser
    SOUND = "sound"
    VIDEO = "video"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its media type and the endings its name may have, the usual one first."""

    mime: str
    suffixes: tuple[str, ...]
    group: Group


_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: Final = (
    FileKind("image/jpeg", (".jpg", ".jpeg"), Group.PICTURE),
    FileKind("image/png", (".png",), Group.PICTURE),
    FileKind("image/webp", (".webp",), Group.PICTURE),
    FileKind("application/pdf", (".pdf",), Group.PDF),
    FileKind(f"{_OFFICE}wordprocessingml.document", (".docx",), Group.DOCUMENT),
    FileKind(f"{_OFFICE}spreadsheetml.sheet", (".xlsx",), Group.DOCUMENT),
    FileKind(f"{_OFFICE}presentationml.presentation", (".pptx",), Group.DOCUMENT),
    FileKind("application/msword", (".doc", ".wps"), Group.DOCUMENT),
    FileKind("application/vnd.ms-excel", (".xls", ".et"), Group.DOCUMENT),
    FileKind("application/vnd.ms-powerpoint", (".ppt", ".dps"), Group.DOCUMENT),
    FileKind("text/plain", (".txt",), Group.DOCUMENT),
    FileKind("audio/mpeg", (".mp3",), Group.SOUND),
    FileKind("audio/mp4", (".m4a",), Group.SOUND),
    FileKind("audio/wav", (".wav",), Group.SOUND),
    FileKind("video/mp4", (".mp4",), Group.VIDEO),
)
BY_MIME: Final = {kind.mime: kind for kind in KINDS}


def accepted() -> str:
    """The kinds as an `accept` attribute has them. HEIC is absent on purpose: telephones that
    take such pictures then send them as JPEG."""
    return ",".join([*(kind.mime for kind in KINDS), *(s for kind in KINDS for s in kind.suffixes)])


def kind_of(mime: str) -> FileKind:
    """The kind of a media type that was recognised before. Raises LookupError."""
    return BY_MIME[mime]


def recognise(file: IO[bytes]) -> FileKind:
    """What the file is; leaves it at its beginning.

    Raises Refused, with one sentence that says what may be attached, for everything else.
    """
    file.seek(0)
    head = file.read(HEAD)
    try:
        for look in (_by_signature, _media, _archive, _compound, _text):
            mime = look(head, file)
            if mime:
                return BY_MIME[mime]
    finally:
        file.seek(0)
    if not head:
        raise Refused(_("This file is empty."))
    raise Refused(
        _(
            "Files of this kind cannot be attached. Pictures (JPEG, PNG, WebP), PDF, Office "
            "documents, text, recordings (MP3, M4A, WAV) and MP4 videos can."
        )
    )


Look = Callable[[bytes, IO[bytes]], str]
_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)


def _by_signature(head: bytes, _file: IO[bytes]) -> str:
    return next((mime for start, mime in _SIGNATURES if head.startswith(start)), "")


_VIDEO_BRANDS: Final = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1",
                        b"dash", b"MSNV", b"M4V ", b"3gp4", b"3gp5", b"3gp6"}  # fmt: skip
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}


def _media(head: bytes, _file: IO[bytes]) -> str:
    """Recordings, videos and WebP. Raises Refused for the pictures of telephones."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIC_BRANDS:
            raise Refused(
                _(
                    "HEIC pictures cannot be shown here. Please save the picture as JPEG, or set "
                    "the camera of the telephone to “Most Compatible”."
                )
            )
        if brand in (b"M4A ", b"M4B "):
            return "audio/mp4"
        return "video/mp4" if brand in _VIDEO_BRANDS else ""
    return "audio/mpeg" if _is_mp3_frame(head) else ""


def _is_mp3_frame(head: bytes) -> bool:
    """The beginning of an MPEG frame of layer III with a possible bit rate and sampling rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and sampling != 3


_PARTS: Final = (
    ("word/document.xml", f"{_OFFICE}wordprocessingml.document"),
    ("xl/workbook.xml", f"{_OFFICE}spreadsheetml.sheet"),
    ("ppt/presentation.xml", f"{_OFFICE}presentationml.presentation"),
)


def _archive(head: bytes, file: IO[bytes]) -> str:
    """Office documents of today: archives that are only kept, so nothing is unpacked.

    Raises Refused for macros.
    """
    if head[:4] != b"PK\x03\x04":
        return ""
    try:
        with zipfile.ZipFile(file) as archive:
            names = {entry.filename.lower() for entry in archive.infolist()[:ZIP_ENTRIES]}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, OSError):
        return ""
    if any(name.rpartition("/")[2].startswith("vbaproject") for name in names):
        _refuse_macros()
    if "[content_types].xml" not in names:
        return ""
    return next((mime for part, mime in _PARTS if part in names), "")


_STREAMS: Final = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
)


def _compound(head: bytes, file: IO[bytes]) -> str:
    """Office documents of old, told apart by the names of their streams. Raises Refused for
    macros."""
    if head[:8] != b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return ""
    file.seek(0)
    body = file.read()
    if any(name.encode("utf-16-le") in body for name in ("_VBA_PROJECT", "Macros")):
        _refuse_macros()
    return next((mime for name, mime in _STREAMS if name.encode("utf-16-le") in body), "")


def _refuse_macros() -> None:
    raise Refused(_("Documents with macros cannot be attached. Please save it without macros."))


# Markup and scripts: text, but not a text that anybody needs to attach.
_MARKUP: Final = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<?php", b"<iframe")
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f"))


def _text(head: bytes, file: IO[bytes]) -> str:
    """Plain text in UTF-8 or GB 18030 without markup."""
    if not head or head.startswith(b"#!"):
        return ""
    for coding in ("utf-8", "gb18030"):
        if _reads_as(file, coding):
            return "text/plain"
    return ""


def _reads_as(file: IO[bytes], coding: str) -> bool:
    file.seek(0)
    rest, tail = b"", b""
    while piece := file.read(PIECE):
        if piece.translate(None, _CONTROLS) != piece:
            return False
        around = (tail + piece).lower()
        if any(word in around for word in _MARKUP):
            return False
        tail = piece[-16:]
        try:
            (rest + piece).decode(coding)
            rest = b""
        except UnicodeDecodeError as problem:
            whole = rest + piece
            # A letter cut in two by the end of the piece is read with the next one.
            if len(whole) - problem.start > 4:
                return False
            rest = whole[problem.start :]
    return not rest
