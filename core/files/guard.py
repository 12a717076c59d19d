"""Look into a workbook before any parser does.

An .xlsx is a zip archive of XML. A few hundred kilobytes can hold gigabytes, two cells in opposite
corners can make a reader reserve a terabyte, and a document type declaration can multiply a word
into millions. Nothing the archive says about itself is believed: every part is unpacked here once,
in small pieces that are counted and thrown away.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from core.files.limits import Limits

_PIECE: Final = 256 * 1024
_END_RECORD: Final = struct.Struct("<4s4H2LH")
_END_SIGNATURE: Final = b"PK\x05\x06"
_ZIP64_LOCATOR: Final = b"PK\x06\x07"
_LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_OLE_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: One entry of the directory: 46 bytes and a name, which no office program makes longer than this.
_DIRECTORY_ENTRY: Final = 46 + 512

_DECLARATION: Final = re.compile(
    rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE
)
#: Cells that hold something; ``<c …/>`` carries only a format, and readers leave it out.
_CELL: Final = re.compile(
    rb"<(?:\w{1,8}:)?c(?=[\s>])(?:[^<>]*?\sr\s*=\s*[\"']([A-Za-z]{1,7})(\d{1,9})[\"'])?"
    rb"[^<>]*(?<!/)>"
)
_DATE_1904: Final = re.compile(
    rb"<(?:\w{1,8}:)?workbookPr\b[^<>]*\bdate1904\s*=\s*[\"'](?:1|true)[\"']"
)


class Refusal(Exception):
    """The file is refused; ``code`` is a key of :data:`core.files.problems.SENTENCES`."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def check_workbook(stream: IO[bytes], limits: Limits) -> bool:
    """Refuse what is no harmless .xlsx; tell whether its dates count from 1904.

    Reads the whole stream once and leaves it at an unspecified position. Raises
    :class:`Refusal`.
    """
    _check_end_record(stream, limits)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error):
        raise Refusal("broken") from None
    _check_directory(entries, limits)
    unpacked = 0
    epoch1904 = False
    for entry in entries:
        room = limits.unpacked_bytes - unpacked
        size, is_from_1904 = _check_entry(stream, entry, limits, room)
        unpacked += size
        epoch1904 = epoch1904 or is_from_1904
    return epoch1904


def _check_end_record(stream: IO[bytes], limits: Limits) -> None:
    """Bound the directory before it is read: a million entries would take a gigabyte."""
    start = stream.read(8)
    if start == _OLE_SIGNATURE:
        raise Refusal("old_excel")
    if start[:4] != _LOCAL_SIGNATURE:
        raise Refusal("not_xlsx")
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 65_557))
    tail = stream.read()
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise Refusal("broken")
    record = _END_RECORD.unpack_from(tail, at)
    # Archives beyond 4 GB need the zip64 format; a workbook within our limits never does.
    if tail[max(0, at - 20) : at].startswith(_ZIP64_LOCATOR):
        raise Refusal("unpacked_bytes")
    if record[4] > limits.entries or record[5] > limits.entries * _DIRECTORY_ENTRY:
        raise Refusal("entries")


def _check_directory(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    names = [entry.filename.lower() for entry in entries]
    if len(names) > limits.entries:
        raise Refusal("entries")
    if len(set(names)) != len(names):
        # Two parts of one name: the guard could see one and the reader the other.
        raise Refusal("broken")
    if any(name.rpartition("/")[2].startswith("vbaproject") for name in names):
        raise Refusal("macro")
    if "xl/workbook.xml" not in names:
        raise Refusal("not_xlsx")
    if any(entry.flag_bits & 0x41 for entry in entries):
        raise Refusal("password")
    if any(entry.compress_type not in (0, 8) for entry in entries):
        raise Refusal("broken")


def _check_entry(
    stream: IO[bytes], entry: zipfile.ZipInfo, limits: Limits, room: int
) -> tuple[int, bool]:
    """Unpack one part in pieces; return its true size and whether it asks for the 1904 epoch."""
    size = 0
    watch = _XmlWatch(entry.filename, limits)
    for piece in _unpacked(stream, entry):
        size += len(piece)
        if size > room:
            raise Refusal("unpacked_bytes")
        if size > limits.ratio_from_bytes and size > limits.ratio * max(entry.compress_size, 1):
            raise Refusal("ratio")
        watch.look(piece)
    watch.finish()
    if size != entry.file_size:
        raise Refusal("broken")
    return size, watch.epoch1904


def _unpacked(stream: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the unpacked bytes of a part, whatever size the directory claims."""
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != _LOCAL_SIGNATURE:
        raise Refusal("broken")
    *_rest, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    stream.seek(name_length + extra_length, 1)
    left = entry.compress_size
    inflate = zlib.decompressobj(-15) if entry.compress_type == 8 else None
    while left > 0:
        packed = stream.read(min(_PIECE, left))
        if not packed:
            raise Refusal("broken")
        left -= len(packed)
        if inflate is None:
            yield packed
        else:
            yield from _inflated(inflate, packed)


def _inflated(inflate: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    while packed:
        try:
            piece = inflate.decompress(packed, _PIECE)
        except zlib.error:
            raise Refusal("broken") from None
        packed = inflate.unconsumed_tail
        if piece:
            yield piece
        elif not packed or inflate.eof:
            return


class _XmlWatch:
    """Look for declarations and count the cells of one part, if it is XML."""

    def __init__(self, filename: str, limits: Limits) -> None:
        name = filename.lower()
        self.epoch1904 = False
        self._is_book = name == "xl/workbook.xml"
        # A part under any other name is XML when it begins with an angle bracket: the
        # workbook says itself which part is a sheet.
        self._is_xml: bool | None = name.endswith((".xml", ".rels", ".vml")) or None
        self._cells = _CellCounter(limits)
        self._tail = b""

    def look(self, piece: bytes) -> None:
        """Take the next piece; raise :class:`Refusal` at what must not be in it."""
        if self._is_xml is None and (start := piece.lstrip(b"\xef\xbb\xbf \t\r\n")):
            self._is_xml = start.startswith(b"<")
        if not self._is_xml:
            return
        text = self._tail + piece
        if b"\x00" in piece or (b"<!" in text and _DECLARATION.search(text)):
            # Zero bytes are UTF-16, in which the search would find nothing.
            raise Refusal("entity")
        if self._is_book and _DATE_1904.search(text):
            self.epoch1904 = True
        # What is left unfinished at the end is looked at again together with the next piece.
        cut = text.rfind(b"<")
        cut = len(text) if cut < 0 or len(text) - cut > _PIECE else cut
        self._cells.count(text[:cut])
        self._tail = text[cut:]

    def finish(self) -> None:
        """Look at what was left over."""
        self._cells.count(self._tail)


class _CellCounter:
    """Measure the rectangle around the cells of one part."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.found = 0
        self.last_row = 0
        self.columns: dict[bytes, int] = {}

    def count(self, text: bytes) -> None:
        """Add the cells of a piece of XML; raise :class:`Refusal` when they are too many."""
        found = _CELL.findall(text)
        if not found:
            return
        self.found += len(found)
        letters, numbers = zip(*found, strict=True)
        for column in set(letters).difference(self.columns):
            self.columns[column] = _column_number(column)
        self.last_row = max(self.last_row, max(map(int, filter(None, set(numbers))), default=0))
        self._compare()

    def _compare(self) -> None:
        width = max(self.columns.values())
        if width > self.limits.columns:
            raise Refusal("columns", limit=self.limits.columns)
        # The rows above the data may hold titles, hence some more than the rows of data.
        if self.last_row > self.limits.rows + 1000:
            raise Refusal("rows", limit=self.limits.rows)
        if max(self.found, width * self.last_row) > self.limits.cells:
            raise Refusal("cells")


def _column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA; 0 for no letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
