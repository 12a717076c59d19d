"""What browsers are shown of a picture: a thumbnail and a view, both without its metadata.

Photographs carry where and with which device they were taken. The file as it came is kept for
evidence and never sent; what is sent was drawn anew from its pixels.
"""

import struct
import zlib
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Refused

FORMATS: Final = ("JPEG", "PNG", "WEBP")
#: A picture of more pixels is refused before it is unpacked: it could fill the memory.
MAX_PIXELS: Final = 50_000_000
#: The longer side, in pixels.
VIEW_SIDE, THUMB_SIDE = 2560, 400
VIEW_QUALITY, THUMB_QUALITY = 85, 78
MIME: Final = "image/jpeg"
PROFILE_BYTES: Final = 1 << 20
BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)
BROKEN: Final = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error,
)  # fmt: skip


def draw(source: Path, view: Path, thumb: Path) -> tuple[int, int]:
    """Draw the view and the thumbnail of a picture; returns width and height of the view.

    Raises Refused for a damaged picture and for one with too many pixels.
    """
    try:
        with Image.open(source, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Refused(_too_many())
            picture.draft("RGB", (VIEW_SIDE, VIEW_SIDE))
            clean = _flat(picture)
    except BOMBS:
        raise Refused(_too_many()) from None
    except BROKEN:
        raise Refused(
            _("This picture is damaged and cannot be shown. Please take or save it again.")
        ) from None
    profile = clean.info.get("icc_profile")
    # Pillow writes what it finds here (comments, XMP) into the new file; only colours stay.
    clean.info = {}
    keep = {"icc_profile": profile} if profile and len(profile) < PROFILE_BYTES else {}
    clean.thumbnail((VIEW_SIDE, VIEW_SIDE))
    clean.save(view, "JPEG", quality=VIEW_QUALITY, optimize=True, **keep)
    size = clean.size
    clean.thumbnail((THUMB_SIDE, THUMB_SIDE))
    clean.save(thumb, "JPEG", quality=THUMB_QUALITY, optimize=True, **keep)
    return size


def _too_many() -> str:
    sentence = _("This picture has more than {count} million pixels. Please send a smaller one.")
    return sentence.format(count=MAX_PIXELS // 1_000_000)


def _flat(picture: Image.Image) -> Image.Image:
    """The upright picture in plain colours; what is transparent becomes white."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode == "RGB":
        return upright.copy()
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        ground = Image.new("RGBA", upright.size, "white")
        return Image.alpha_composite(ground, upright).convert("RGB")
    flat = upright.convert("RGB")
    flat.info.pop("icc_profile", None)  # it describes the colours that were converted
    return flat
