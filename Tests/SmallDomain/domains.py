"""Pictures of 64 x 64 pixels of one kind, and the training of a small model on them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from typing import NamedTuple

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import letters

# Options of `vaezip train`. Lambda is far below that of codecs, so that a picture's code has some 20 bits for what it shows and
# 60 for how. Hyper-latents, one position for 64 x 64 pixels, then say what the picture shows.
NETWORKS = {
    "digits": {"transformWidth": 32, "hyperWidth": 32, "priorWidth": 64, "contextWidth": 32},
    "letters": {"transformWidth": 64, "hyperWidth": 64, "priorWidth": 96, "contextWidth": 64},
}
COMMON = {"latentWidth": 32, "analysisBlocks": 1, "hyperAnalysisBlocks": 1, "priorBlocks": 2, "contextBlocks": 1,
          "synthesisBlocks": 2, "lambdas": [0.00005, 0.0002]}  # fmt: skip
STEPS = {"digits": "5000", "letters": "6000"}
TRAINING = "--crop 64 --batch 16 --rate 0.002 --average 300 -T 1".split()


class Domain(NamedTuple):
    """Pictures and labels to learn from, and others that are held out."""

    known: tuple
    held_out: tuple
    # Held out at random from the pictures to learn from; None where held_out is that.
    like_known: tuple | None = None


def digits(_=None):
    """scikit-learn's 1,797 handwritten digits (BSD), 8 x 8 pixels enlarged to 64 x 64, in two halves."""
    pixels, labels = load_digits(return_X_y=True)
    pictures = np.stack([
        np.asarray(Image.fromarray((picture * 255 / 16).astype(np.uint8)).resize((64, 64), Image.BICUBIC))
        for picture in pixels.reshape(-1, 8, 8)
    ])  # fmt: skip
    held_out, known = digit_halves()
    return Domain((pictures[known], labels[known]), (pictures[held_out], labels[held_out]))


def digit_halves():
    """Places of the digits that are held out, and of those to learn from."""
    order = np.random.default_rng(2026).permutation(1797)
    return order[:898], order[898:]


def alphabets(folder):
    """Letters of Debian's fonts, 1,000 of other families, and 700 of the same ones."""
    pictures, labels = letters.letters(folder, letters.TRAINING)
    order = np.random.default_rng(5).permutation(len(pictures))
    others, other_labels = letters.letters(folder, letters.HELD_OUT)
    some = np.random.default_rng(3).permutation(len(others))[:1000]

    def part(chosen):
        return pictures[chosen], labels[chosen]

    return Domain(part(order[700:]), (others[some], other_labels[some]), part(order[:700]))


DOMAINS = {"digits": digits, "letters": alphabets}


def train(vaezip, place, model, domain, steps=None, lambdas=None, posterior="uniform"):
    """Trains a model on a folder of pictures."""
    network = {**COMMON, **NETWORKS[domain], **({"lambdas": lambdas} if lambdas else {})}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(network, file)
        file.flush()
        command = [vaezip, "train", place, "--out", model, "--network", file.name, "--steps", steps or STEPS[domain]]
        subprocess.run(command + TRAINING + ["--no-flips", "--posterior", posterior], check=True)
