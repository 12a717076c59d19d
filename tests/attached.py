"""Files as people attach them, and files as nobody should be able to."""

import io
import struct
import wave
import zipfile
import zlib

from PIL import Image, PngImagePlugin

GPS = 0x8825
ORIENTATION = 0x0112


def picture(
    colour: str = "steelblue",
    size: tuple[int, int] = (640, 480),
    form: str = "JPEG",
    **more: object,
) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form, **more)
    return out.getvalue()


def photo(colour: str = "peru", *, orientation: int = 6) -> bytes:
    """A JPEG as a telephone takes it: turned, with place, device and comment."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "SECRET-MAKER"
    exif.get_ifd(GPS).update({1: "N", 2: (30.0, 35.0, 21.0), 3: "E", 4: (114.0, 17.0, 0.0)})
    return picture(colour, (800, 600), exif=exif, comment=b"SECRET-COMMENT", xmp=b"<x>SECRET</x>")


def telling_png() -> bytes:
    """A PNG with words inside, partly transparent."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "SECRET-AUTHOR")
    out = io.BytesIO()
    Image.new("RGBA", (60, 40), (200, 0, 0, 90)).save(out, "PNG", pnginfo=words)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of some kilobytes that unpacks to 30,000 × 30,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (30_000 // 8 + 1) * 300)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def office(part: str, *, macros: bool = False) -> bytes:
    """An Office document; `part` is its main part, such as "word/document.xml"."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "<x/>")
        if macros:
            archive.writestr(f"{part.split('/')[0]}/vbaProject.bin", "x")
    return out.getvalue()


def old_office(stream: str) -> bytes:
    """The beginning of a compound file that has a stream of this name."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le")


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("a.exe", "MZ")
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 800)
    return out.getvalue()


def ftyp(brand: bytes) -> bytes:
    """The beginning of a file of the MP4 family."""
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"\0" * 40


MP3 = b"\xff\xfb\x90\x64" + b"\0" * 400
