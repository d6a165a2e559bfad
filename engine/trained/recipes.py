"""How the networks of `engine.trained` were trained: tasks, sizes, seeds, rates, numbers of updates.

A recipe is a row of phases, each with its own task and a fresh optimizer: a short lag or short excerpts come first,
since what is learned there carries over and costs less. The gradient is clipped and followed by Adam throughout.
"""

import functools
from typing import NamedTuple

import numpy as np

from engine import tasks, training

CLIP = 1.0


class Phase(NamedTuple):
    draw: object  # (rng, count=...) -> tasks.Batch
    n_updates: int
    learning_rate: float
    batch_size: int


class Recipe(NamedTuple):
    loss: str  # one of training.LOSSES
    n_units: int
    n_inputs: int
    n_outputs: int
    forget_bias: float
    seed: int
    phases: tuple


class Result(NamedTuple):
    network: object  # engine.network.Network
    losses: np.ndarray  # (number of updates,) before each update, nats for symbols


def _recall(lag):
    return functools.partial(tasks.recall, lag)


def _excerpts(n_steps):
    return functools.partial(tasks.characters, n_steps)


WHOLE_TEXT = len(tasks.TEXT) - 1
N_SYMBOLS = len(tasks.ALPHABET)

# forget biases of recall near log(lag): a gate of 0.982, the logistic of 4, still holds 40 % of the cell 50 steps later
RECIPES = {
    "recall 50": Recipe("squared error", 8, 2, 1, 4.0, 1, (Phase(_recall(50), 400, 0.01, 16),)),
    "recall 200": Recipe(
        "squared error", 8, 2, 1, 5.0, 1, (Phase(_recall(50), 300, 0.01, 16), Phase(_recall(200), 300, 0.003, 16))
    ),
    "adding": Recipe("squared error", 16, 2, 1, 3.0, 0, (Phase(functools.partial(tasks.adding, 100), 2000, 0.01, 16),)),
    "characters": Recipe(
        "cross entropy",
        48,
        N_SYMBOLS,
        N_SYMBOLS,
        1.0,
        0,
        (
            Phase(_excerpts(100), 1000, 0.01, 8),
            Phase(_excerpts(WHOLE_TEXT), 900, 0.003, 1),
            Phase(_excerpts(WHOLE_TEXT), 300, 0.001, 1),
        ),
    ),
}


def train(recipe, *, n_updates=None):
    """Follow a Recipe from its seed: Result with .network and .losses. n_updates stops it after that many."""
    rng = np.random.default_rng(recipe.seed)
    sizes = recipe.n_units, recipe.n_inputs, recipe.n_outputs
    network = training.initial("lstm", *sizes, rng, forget_bias=recipe.forget_bias)
    losses = []
    for draw, planned, learning_rate, batch_size in recipe.phases:
        trainer = training.Trainer(
            network, draw, loss=recipe.loss, learning_rate=learning_rate, clip=CLIP, batch_size=batch_size, rng=rng
        )
        left = planned if n_updates is None else min(planned, n_updates - len(losses))
        losses += [trainer.step().loss for _ in range(left)]
        network = trainer.network
    return Result(network, np.array(losses))
