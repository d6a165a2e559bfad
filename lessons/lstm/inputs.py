"""What the networks of the LSTM page are fed, and what their tasks ask for."""

import numpy as np

from engine import tasks

N_CHARACTERS = len(tasks.ALPHABET)
# Tasks by network; the others have none of their own and are fed like the latch.
TASKS = {
    "latch": "latch",
    "marked sum": "marked sum",
    "count ab": "count ab",
    "parity": "parity",
    "recall 50": "recall",
    "recall 200": "recall",
    "adding": "adding",
    "characters": "characters",
}
NEAR_MISS_EVERY = 3  # seeds that give a string which is almost aⁿbⁿ


def generated(task: str, n_steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x and mark, (T,) each, as the task draws them from the seed."""
    rng = np.random.default_rng(seed)
    if task == "recall" and n_steps > 1:
        return tuple(tasks.recall(n_steps - 1, rng).x[0].T)
    if task == "adding" and n_steps > 1:
        return tuple(tasks.adding(n_steps, rng).x[0].T)
    if task == "count ab":
        return a_then_b(n_steps, near_miss=seed % NEAR_MISS_EVERY == 0), np.zeros(n_steps)
    if task == "parity":
        return rng.integers(2, size=n_steps).astype(float), np.zeros(n_steps)
    x = np.round(rng.uniform(-1, 1, n_steps), 2) if task == "marked sum" else 2.0 * rng.integers(2, size=n_steps) - 1
    mark = np.zeros(n_steps)
    mark[rng.choice(n_steps, size=min(n_steps, 3 + n_steps // 20), replace=False)] = 1
    if task != "marked sum":
        mark[0] = 1  # a latch has nothing to keep before its first mark
    return x, mark


def a_then_b(n_steps: int, *, near_miss: bool) -> np.ndarray:
    """+1 for a and −1 for b, (T,): aⁿbⁿ (one b more where T is odd), or with the last b turned into an a."""
    x = np.where(np.arange(n_steps) < n_steps // 2, 1.0, -1.0)
    if near_miss:
        x[-1] = 1.0
    return x


def allowed(task: str, x: np.ndarray) -> np.ndarray:
    """The drawn input as the task reads it: two values only where it knows no others."""
    if task == "count ab":
        return np.where(x > 0, 1.0, -1.0)
    return (x > 0.5).astype(float) if task == "parity" else x


def columns(x: np.ndarray, mark: np.ndarray, n_inputs: int) -> np.ndarray:
    """(T, m): x, mark, and zeros for what a network with more inputs has besides."""
    fed = np.zeros((len(x), n_inputs))
    fed[:, 0] = x
    if n_inputs > 1:
        fed[:, 1] = mark
    return fed


def one_hot(text: str, n_steps: int) -> np.ndarray:
    """(T, characters known); a text that is too short is followed by spaces."""
    return tasks.one_hot(tasks.encode(text.ljust(n_steps)[:n_steps]), N_CHARACTERS)


def targets(task: str, x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """What the task asks for at each step, (T,); NaN where it asks for nothing."""
    ask = {
        "latch": _last_marked,
        "marked sum": _marked_sum,
        "count ab": _is_balanced,
        "parity": _parity,
        "recall": _recalled,
        "adding": _added,
    }.get(task)
    return ask(x, mark) if ask else np.full(len(x), np.nan)


def _last_marked(x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """The sign of x at the last mark."""
    asked, kept = np.full(len(x), np.nan), np.nan
    for k in range(len(x)):
        kept = np.sign(x[k]) if mark[k] else kept
        asked[k] = kept
    return asked


def _marked_sum(x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    return np.cumsum(x * mark)


def _is_balanced(x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """+1 where the string so far is aⁿbⁿ with n ≥ 1, else −1."""
    count = np.cumsum(x)
    again = np.cumsum((x > 0) & (np.concatenate([[0.0], x[:-1]]) < 0)) > 0  # an a after a b
    return np.where((count == 0) & (x[0] > 0) & ~again, 1.0, -1.0)


def _parity(x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """+1 after an odd number of ones, else −1."""
    return np.where(np.cumsum(x) % 2 == 1, 1.0, -1.0)


def _recalled(x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """At the last step: x at the first mark, as a bit."""
    asked, marked = np.full(len(x), np.nan), np.flatnonzero(mark)
    if marked.size:
        asked[-1] = np.sign(x[marked[0]])
    return asked


def _added(x: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """At the last step: 0.5 + a quarter of the marked numbers' sum."""
    asked = np.full(len(x), np.nan)
    asked[-1] = 0.5 + (x * mark).sum() / 4
    return asked
