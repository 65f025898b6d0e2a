"""Photos for the pictures of the guides, drawn: a demonstration must not show anybody's street or face."""

from __future__ import annotations

import math
import random
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = (1200, 900)
Colour = tuple[int, int, int]


def _chance(seed: int) -> random.Random:
    """The same chance each time, so that a picture taken again shows the same photo."""
    return random.Random(seed)  # noqa: S311 - nothing secret


def _gradient(stops: list[tuple[float, Colour]], size: tuple[int, int] = SIZE) -> Image.Image:
    """A vertical gradient through (place from 0 to 1, colour) stops."""
    column = Image.new("RGB", (1, size[1]))
    for y in range(size[1]):
        at = y / (size[1] - 1)
        (a, low), (b, high) = next((pair for pair in pairwise(stops) if at <= pair[1][0]), tuple(stops[-2:]))
        share = min(1.0, max(0.0, (at - a) / (b - a)))
        column.putpixel((0, y), tuple(round(p + (q - p) * share) for p, q in zip(low, high, strict=True)))
    return column.resize(size)


def _glow(picture: Image.Image, centre: tuple[float, float], radius: int, colour: Colour) -> Image.Image:
    """Light added around a point, fading to nothing at the radius (pixels)."""
    lamp = Image.new("RGB", picture.size)
    ImageDraw.Draw(lamp).ellipse(_box(centre, radius * 0.45), fill=colour)
    return ImageChops.add(picture, lamp.filter(ImageFilter.GaussianBlur(radius * 0.3)))


def _box(centre: tuple[float, float], radius: float, flat: float = 1.0) -> tuple[float, float, float, float]:
    x, y = centre
    return x - radius, y - radius * flat, x + radius, y + radius * flat


def _texture(picture: Image.Image, strength: float) -> Image.Image:
    """Grain, as of asphalt or a small sensor."""
    grain = Image.effect_noise(picture.size, 64).convert("RGB")
    return Image.blend(picture, ImageChops.overlay(picture, grain), strength)


def _blob(chance: random.Random, centre: tuple[float, float], radius: float, flat: float) -> list[tuple[float, float]]:
    """An uneven closed outline around a point."""
    x, y = centre
    waves = [(chance.uniform(0.14, 0.3) / n, n, chance.uniform(0, 6.28)) for n in (2, 3, 5, 7, 11)]
    outline = []
    for step in range(120):
        turn = step / 120 * 2 * math.pi
        far = radius * (1 + sum(height * math.sin(n * turn + shift) for height, n, shift in waves))
        outline.append((x + far * math.cos(turn), y + far * flat * math.sin(turn)))
    return outline


def _finish(picture: Image.Image) -> bytes:
    """The JPEG, a little softer and darker at its corners, as a phone's lens has it."""
    shade = Image.radial_gradient("L").resize(picture.size).point([255 - max(0, v - 150) // 2 for v in range(256)])
    dim = ImageChops.multiply(picture, Image.merge("RGB", [shade] * 3)).filter(ImageFilter.GaussianBlur(0.8))
    out = BytesIO()
    _texture(dim, 0.06).save(out, "JPEG", quality=88)
    return out.getvalue()


def street_lamp(lit: bool, seed: int = 7) -> bytes:
    """A street after sunset; the nearest of its lamps is out, or works again."""
    chance = _chance(seed)
    picture = _gradient(
        [(0, (28, 36, 78)), (0.38, (92, 74, 118)), (0.56, (232, 142, 96)), (0.62, (58, 48, 62)), (1, (34, 34, 42))]
    )
    pen = ImageDraw.Draw(picture)
    for x in range(0, 1200, 95):
        top = 540 - chance.randint(60, 300)
        pen.rectangle((x, top, x + 95, 545), fill=(38, 36, 56))
        for wx in range(x + 12, x + 84, 24):
            for wy in range(top + 18, 520, 32):
                if chance.random() < 0.22:
                    pen.rectangle((wx, wy, wx + 11, wy + 15), fill=(244, 206, 132))
    pen.polygon([(0, 900), (0, 720), (560, 545), (640, 545), (1200, 840), (1200, 900)], fill=(46, 46, 54))
    pen.polygon([(0, 720), (560, 545), (0, 610)], fill=(70, 66, 74))
    for near in range(7):
        y, width = 560 + near**2 * 9, 3 + near * 2.2
        pen.polygon(
            [
                (600 + near * 12, y),
                (600 + near * 12 + width, y),
                (612 + near * 15 + width * 1.4, y + 6 + near * 5),
                (612 + near * 15, y + 6 + near * 5),
            ],
            fill=(208, 204, 188),
        )
    for x, y, scale in ((250, 700, 1.0), (420, 612, 0.52), (500, 578, 0.3), (540, 560, 0.18)):
        tall, arm, thick = 560 * scale, 120 * scale, max(2, round(15 * scale))
        pen.line(
            [(x, y), (x, y - tall), (x + arm, y - tall - 34 * scale)], fill=(18, 20, 28), width=thick, joint="curve"
        )
        pen.ellipse(_box((x + arm, y - tall - 30 * scale), 34 * scale, 0.36), fill=(24, 26, 32))
        if lit or scale < 1:
            picture = _glow(picture, (x + arm, y - tall - 24 * scale), round(190 * scale), (255, 214, 150))
            pen = ImageDraw.Draw(picture)
            pen.ellipse(_box((x + arm, y - tall - 24 * scale), 26 * scale, 0.3), fill=(255, 246, 220))
    if lit:
        picture = _glow(picture, (420, 790), 430, (92, 74, 44))
    return _finish(picture)


def pothole(mended: bool, seed: int = 11) -> bytes:
    """A hole in a road with water in it, or the fresh patch in its place."""
    chance = _chance(seed)
    picture = _texture(_gradient([(0, (150, 152, 152)), (0.5, (122, 123, 124)), (1, (98, 99, 101))]), 0.5)
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 0), (1200, 0), (1200, 120), (0, 205)], fill=(166, 160, 148))
    pen.polygon([(0, 205), (1200, 120), (1200, 150), (0, 245)], fill=(196, 192, 182))
    pen.polygon([(860, 900), (1010, 900), (960, 330), (905, 330)], fill=(222, 220, 208))
    if mended:
        pen.polygon([(265, 380), (735, 345), (835, 700), (205, 745)], fill=(54, 55, 58))
        picture = _texture(picture, 0.35)
        ImageDraw.Draw(picture).line(
            [(265, 380), (735, 345), (835, 700), (205, 745), (265, 380)], fill=(38, 38, 41), width=9, joint="curve"
        )
        return _finish(picture)
    for _ in range(9):
        x, y, turn = 500.0, 560.0, chance.uniform(0, 6.28)
        line = [(x, y)]
        for _ in range(chance.randint(9, 14)):
            turn += chance.uniform(-0.5, 0.5)
            x, y = x + 34 * math.cos(turn), y + 20 * math.sin(turn)
            line.append((x, y))
        pen.line(line, fill=(62, 62, 64), width=chance.randint(3, 6), joint="curve")
    for radius, colour in ((255, (84, 80, 74)), (228, (58, 54, 50)), (196, (40, 38, 37))):
        pen.polygon(_blob(_chance(seed), (500, 560), radius, 0.52), fill=colour)
    water = Image.new("L", SIZE)
    ImageDraw.Draw(water).polygon(_blob(_chance(seed), (505, 580), 150, 0.42), fill=235)
    sky = _gradient([(0, (70, 76, 80)), (0.6, (96, 108, 118)), (0.72, (188, 204, 214)), (1, (120, 130, 138))])
    picture.paste(sky, mask=water.filter(ImageFilter.GaussianBlur(3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(70):
        turn, far = chance.uniform(0, 6.28), chance.uniform(235, 350)
        grit = chance.uniform(3, 11)
        pen.ellipse(
            _box((500 + far * math.cos(turn), 560 + far * 0.5 * math.sin(turn)), grit, 0.7),
            fill=(chance.randint(70, 120),) * 3,
        )
    return _finish(picture)


def rubbish(seed: int = 5) -> bytes:
    """Bags and boxes left beside a full bin, at a wall."""
    chance = _chance(seed)
    picture = _gradient([(0, (214, 202, 180)), (0.58, (196, 184, 162)), (0.6, (150, 148, 144)), (1, (118, 117, 114))])
    pen = ImageDraw.Draw(picture)
    for row in range(9):
        for column in range(-1, 10):
            x, y = column * 140 + (row % 2) * 70, row * 60
            pen.rectangle((x, y, x + 136, y + 56), outline=(176, 162, 140), width=3)
    pen.rounded_rectangle((690, 250, 990, 690), 22, fill=(40, 112, 78))
    pen.polygon([(670, 250), (1010, 250), (985, 170), (715, 190)], fill=(30, 92, 62))
    pen.rectangle((730, 330, 950, 345), fill=(28, 84, 58))
    pen.ellipse(_box((745, 700), 36), fill=(30, 30, 32))
    pen.ellipse(_box((935, 700), 36), fill=(30, 30, 32))
    pen.polygon([(90, 520), (330, 500), (350, 700), (110, 730)], fill=(178, 134, 84))
    pen.polygon([(90, 520), (330, 500), (280, 450), (130, 462)], fill=(204, 160, 106))
    for x, y, radius, colour in (
        (420, 640, 140, (34, 36, 40)),
        (600, 680, 110, (206, 208, 210)),
        (300, 730, 120, (48, 52, 60)),
        (520, 770, 100, (178, 52, 48)),
    ):
        pen.polygon(_blob(chance, (x, y), radius, 0.82), fill=colour)
        light = tuple(min(255, part + 46) for part in colour)
        pen.line([(x - radius * 0.4, y - radius * 0.3), (x - radius * 0.1, y + radius * 0.2)], fill=light, width=9)
        pen.line([(x + radius * 0.2, y - radius * 0.45), (x + radius * 0.36, y)], fill=light, width=7)
        pen.polygon(
            [
                (x - 26, y - radius * 0.92),
                (x + 26, y - radius * 0.92),
                (x + 9, y - radius * 0.66),
                (x - 9, y - radius * 0.66),
            ],
            fill=colour,
        )
    return _finish(_texture(picture, 0.12))


def parked_car(seed: int = 3) -> bytes:
    """A car on the pavement, over the ribbed tiles that the blind follow."""
    picture = _gradient([(0, (188, 212, 226)), (0.34, (224, 232, 234)), (0.36, (188, 180, 170)), (1, (164, 156, 146))])
    pen = ImageDraw.Draw(picture)
    for x, tall, colour in (
        (-20, 260, (168, 148, 126)),
        (330, 300, (196, 190, 180)),
        (720, 240, (154, 166, 172)),
        (1000, 290, (182, 160, 140)),
    ):
        pen.rectangle((x, 330 - tall, x + 320, 345), fill=colour)
        for wx in range(x + 30, x + 300, 70):
            for wy in range(350 - tall, 270, 66):
                pen.rectangle((wx, wy, wx + 38, wy + 42), fill=(108, 126, 138))
    for x in range(-400, 1600, 90):
        pen.line([(600 + (x - 600) * 0.35, 345), (x, 900)], fill=(148, 140, 130), width=3)
    for y in (390, 450, 535, 650, 800):
        pen.line([(0, y), (1200, y)], fill=(148, 140, 130), width=3)
    pen.polygon([(545, 345), (610, 345), (720, 900), (500, 900)], fill=(222, 178, 62))
    for row in range(14):
        y = 352 + row**2 * 2.9
        pen.line([(540, y), (640 + row * 5, y)], fill=(196, 152, 46), width=2 + row // 3)
    shadow = Image.new("L", SIZE)
    ImageDraw.Draw(shadow).ellipse((170, 640, 1050, 760), fill=150)
    picture.paste((60, 56, 52), mask=shadow.filter(ImageFilter.GaussianBlur(18)))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((180, 500, 1040, 700), 64, fill=(226, 230, 232))
    pen.polygon([(330, 510), (440, 380), (800, 380), (910, 510)], fill=(216, 220, 224))
    pen.polygon([(372, 500), (458, 400), (606, 400), (606, 500)], fill=(62, 78, 90))
    pen.polygon([(626, 500), (626, 400), (784, 400), (864, 500)], fill=(62, 78, 90))
    pen.rectangle((180, 610, 1040, 622), fill=(196, 200, 204))
    pen.rounded_rectangle((985, 540, 1036, 580), 12, fill=(196, 44, 40))
    pen.rounded_rectangle((184, 540, 240, 580), 12, fill=(250, 244, 214))
    for x in (350, 860):
        pen.ellipse(_box((x, 690), 82), fill=(32, 33, 36))
        pen.ellipse(_box((x, 690), 44), fill=(168, 172, 176))
        pen.ellipse(_box((x, 690), 14), fill=(96, 98, 102))
    return _finish(_texture(picture, 0.1))


def puddle(seed: int = 9) -> bytes:
    """Water that stands on a lane between houses and mirrors the sky."""
    chance = _chance(seed)
    picture = _gradient([(0, (176, 190, 200)), (0.3, (206, 212, 214)), (0.42, (132, 134, 136)), (1, (100, 102, 106))])
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 0), (430, 180), (430, 390), (0, 560)], fill=(170, 150, 128))
    pen.polygon([(1200, 0), (760, 180), (760, 390), (1200, 560)], fill=(150, 140, 132))
    for step in range(4):
        x = 40 + step * 100
        pen.polygon(
            [(x, 150 + step * 34), (x + 54, 168 + step * 34), (x + 54, 300 + step * 12), (x, 308 + step * 12)],
            fill=(92, 104, 112),
        )
        x = 1160 - step * 100
        pen.polygon(
            [(x, 150 + step * 34), (x - 54, 168 + step * 34), (x - 54, 300 + step * 12), (x, 308 + step * 12)],
            fill=(84, 98, 108),
        )
    picture = _texture(picture, 0.3)
    mirror = _gradient([(0, (150, 164, 176)), (0.55, (196, 208, 216)), (0.8, (138, 152, 164)), (1, (104, 116, 126))])
    edge = Image.new("L", SIZE)
    ImageDraw.Draw(edge).polygon(_blob(chance, (600, 680), 430, 0.36), fill=240)
    picture.paste(mirror, mask=edge.filter(ImageFilter.GaussianBlur(5)))
    pen = ImageDraw.Draw(picture)
    for far in range(5):
        pen.arc(_box((690, 690), 40 + far * 36, 0.3), 200, 520, fill=(222, 230, 236), width=3)
    return _finish(picture)
