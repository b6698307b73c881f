"""Files of Debian packages, which are unpacked into a folder and not installed, and photographs out of them."""

import os
import subprocess

import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image

# Photographs under CC BY-SA 3.0, CC BY 4.0 and GPL-2+; the packages' copyright files name their authors. The built-in model
# has learned from 22 of them (Formats/Models/pictures.tsv).
PACKAGES = {
    "lomiri-wallpapers-16.04": """Bridge_by_Sander_Klootwijk Dragonfly_by_Bolly Picture_0B_by_freespace
        Picture_1A_by_freespace Wine_by_Jakkub_Mede aitzgorri_by_Aitzol_Berasategi free_by_Peter_Nerlich
        friends_by_Aitzol_Berasategi greentock_by_Peter_Nerlich life_by_Aitzol_Berasategi
        picosdeeuropa_by_Aitzol_Berasategi seeding_by_Clements_Engelhardt sunset_by_Aitzol_Berasategi""",
    "lomiri-wallpapers-20.04": "Kleiber_by_Lukas_Baubkus",
    "mate-backgrounds": """Aqua Blinds Dune FreshFlower Garden GreenMeadow LadyBird RainDrops Storm TwoWings Wood
        YellowFlower""",
}
# Those that scikit-image and scikit-learn ship. The built-in model has not seen them.
SHIPPED = """astronaut.png chelsea.png coffee.png motorcycle_left.png rocket.jpg retina.jpg camera.png china.jpg
    flower.jpg""".split()


def unpack(folder, names):
    """Downloads packages and unpacks each into a folder of its name, unless it is there."""
    os.makedirs(folder, exist_ok=True)
    missing = [name for name in names if not os.path.isdir(os.path.join(folder, name))]
    if missing:
        subprocess.run(["apt-get", "download", "-q", *missing], cwd=folder, check=True, capture_output=True)
    for name in missing:
        archive = next(entry for entry in os.listdir(folder) if entry.startswith(name + "_"))
        subprocess.run(["dpkg-deb", "-x", archive, name], cwd=folder, check=True)
        os.remove(os.path.join(folder, archive))


def files(folder, name, extensions):
    """The files of an unpacked package, without links."""
    paths = [
        os.path.join(place, file)
        for place, _, entries in os.walk(os.path.join(folder, name))
        for file in entries
        if file.lower().endswith(extensions)
    ]
    return sorted(path for path in paths if not os.path.islink(path))


def smaller(image, side):
    """RGB, reduced by a whole factor so that the shorter side has at least `side` pixels, and not much more."""
    return image.convert("RGB").reduce(max(min(image.size) // side, 1))


def photographs(folder, side):
    """Name and pixels of 35 photographs, reduced to a shorter side of some `side` pixels (or less, if they have no more)."""
    unpack(folder, PACKAGES)
    for package, names in PACKAGES.items():
        for path in files(folder, package, (".jpg",)):
            name = os.path.basename(path)[:-4]
            if name in names.split():
                yield name, np.asarray(smaller(Image.open(path), side))
    for name in SHIPPED:
        module = sklearn.datasets if name in ("china.jpg", "flower.jpg") else skimage.data
        place = os.path.join(os.path.dirname(module.__file__), "images" if module is sklearn.datasets else "")
        yield name[:-4], np.asarray(smaller(Image.open(os.path.join(place, name)), side))
