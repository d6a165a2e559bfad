"""Tasks that need memory: recall a marked bit, add two marked numbers, predict the next character of a rhyme.

    recall      x(t) = (+1 or -1 at random, mark), the mark 1 at step 1 only;    d(T) = x(1)
    adding      x(t) = (uniform in [-1, 1), mark), one mark in each half;        d(T) = 0.5 + (X1 + X2) / 4
    characters  x(t) = one-hot code of character t of an excerpt;                d(t) = number of character t + 1

Sequences come in a Batch (count, T, ...); index 0 of the second axis is step 1. Only the steps in `counted` have a
target: d is 0 at the others. Between the marks everything is noise that the network has to keep out.

Sources: S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997), section 5.4, for the
adding problem with its rescaled target. The rhyme is traditional and in the public domain.
"""

from typing import NamedTuple

import numpy as np

from engine import _validate

# each line of the rhyme is said once more in every verse after its own
_RHYME = (
    "the house that jack built",
    "the malt that lay in",
    "the rat that ate",
    "the cat that killed",
    "the dog that worried",
    "the cow with the crumpled horn that tossed",
    "the maiden all forlorn that milked",
    "the man all tattered and torn that kissed",
    "the priest all shaven and shorn that married",
    "the cock that crowed in the morn that waked",
    "the farmer sowing his corn that kept",
    "the horse and the hound and the horn that belonged to",
)
TEXT = "".join(f"this is {' '.join(_RHYME[verse::-1])}.\n" for verse in range(len(_RHYME)))
ALPHABET = "".join(sorted(set(TEXT)))


class Batch(NamedTuple):
    """Sequences of one length and what the network should say to them."""

    x: np.ndarray  # (count, T, m) inputs
    d: np.ndarray  # (count, T, k) targets, or (count, T) whole numbers where they are symbols
    counted: np.ndarray  # (T,) bool, the steps that have a target


def _last_only(n_steps):
    return np.arange(n_steps) == n_steps - 1


def recall(lag, rng, *, count=1):
    """Say at the last step what the marked first step was; the steps between are noise of the same size.

    x(t) = (+1 or -1 with equal chances, 1 at step 1 and else 0), T = lag + 1, d(T) = first column of x(1).
    lag >= 1; rng: numpy.random.Generator; count >= 1 sequences. Returns Batch with .x (count, T, 2), .d (count, T, 1)
    and .counted (T,), true at step T only. Raises ValueError for anything else.
    """
    n_steps = _validate.integer("lag", lag, low=1) + 1
    count = _validate.integer("count", count, low=1)
    x = np.zeros((count, n_steps, 2))
    x[:, :, 0] = 2 * _validate.generator("rng", rng).integers(2, size=(count, n_steps)) - 1
    x[:, 0, 1] = 1.0
    d = np.zeros((count, n_steps, 1))
    d[:, -1, 0] = x[:, 0, 0]
    return Batch(x, d, _last_only(n_steps))


def adding(n_steps, rng, *, count=1):
    """Add two marked numbers, one in each half of the sequence: d(T) = 0.5 + (X1 + X2) / 4, which is in [0, 1).

    x(t) = (uniform in [-1, 1), mark 0 or 1). A network that always says 0.5 has a mean squared error of 1/24.
    n_steps >= 2, whose first half is the shorter one where it is odd; rng and count as in `recall`.
    Returns Batch with .x (count, T, 2), .d (count, T, 1), .counted (T,), true at step T only. Raises ValueError for
    anything else. Source: Hochreiter and Schmidhuber 1997, section 5.4.
    """
    n_steps = _validate.integer("n_steps", n_steps, low=2)
    count = _validate.integer("count", count, low=1)
    rng = _validate.generator("rng", rng)
    x = np.zeros((count, n_steps, 2))
    x[:, :, 0] = rng.uniform(-1, 1, (count, n_steps))
    sequences, half = np.arange(count), n_steps // 2
    x[sequences, rng.integers(half, size=count), 1] = 1.0
    x[sequences, rng.integers(half, n_steps, size=count), 1] = 1.0
    d = np.zeros((count, n_steps, 1))
    d[:, -1, 0] = 0.5 + x.prod(axis=2).sum(axis=1) / 4
    return Batch(x, d, _last_only(n_steps))


def characters(n_steps, rng, *, count=1):
    """Excerpts of TEXT, to predict each next character.

    x(t) = one-hot code of character t, d(t) = number of character t + 1 in ALPHABET; every step counts.
    1 <= n_steps < len(TEXT); the starts are drawn at random, rng and count as in `recall`. With the longest n_steps
    all excerpts are the whole text. Returns Batch with .x (count, T, len(ALPHABET)), .d (count, T) whole numbers and
    .counted (T,), all true. Raises ValueError for anything else.
    """
    n_steps = _validate.integer("n_steps", n_steps, low=1)
    if n_steps >= len(TEXT):
        raise ValueError(f"n_steps must be less than the text's {len(TEXT)} characters, got {n_steps}")
    count = _validate.integer("count", count, low=1)
    starts = _validate.generator("rng", rng).integers(len(TEXT) - n_steps, size=count)
    # (count, T + 1): each excerpt and the character after it
    indices = encode(TEXT)[starts[:, np.newaxis] + np.arange(n_steps + 1)]
    codes = np.eye(len(ALPHABET))
    return Batch(codes[indices[:, :-1]], indices[:, 1:], np.ones(n_steps, dtype=bool))


def encode(text):
    """Numbers of the characters in ALPHABET: (T,) whole numbers from 0.

    text: a string of at least one character. Raises ValueError that names the first character not in ALPHABET.
    """
    if not isinstance(text, str) or not text:
        raise ValueError(f"text must be a string of at least one character, got {_validate._short(text)}")
    for character in text:
        if character not in ALPHABET:
            raise ValueError(f"text must hold only the characters {ALPHABET!r}, got {character!r}")
    return np.array([ALPHABET.index(character) for character in text])


def decode(indices):
    """The string whose `encode` gives these numbers. Raises ValueError unless all are in 0 ... len(ALPHABET) - 1."""
    return "".join(ALPHABET[index] for index in _indices(indices, len(ALPHABET)))


def one_hot(indices, n):
    """1 in the column that the index names and 0 elsewhere: (T, n).

    indices: (T,) whole numbers in 0 ... n-1, n >= 1. Raises ValueError for anything else.
    """
    n = _validate.integer("n", n, low=1)
    return np.eye(n)[_indices(indices, n)]


def _indices(indices, n):
    values = _validate.sequence("indices", indices)
    wrong = (values % 1 != 0) | (values < 0) | (values >= n)
    if wrong.any():
        raise ValueError(f"indices must be whole numbers from 0 to {n - 1}, got {values[wrong][0]:g}")
    return values.astype(np.int64)
