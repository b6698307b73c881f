"""Letters A to Z out of Debian's free fonts, as pictures of 64 x 64 pixels."""

import os
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Data"))
import debian  # noqa: E402

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIDE = 64

# Debian's packages (main), whose fonts are free: OFL, GPL with font exception, Apache 2.0, LPPL, Bitstream Vera's.
TRAINING = """
adf-accanthis adf-baskervald adf-berenis adf-gillius adf-ikarius adf-libris adf-mekanus adf-romande
adf-solothurn adf-switzera adf-tribun adf-universalis adf-verana allerta arapey averia-gwf averia-sans-gwf
averia-serif-gwf beteckna cabin cantarell cardo cmu comfortaa comic-neue courier-prime croscore crosextra-caladea
dejavu-core dejavu-extra dosis ebgaramond eurofurence fanwood fantasque-sans freefont-otf go goudybookletter
hack inconsolata junction jura karla lato league-spartan linuxlibertine lmodern manrope
national-park oldstandard open-sans oxygen paratype quattrocento quicksand roboto-unhinted
sil-gentium-basic stix texgyre tiresias tuffy vollkorn yanone-kaffeesatz
""".split()
# Other families, for what is held out.
HELD_OUT = """
adf-irianis anonymous-pro b612 clear-sans crosextra-carlito firacode inter jetbrains-mono liberation lindenhill
play prociono roboto-slab sora yrsa-rasa
""".split()


def fonts(folder, packages):
    """The font files of some packages, which are unpacked in a folder."""
    names = [f"fonts-{package}" for package in packages]
    debian.unpack(folder, names)
    return [path for name in names for path in debian.files(folder, name, (".ttf", ".otf"))]


def letter(font, character):
    """A letter in black on white, its capital height 44 pixels, centered; None if it does not fit."""
    left, top, right, bottom = font.getbbox(character, anchor="ls")
    if not 0 < right - left <= 60 or not 30 <= bottom - top <= 60:
        return None
    image = Image.new("L", (SIDE, SIDE), 255)
    place = ((SIDE - left - right) / 2, (SIDE - top - bottom) / 2)
    ImageDraw.Draw(image).text(place, character, fill=0, font=font, anchor="ls")
    return np.asarray(image)


def alphabet(path):
    """The letters of a font: an array of 26 x 64 x 64, or None if it lacks some."""
    try:
        large = ImageFont.truetype(path, 200)
        height = -large.getbbox("H", anchor="ls")[1]
        font = ImageFont.truetype(path, round(200 * 44 / height))
    except (OSError, ZeroDivisionError):
        return None
    pictures = [letter(font, character) for character in LETTERS]
    if any(picture is None for picture in pictures):
        return None
    return np.stack(pictures)


def letters(folder, packages):
    """All different letters of some packages: pictures (n x 64 x 64), and their letters' numbers."""
    pictures, labels, seen = [], [], set()
    for path in fonts(folder, packages):
        letters = alphabet(path)
        # Fonts of symbols or small capitals draw the same for several letters.
        if letters is None or len({picture.tobytes() for picture in letters}) < 26:
            continue
        for label, picture in enumerate(letters):
            if picture.tobytes() not in seen:
                seen.add(picture.tobytes())
                pictures.append(picture)
                labels.append(label)
    return np.stack(pictures), np.array(labels)
