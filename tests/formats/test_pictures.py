"""Photos are served in a reasonable size, and a client's smaller copy is known for what it is."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageOps

from gateway.core.entities import Photo
from gateway.formats.pictures import SERVED_BYTES, SERVED_SIDE, is_copy, served
from gateway.formats.sameness import changed


def picture(width: int = 600, height: int = 400, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """Something with large and small features, and noise, so that it does not compress to nothing."""
    noise = Image.effect_noise((width, height), 60 + seed)
    made = Image.merge("RGB", [noise, noise.rotate(90 * seed).resize((width, height)), ImageOps.invert(noise)])
    draw = ImageDraw.Draw(made)
    draw.ellipse((seed * width // 9, height // 6, seed * width // 9 + width // 3, height * 5 // 6), "navy", "white", 9)
    draw.rectangle((width * 2 // 3, 0, width, height // (seed + 1)), "gold")
    return made.convert(mode)


def coded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(image: Image.Image) -> bytes:
    """The picture lying on its side, with a note that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return coded(image.transpose(Image.Transpose.ROTATE_90), exif=exif)


def test_a_small_photo_is_served_as_it_is() -> None:
    photo = Photo("image/png", coded(picture(90, 60), "PNG"))
    assert served(photo) is photo


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_large_photo_is_served_smaller_and_the_same_every_time(kind: str) -> None:
    photo = Photo(f"image/{kind.lower()}", coded(picture(2400, 1600), kind))
    assert len(photo.content) > SERVED_BYTES
    small = served(photo)
    with Image.open(io.BytesIO(small.content)) as image:
        assert image.size == (SERVED_SIDE, round(SERVED_SIDE * 2 / 3))
        assert (image.format, small.media_type) == ("JPEG", "image/jpeg")
    assert served(photo) == small


def test_what_can_be_seen_through_stays_so() -> None:
    image = picture(2000, 1500, mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    small = served(Photo("image/png", coded(image, "PNG")))
    with Image.open(io.BytesIO(small.content)) as made:
        assert (small.media_type, made.mode) == ("image/png", "RGBA")


def test_a_photo_is_never_enlarged() -> None:
    photo = Photo("image/png", coded(picture(700, 500), "PNG", compress_level=0))
    assert len(photo.content) > SERVED_BYTES
    with Image.open(io.BytesIO(served(photo).content)) as image:
        assert image.size == (700, 500)


def test_a_photo_taken_sideways_is_served_upright_without_what_the_camera_knows() -> None:
    small = served(Photo("image/jpeg", turned(picture(300, 200))))
    with Image.open(io.BytesIO(small.content)) as image:
        assert image.size == (300, 200)
        assert not image.getexif()
    assert is_copy(small.content, coded(picture(300, 200)))


SMALLER: list[Callable[[Image.Image], bytes]] = [
    lambda image: coded(image, quality=40),
    lambda image: coded(image.resize((300, 200))),
    lambda image: coded(image.resize((96, 64)), "PNG"),
    lambda image: coded(image.resize((301, 199)), "WEBP"),
    lambda image: coded(image.resize((150, 100)), "GIF"),
    turned,
]


@pytest.mark.parametrize("make", SMALLER)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_smaller_copy_is_no_change(make: Callable[[Image.Image], bytes], seed: int) -> None:
    before = coded(picture(seed=seed), quality=95)
    after = make(picture(seed=seed))
    assert is_copy(after, before)
    fields = changed({"photo": Photo("image/jpeg", before)}, {"photo": Photo("image/jpeg", after)})
    assert fields == {}


def test_another_picture_a_cut_out_and_a_better_copy_are_changes() -> None:
    before = coded(picture())
    for image in (
        picture(seed=2),
        picture().crop((0, 0, 300, 300)),
        ImageOps.mirror(picture()),
        ImageOps.invert(picture()),
    ):
        assert not is_copy(coded(image.resize((120, 80 * image.height * 3 // image.width // 2))), before)
    assert not is_copy(coded(picture(900, 600)), before)
    assert changed({"photo": Photo("image/jpeg", before)}, {"photo": None}) == {"photo": None}


def bomb() -> bytes:
    """A PNG of a few kilobytes that claims to be 40,000 points wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (40_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\xff\xd8\xff" + bytes(300_000), bomb(), bomb() + bytes(300_000), coded(picture())[:2000],
                coded(picture(2000, 1500), "TIFF"), coded(picture(2000, 1500), "BMP")],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_left_alone(content: bytes) -> None:
    photo = Photo("image/jpeg", content)
    assert served(photo) is photo
    assert not is_copy(content, coded(picture()))
    assert not is_copy(coded(picture()), content)
