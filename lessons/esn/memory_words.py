"""What the page says about the memory of a reservoir: how much there is, of which lags, and of how much at most."""

import numpy as np

from app.parts.numbers import steps
from lessons.esn.digits import apart, error_told
from lessons.esn.results import Memory


def sentence(found: Memory) -> str:
    now, r2 = found.traced.settings, found.per_lag
    at = (
        f"At lag {now.lag} r² is {apart(r2[now.lag - 1], 0.5, 1)}"
        if now.lag <= len(r2)
        else "The lag lies beyond the plot"
    )
    new = error_told(found.error_new)
    learned = found.traced.n_train - found.traced.washout
    back = f"; y, fitted on {learned} of the steps shown, has {new} on new data" if new else ""
    cut = " Some lies beyond the longest lag." if r2[-1] > 0.1 else ""
    most, named = ceiling(found)
    return (
        f"{at}{back}. Over {len(r2)} lags the memory capacity is {apart(found.total, most)}, where "
        f"{named} is the most there can be{by_chance(found)}; {_reach(r2)}.{cut}"
    )


def by_chance(found: Memory) -> str:
    """Each lag's r² is measured, and of a lag that is forgotten a little above 0: the sum may pass its bound."""
    return " (what is above it is chance in measuring)" if found.total > ceiling(found)[0] else ""


def ceiling(found: Memory) -> tuple[int, str]:
    """The most that the memory over the lags shown can be, and why."""
    n_units, n_lags = found.traced.settings.n_units, len(found.per_lag)
    return (n_units, f"N = {n_units}") if n_units <= n_lags else (n_lags, f"{n_lags}, 1 for each lag,")


def _reach(r2: np.ndarray) -> str:
    """Of which lags more than half comes back."""
    good = np.flatnonzero(r2 >= 0.5) + 1
    if not good.size:
        return "no lag keeps more than half"
    first = int(good[0])
    if len(good) == len(r2):
        return f"more than half is left at all {len(r2)} lags"
    if len(good) == 1:
        return f"more than half is left at lag {first} only"
    if first > 1 and (np.diff(good) == first).all():
        return f"only every {_nth(first)} lag is remembered"
    from_one = int(np.argmax(r2 < 0.5))
    if len(good) == from_one:
        return f"more than half is left for the first {steps(from_one)}"
    return f"more than half is left at {len(good)} of the lags, the longest of them {int(good[-1])}"


def _nth(n: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(n, f"{n}th")
