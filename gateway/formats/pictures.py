"""Photos: scaled down for serving, and known again when a client sends a smaller copy back.

A card carries its photo in every answer, so a large one out of a CRM is served smaller: turned as its EXIF says, never
enlarged, and the same bytes every time. JPEG, PNG, GIF and WebP are read, of these one frame; everything else, and
whatever would need more memory than a photo may, is left as it is. The same picture in fewer points and with other
losses is the same picture: both are made tiny and compared point by point.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, ImageChops, ImageOps, ImageStat

from gateway.core.entities import Photo

SERVED_BYTES: Final = 256 * 1024
"""Up to so many bytes a photo that stands upright is served as it is."""
SERVED_SIDE: Final = 1_024
"""Points of the longer side of one that is scaled."""
MOST_POINTS: Final = 24_000_000
"""Of a picture that is looked at: a file of a few kilobytes may claim millions (decompression bombs)."""

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
_ORIENTATION: Final = 0x0112
_TINY: Final = 16
_SAME_SHAPE: Final = 0.04
_SAME_LIGHT: Final = 8.0
"""Mean difference, of 255, that losses of coding and scaling may make in a tiny copy."""
_FAULTS: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def served(photo: Photo) -> Photo:
    """The photo as it is served: itself, or a smaller or upright copy."""
    if len(photo.content) <= SERVED_BYTES and b"Exif" not in photo.content[:64]:
        return photo
    try:
        with _opened(photo.content, SERVED_SIDE) as picture:
            is_upright = picture.getexif().get(_ORIENTATION, 1) == 1
            if is_upright and len(photo.content) <= SERVED_BYTES:
                return photo
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SERVED_SIDE, SERVED_SIDE), Image.Resampling.LANCZOS)
            made = _coded(upright)
    except _FAULTS:
        return photo
    return made if not is_upright or len(made.content) < len(photo.content) else photo


def is_copy(content: bytes, original: bytes) -> bool:
    """Whether a picture shows the same as another and in no more points."""
    try:
        with _opened(content, 8 * _TINY) as copy, _opened(original, 8 * _TINY) as whole:
            first, second = ImageOps.exif_transpose(copy), ImageOps.exif_transpose(whole)
            ratio = first.width * second.height / (first.height * second.width)
            if abs(ratio - 1) > _SAME_SHAPE or _points(content) > _points(original):
                return False
            difference = ImageChops.difference(_tiny(first), _tiny(second))
            means = ImageStat.Stat(difference).mean
    except _FAULTS:
        return False
    return max(means) <= _SAME_LIGHT


@contextmanager
def _opened(content: bytes, side: int) -> Iterator[Image.Image]:
    """A picture, read in no more points than are needed for a side where its format can. Raises one of _FAULTS."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_POINTS:
                raise ValueError("a picture of too many points")
            picture.draft("RGB", (side, side))
            picture.load()
            yield picture


def _points(content: bytes) -> int:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        return picture.width * picture.height


def _tiny(picture: Image.Image) -> Image.Image:
    flat = Image.new("RGB", picture.size, "white")
    solid = picture.convert("RGBA")
    flat.paste(solid, mask=solid.getchannel("A"))
    return flat.resize((_TINY, _TINY), Image.Resampling.BOX)


def _coded(picture: Image.Image) -> Photo:
    out = io.BytesIO()
    if picture.has_transparency_data:
        picture.convert("RGBA").save(out, "PNG", optimize=True)
        return Photo("image/png", out.getvalue())
    # Without what the camera says of itself and of where it was.
    picture.convert("RGB").save(out, "JPEG", quality=85)
    return Photo("image/jpeg", out.getvalue())
