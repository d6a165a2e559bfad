"""Tasks that show what a window can do: bits a known lag back, and a pattern at an unknown place.

    lag      x(t) = +1 or -1, d(t) = x(t - lag)
    pattern  x(t) = noise + d pattern(t - place),   d = +1 or -1: the pattern rises or falls, one d a sequence

The bits of `lag` are a de Bruijn sequence: read round, every word of `order` bits occurs exactly once. So x(t - lag) is
+1 as often as -1 beside every content of the other order - 1 places, and whatever looks only at those has a mean
squared error of at least 1, that of always saying 0. Nothing is left to chance, or to a network's luck with it.

Sources: N. G. de Bruijn, "A combinatorial problem", 1946; the construction from Lyndon words is H. Fredricksen's and
J. Maiorana's, 1978. The pattern follows A. Waibel et al. 1989, whose phonemes differ in how a frequency moves.
"""

from typing import NamedTuple

import numpy as np

from engine import _validate

RISE = (-1.0, -0.5, 0.0, 0.5, 1.0)


class Lagged(NamedTuple):
    x: np.ndarray  # (T,) bits +1 and -1
    d: np.ndarray  # (T,) x(t - lag), 0 where that is before step 1
    counted: np.ndarray  # (T,) bool: once round, after the first `order` steps


class Patterns(NamedTuple):
    x: np.ndarray  # (count, T)
    d: np.ndarray  # (count,) +1 for a rise and -1 for a fall
    places: np.ndarray  # (count,) step, from 1, at which the pattern begins


def de_bruijn(order):
    """2^order bits, in which every word of `order` bits occurs once if they are read round: (2^order,) of 0 and 1.

    order >= 1. Raises ValueError for anything else. Source: Fredricksen and Maiorana 1978 (Lyndon words in order).
    """
    order = _validate.integer("order", order, low=1)
    bits, word = [], [0]
    while word:
        if order % len(word) == 0:
            bits += word
        # the next Lyndon word of at most `order` letters
        word = (word * (order // len(word) + 1))[:order]
        while word and word[-1] == 1:
            word.pop()
        if word:
            word[-1] = 1
    return np.array(bits, dtype=np.float64)


def lag(lag, *, order=7):
    """Say what the bit `lag` steps before was: Lagged with T = order + 2^order steps.

    The first `order` steps are the last ones of the round and are not counted: there the window is being filled. Every
    window of delays from 1 to `order` that leaves `lag` out is blind to the target. 1 <= lag <= order.
    Raises ValueError for anything else. Source: the module's.
    """
    lag, order = _validate.integer("lag", lag, low=1), _validate.integer("order", order, low=1)
    if lag > order:
        raise ValueError(f"lag must be at most order = {order}, got {lag}")
    bits = 2 * de_bruijn(order) - 1
    x = np.concatenate([bits[-order:] if order <= len(bits) else np.resize(bits, order), bits])
    d = np.zeros_like(x)
    d[lag:] = x[:-lag]
    return Lagged(x, d, np.arange(len(x)) >= order)


def pattern(n_steps, places, rng, *, count=1, noise=0.2, shape=RISE):
    """Sequences with a rise or a fall of `shape`, which begins at one of `places`, in uniform noise: Patterns.

    n_steps: T; places: steps from 1 at which the whole shape fits; noise >= 0: its largest size; rng:
    numpy.random.Generator; count >= 1. Raises ValueError for anything else. Source: the module's.
    """
    n_steps, shape = _validate.integer("n_steps", n_steps, low=1), _validate.sequence("shape", shape)
    places = _validate.sequence("places", places)
    latest = n_steps - len(shape) + 1
    if (places % 1 != 0).any() or places.min() < 1 or places.max() > latest:
        raise ValueError(f"places must be whole numbers from 1 to {latest}, got {_validate._short(places.tolist())}")
    rng, count = _validate.generator("rng", rng), _validate.integer("count", count, low=1)
    noise = _validate.number("noise", noise, low=0)
    x = rng.uniform(-noise, noise, (count, n_steps))
    d = 2.0 * rng.integers(2, size=count) - 1
    begins = rng.choice(places.astype(np.int64), count)
    steps = begins[:, np.newaxis] - 1 + np.arange(len(shape))
    x[np.arange(count)[:, np.newaxis], steps] += d[:, np.newaxis] * shape
    return Patterns(x, d, begins)
