"""Synthetic defects on the textures that scikit-image ships, and damaged photographs: the same pixels each time.

Every texture's left half is normal. Its right half gets defects, each in a picture of its own with a mask. The textures
are split: those of CHOOSING were looked at while the score was designed, those of TESTING were not. None of the
photographs was looked at. They are split, too: no photograph has squares both among those that are fitted and among those that
are scored.
"""

import io
import os
import sys

import numpy as np
import skimage.data
from PIL import Image
from scipy import ndimage

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Data"))
import debian  # noqa: E402

CHOOSING = ["brick", "hubble"]
TESTING = ["grass", "gravel", "ihc"]
KINDS = ["swap", "rotate", "blur", "noise", "blob", "scratch"]
DEFECTS = 12  # of each kind and texture

FOLDER = os.path.join(os.path.dirname(skimage.data.__file__), "")


def load(name):
    file = {"hubble": "hubble_deep_field.jpg"}.get(name, name + ".png")
    image = Image.open(FOLDER + file)
    image = image.convert("L") if image.mode in ("L", "1", "I") else image.convert("RGB")
    pixels = np.asarray(image)[:512, :512]
    return pixels if pixels.ndim == 3 else pixels[..., None].repeat(3, axis=2)


def patch_mask(rng, height, width):
    """A disc or a rectangle of 40 to 72 pixels, away from the border."""
    size = rng.integers(40, 73, 2)
    y, x = rng.integers(8, height - size[0] - 8), rng.integers(8, width - size[1] - 8)
    mask = np.zeros((height, width), bool)
    if rng.integers(2):
        yy, xx = np.mgrid[: size[0], : size[1]]
        disc = ((yy / (size[0] - 1) - 0.5) ** 2 + (xx / (size[1] - 1) - 0.5) ** 2) <= 0.25
        mask[y : y + size[0], x : x + size[1]] = disc
    else:
        mask[y : y + size[0], x : x + size[1]] = True
    return mask


def defect(kind, pixels, other, rng):
    """The picture with a defect, and where it is."""
    height, width = pixels.shape[:2]
    mask = patch_mask(rng, height, width)
    image = pixels.astype(float)
    if kind == "swap":  # another texture with this one's mean and deviation
        top, left = rng.integers(0, other.shape[0] - height + 1), rng.integers(0, other.shape[1] - width + 1)
        part = other[top : top + height, left : left + width].astype(float)
        inside, there = image[mask], part[mask]
        changed = (part - there.mean()) / max(there.std(), 1) * inside.std() + inside.mean()
    elif kind == "rotate":  # the texture itself, by 90 degrees
        changed = np.rot90(image[:width, :width])
        changed = np.vstack([changed, np.rot90(image[-width:, :width])])[:height]
    elif kind == "blur":
        changed = ndimage.gaussian_filter(image, (1.5, 1.5, 0))
    elif kind == "noise":
        changed = image + rng.normal(0, 12, (height, width, 1))
    elif kind == "blob":  # a smooth spot, lighter or darker
        soft = ndimage.gaussian_filter(mask.astype(float), 6)[..., None]
        changed = image * (1 - 0.8 * soft) + 0.8 * soft * (image[mask].mean() + rng.choice([-50, 50]))
        return np.clip(changed.round(), 0, 255).astype(np.uint8), mask
    else:  # a scratch: a bent line three pixels wide
        yy, xx = np.nonzero(mask)
        line = np.zeros((height, width))
        t = np.linspace(0, 1, 400)
        bend = rng.uniform(-12, 12)
        ys = yy.min() + (yy.max() - yy.min()) * t + bend * np.sin(np.pi * t)
        xs = xx.min() + (xx.max() - xx.min()) * t - bend * np.sin(np.pi * t)
        line[np.clip(ys.round().astype(int), 0, height - 1), np.clip(xs.round().astype(int), 0, width - 1)] = 1
        mask = ndimage.binary_dilation(line > 0, iterations=1)
        changed = image + rng.choice([-60, 60])
    image[mask] = changed[mask]
    return np.clip(image.round(), 0, 255).astype(np.uint8), mask


def textures(folder, names):
    """Writes NAME/normal/*.png, NAME/defects/KIND-i.png and NAME/masks/KIND-i.png."""
    rng = np.random.default_rng(20261126)
    loaded = {name: load(name) for name in CHOOSING + TESTING}
    for name in CHOOSING + TESTING:
        pixels = loaded[name]
        left, right = pixels[:, :256], pixels[:, 256:]
        others = [key for key in loaded if key != name]
        place = os.path.join(folder, name)
        for part in ("normal", "defects", "masks"):
            os.makedirs(os.path.join(place, part), exist_ok=True)
        for index, (y, x) in enumerate((y, x) for y in (0, 256) for x in (0,)):
            save(left[y : y + 256, x : x + 256], place, "normal", f"{index}.png")
        for kind in KINDS:
            for index in range(DEFECTS):
                other = loaded[others[rng.integers(len(others))]]
                image, mask = defect(kind, right, other, rng)
                save(image, place, "defects", f"{kind}-{index}.png")
                save(mask.astype(np.uint8) * 255, place, "masks", f"{kind}-{index}.png")


def save(pixels, *path):
    Image.fromarray(pixels).save(os.path.join(*path))


def squares(pixels, count=4):
    """Squares of 256 pixels that do not overlap, but for those that are nearly flat; at most some, evenly spread."""
    height, width = pixels.shape[:2]
    found = [pixels[y : y + 256, x : x + 256] for y in range(0, height - 255, 256) for x in range(0, width - 255, 256)]
    found = [square for square in found if square.std() > 15]
    return found[:: max(-(-len(found) // count), 1)]


def damaged(kind, pixels, rng):
    if kind == "noise":
        changed = pixels + rng.normal(0, 10, pixels.shape)
    elif kind == "shuffle":  # blocks of 16 x 16
        blocks = pixels.reshape(16, 16, 16, 16, 3).swapaxes(1, 2).reshape(256, 16, 16, 3)[rng.permutation(256)]
        changed = blocks.reshape(16, 16, 16, 16, 3).swapaxes(1, 2).reshape(256, 256, 3)
    elif kind == "jpeg":
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=20)
        changed = np.asarray(Image.open(file))
    elif kind == "blur":
        changed = ndimage.gaussian_filter(pixels.astype(float), (1.5, 1.5, 0))
    else:
        changed = pixels
    return np.clip(np.round(changed), 0, 255).astype(np.uint8)


def photographs(folder, packages):
    """Writes fit/*.png, squares of every second photograph, and KIND/*.png, those of the others normal and damaged."""
    rng = np.random.default_rng(20261126)
    for number, (name, pixels) in enumerate(debian.photographs(packages, 512)):
        for index, square in enumerate(squares(pixels)):
            kinds = ["normal", "noise", "shuffle", "jpeg", "blur"] if number % 2 else ["fit"]
            for kind in kinds:
                os.makedirs(os.path.join(folder, kind), exist_ok=True)
                save(damaged(kind, square, rng), folder, kind, f"{kind}-{name}-{index}.png")
