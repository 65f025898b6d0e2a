"""Photos as a phone's camera makes them: 12 megapixels, with the camera's name and the place in EXIF."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

from PIL import ExifTags, Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 4000, 3000
PLACE = (115.8718283, 28.6932555)  # lng, lat: in grid 360102002001001 of the demo city
CAMERA, SERIAL = "Pretend Camera Works", "SN-20261120-7"


def _dms(degrees: float) -> tuple[Fraction, Fraction, Fraction]:
    minutes = degrees % 1 * 60
    return Fraction(int(degrees)), Fraction(int(minutes)), Fraction(round(minutes % 1 * 60 * 10000), 10000)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CAMERA
    exif[ExifTags.Base.BodySerialNumber] = SERIAL
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: _dms(PLACE[1]),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: _dms(PLACE[0]),
        }
    )
    return exif


@lru_cache
def street(lit: bool) -> bytes:
    """A street at dusk whose one lamp is dark, or lit."""
    sky = Image.linear_gradient("L").resize((1000, 750))
    scene = Image.composite(Image.new("RGB", sky.size, (214, 150, 118)), Image.new("RGB", sky.size, (34, 44, 82)), sky)
    draw = ImageDraw.Draw(scene)
    for left, top, width in ((0, 330, 170), (150, 270, 150), (300, 380, 160), (700, 300, 140), (830, 350, 170)):
        draw.rectangle((left, top, left + width, 620), fill=(30, 34, 48))
        for x in range(left + 18, left + width - 22, 34):
            for y in range(top + 24, 600, 44):
                glow = (x * 7 + y * 3) % 5 == 0
                draw.rectangle((x, y, x + 15, y + 20), fill=(226, 190, 110) if glow else (46, 52, 70))
    draw.polygon(((0, 750), (0, 640), (1000, 610), (1000, 750)), fill=(52, 54, 60))
    for x in range(40, 1000, 180):
        draw.polygon(((x, 690), (x + 90, 687), (x + 96, 697), (x, 700)), fill=(190, 186, 170))
    if lit:
        light = Image.new("L", scene.size)
        ImageDraw.Draw(light).polygon(((468, 172), (532, 172), (720, 700), (280, 700)), fill=120)
        ImageDraw.Draw(light).ellipse((420, 100, 580, 260), fill=190)
        light = light.filter(ImageFilter.GaussianBlur(28))
        scene.paste((255, 226, 150), mask=light)
        draw = ImageDraw.Draw(scene)
    draw.rectangle((590, 170, 602, 660), fill=(70, 74, 82))
    draw.line(((596, 176), (500, 160)), fill=(70, 74, 82), width=9)
    draw.ellipse((470, 150, 530, 180), fill=(255, 246, 210) if lit else (84, 86, 92))
    file = io.BytesIO()
    scene.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90, exif=_exif())
    return file.getvalue()


def upload(lit: bool) -> dict[str, object]:
    """The photo as a file chooser hands it over."""
    return {"name": "IMG_2026.jpg", "mimeType": "image/jpeg", "buffer": street(lit)}
