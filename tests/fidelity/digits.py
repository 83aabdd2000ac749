"""Makes pictures of coloured digits from a seed, so that the experiment needs no download.

Each picture is one of ten bitmap glyphs, scaled, turned, sheared and shifted, in one random colour on another, among pieces
of other digits, strokes and noise. What is in a picture depends on the settings and NumPy's generator alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GLYPHS = """
.###. ..#.. .###. ####. ...#. ##### .###. ##### .###. .###.
#...# .##.. #...# ....# ..##. #.... #.... ....# #...# #...#
#..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#
#.#.# ..#.. ..##. .###. #..#. ....# ####. ..#.. .###. .####
##..# ..#.. .#... ....# ##### ....# #...# ..#.. #...# ....#
#...# ..#.. #.... ....# ...#. #...# #...# .#... #...# ....#
.###. .###. ##### ####. ...#. .###. .###. .#... .###. .###.
"""
CLASSES = 10


@dataclass(frozen=True)
class Settings:
    """How many pictures there are, and how hard they are to read."""

    seed: int = 2024
    train: int = 4000
    test: int = 4000
    size: int = 16
    turn: float = 0.28  # radians, either way
    shear: float = 0.22
    shift: float = 2.0  # pixels, either way
    height: tuple[float, float] = (0.6, 0.9)  # of the picture's
    contrast: tuple[float, float] = (0.1, 0.45)  # of ink and ground, in each colour channel
    neighbours: int = 1  # other digits that are cut by the border
    strokes: int = 3
    noise: float = 0.10


@dataclass(frozen=True)
class Split:
    """Pictures [n, 3, size, size] with zero mean and about unit deviation, and their classes [n]."""

    images: np.ndarray
    labels: np.ndarray


def glyphs() -> np.ndarray:
    """The ten glyphs [10, 7, 5], 1 where there is ink."""
    rows = [line.split() for line in GLYPHS.strip().splitlines()]
    return np.array([[[c == "#" for c in row[digit]] for row in rows] for digit in range(CLASSES)], dtype=np.float64)


def draw(digits: np.ndarray, center: np.ndarray, settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Ink [n, size, size] of one glyph a picture, around `center` [n, 2], each under a random linear map."""
    n, size = len(digits), settings.size
    turn = rng.uniform(-settings.turn, settings.turn, n)
    shear = rng.uniform(-settings.shear, settings.shear, n)
    pixel = rng.uniform(*settings.height, n) * size / 7  # one cell of the glyph
    pixel_x = pixel * rng.uniform(0.8, 1.25, n)
    rows, columns = np.mgrid[0:size, 0:size]
    y = rows[None] - center[:, 0, None, None]
    x = columns[None] - center[:, 1, None, None]
    cos, sin = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    # From the picture back to the glyph, whose middle is cell (3, 2).
    across = (cos * x + sin * y + shear[:, None, None] * y) / pixel_x[:, None, None] + 2
    down = (cos * y - sin * x) / pixel[:, None, None] + 3
    return sample(glyphs()[digits], down, across)


def sample(maps: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Bilinear values of `maps` [n, h, w] at positions [n, ...]; outside there is no ink."""
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1)))
    down = np.clip(down + 1, 0, padded.shape[1] - 1.001)
    across = np.clip(across + 1, 0, padded.shape[2] - 1.001)
    top, left = down.astype(int), across.astype(int)
    low, right = down - top, across - left
    which = np.arange(len(maps))[:, None, None]
    upper = padded[which, top, left] * (1 - right) + padded[which, top, left + 1] * right
    lower = padded[which, top + 1, left] * (1 - right) + padded[which, top + 1, left + 1] * right
    return upper * (1 - low) + lower * low


def stroke(n: int, settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """Ink [n, size, size] of one straight stroke a picture, of random place, direction, length and thickness."""
    size = settings.size
    middle = rng.uniform(0, size - 1, (n, 2, 1, 1))
    angle = rng.uniform(0, np.pi, (n, 1, 1))
    length = rng.uniform(1.5, 4.5, (n, 1, 1))
    rows, columns = np.mgrid[0:size, 0:size]
    y, x = rows[None] - middle[:, 0], columns[None] - middle[:, 1]
    along, beside = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    return np.clip(length + 0.5 - abs(along), 0, 1) * np.clip(rng.uniform(0.8, 1.2, (n, 1, 1)) - abs(beside), 0, 1)


def paint(canvas: np.ndarray, ink: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """The canvas [n, 3, size, size] with ink [n, size, size] of one colour [n, 3] a picture laid over it."""
    return canvas + ink[:, None] * (colour[:, :, None, None] - canvas)


def colours(n: int, settings: Settings, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A ground and a lighter ink [n, 3] a picture."""
    ground = rng.uniform(0, 0.5, (n, 3))
    return ground, ground + rng.uniform(*settings.contrast, (n, 3))


def split(n: int, settings: Settings, rng: np.random.Generator) -> Split:
    """`n` pictures, whose classes are as even as can be."""
    labels = rng.permutation(np.arange(n) % CLASSES)
    ground, ink = colours(n, settings, rng)
    middle = (settings.size - 1) / 2
    canvas = np.broadcast_to(ground[:, :, None, None], (n, 3, settings.size, settings.size))
    for _ in range(settings.neighbours):
        # On a circle that is about as wide as the picture, so that only parts are seen.
        angle = rng.uniform(0, 2 * np.pi, n)
        beside = middle + settings.size * 0.65 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
        canvas = paint(canvas, draw(rng.integers(0, CLASSES, n), beside, settings, rng), rng.uniform(0, 1, (n, 3)))
    center = middle + rng.uniform(-settings.shift, settings.shift, (n, 2))
    canvas = paint(canvas, draw(labels, center, settings, rng), ink)
    for _ in range(settings.strokes):
        canvas = paint(canvas, stroke(n, settings, rng), rng.uniform(0, 1, (n, 3)))
    canvas = canvas + rng.normal(0, settings.noise, canvas.shape)
    # Rounded to bytes, as pictures are: a last bit that a library's sine differs in is then not seen.
    pixels = np.round(np.clip(canvas, 0, 1) * 255).astype(np.uint8)
    return Split((pixels.astype(np.float32) / 255 - 0.5) / 0.3, labels.astype(np.int64))


def make(settings: Settings) -> tuple[Split, Split]:
    """The pictures to train on and those to test on. The test does not depend on how many are trained on."""
    train, test = (np.random.default_rng([settings.seed, part]) for part in range(2))
    return split(settings.train, settings, train), split(settings.test, settings, test)
