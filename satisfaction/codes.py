"""QR codes as pictures inside a page."""

import base64
import io

import qrcode
from qrcode.image.svg import SvgPathImage


def code_of(address: str) -> str:
    """A QR code of an address, as a `data:` address."""
    drawn = io.BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=2).save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
