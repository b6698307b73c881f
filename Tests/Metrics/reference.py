#!/usr/bin/env python3
"""Prints the figures of Tests/VAEZipTests/Metrics: what references say of the pairs in DistortedPair.swift.

Needs `pip install psnr-hvsm==0.3.0 pillow numpy`. Figures of libjxl's tools butteraugli_main and ssimulacra2 are printed
where these are in the PATH, or named by BUTTERAUGLI and SSIMULACRA2.
"""

import os
import shutil
import subprocess
import tempfile

import numpy as np
from PIL import Image
from psnr_hvsm import psnr_hvs_hvsm

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
    (5, 40, 3, "noise", 9),
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


def luma(pixels):
    pixels = pixels.astype(np.float64)
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels @ np.array([0.299, 0.587, 0.114])


def luma_figures(a, b):
    a, b = luma(a), luma(b)
    psnr_y = 10 * np.log10(255**2 / ((a - b) ** 2).mean())
    height, width = a.shape[0] // 8 * 8, a.shape[1] // 8 * 8
    if min(height, width) < 8:
        return f"psnr_y {psnr_y:.4f}"
    blocks = [np.ascontiguousarray(plane[:height, :width]) / 255 for plane in (a, b)]
    return f"psnr_y {psnr_y:.4f} psnr_hvs_m {float(psnr_hvs_hvsm(*blocks)[1]):.4f}"


def tool(name, variable, paths):
    program = os.environ.get(variable) or shutil.which(name)
    if not program:
        return ""
    # ssimulacra2 refuses sides below 8 pixels.
    output = subprocess.run([program, *paths], capture_output=True, text=True).stdout
    return f"{name}: " + " ".join(output.split())


with tempfile.TemporaryDirectory() as folder:
    for arguments in PAIRS:
        paths = []
        pictures = pair(*arguments)
        for index, pixels in enumerate(pictures):
            paths.append(os.path.join(folder, f"{index}.png"))
            Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(paths[-1])
        figures = [
            luma_figures(*pictures),
            tool("ssimulacra2", "SSIMULACRA2", paths),
            tool("butteraugli_main", "BUTTERAUGLI", paths),
        ]
        print(arguments, *figures)
