"""Networks trained by this engine, to look into: one LSTM layer and a readout each, with the recipes they come from.

    recall 50     8 units    says at step 51 which sign the marked first step had      y > 0 is the answer
    recall 200    8 units    the same at step 201                                      y > 0 is the answer
    adding        16 units   adds two marked numbers of 100                            y is 0.5 + (X1 + X2) / 4
    characters    48 units   predicts the next character of a cumulative rhyme         softmax of y over ALPHABET

`python -m engine.trained` trains all of them anew and writes the files; names after it choose some. The tasks are those
of `engine.tasks`, training is `engine.training`, and `engine.trained.recipes` holds every number that went into it.
"""

from pathlib import Path

from engine import _validate, weights

NAMES = ("recall 50", "recall 200", "adding", "characters")


def path(name):
    """The file of a network, one of NAMES, as `engine.weights` reads it. Raises ValueError for another name."""
    return Path(__file__).with_name(f"{_validate.choice('name', name, NAMES).replace(' ', '_')}.npz")


def load(name):
    """The engine.network.Network of that name, one of NAMES. Raises ValueError for another name."""
    return weights.load(path(name))
