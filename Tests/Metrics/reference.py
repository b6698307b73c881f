#!/usr/bin/env python3
"""Prints the figures of Tests/VAEZipTests/SSIMULACRA2Tests.swift: what the reference says of its pairs.

Needs `pip install ssimulacra2==0.3.0 pillow numpy scipy`.
"""

import os
import tempfile

import numpy as np
from PIL import Image
from ssimulacra2 import compute_ssimulacra2

PAIRS = [
    (320, 240, 3, "noise", 1),
    (320, 240, 3, "noise", 8),
    (320, 240, 3, "noise", 60),
    (320, 240, 3, "steps", 24),
    (320, 240, 3, "blocks", 3),
    (257, 391, 3, "noise", 5),
    (300, 260, 1, "steps", 12),
    (100, 77, 3, "noise", 6),
    (17, 300, 3, "noise", 9),
    (8, 9, 3, "noise", 9),
]


def pair(width, height, channels, kind, strength):
    x = np.arange(width)[None, :, None]
    y = np.arange(height)[:, None, None]
    c = np.arange(channels)[None, None, :]
    a = (x * (c + 1) + 2 * y) % 200 + (x * x + 3 * y * y) // 64 % 40 + (x // 13 * 7 + y // 9 * 5 + c * 3) % 16
    if kind == "noise":
        b = a + (x * 7 + y * 13 + c * 5 + x * y) % (2 * strength + 1) - strength
    elif kind == "steps":
        b = a // strength * strength + strength // 2
    else:
        b = a[np.arange(height) // strength * strength][:, np.arange(width) // strength * strength]
    return a.astype(np.uint8), np.clip(b, 0, 255).astype(np.uint8)


with tempfile.TemporaryDirectory() as folder:
    for arguments in PAIRS:
        paths = []
        for index, pixels in enumerate(pair(*arguments)):
            paths.append(os.path.join(folder, f"{index}.png"))
            Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(paths[-1])
        print(arguments, f"{compute_ssimulacra2(*paths):.4f}")
