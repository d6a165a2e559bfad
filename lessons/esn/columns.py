"""The plotted columns by topic."""

import numpy as np

from lessons.esn.parameters import EsnParameters
from lessons.esn.results import Echo, FreeRun, Memory, Recipe, Result
from lessons.esn.settings import Settings, given_input

N_LINES = 5  # units whose states stand in one strip while the recipe is built up
COLLECTED, FITTED, USED = 2, 3, 4  # steps of the recipe


def columns(m: EsnParameters, r: Result) -> dict[str, np.ndarray]:
    """All plotted columns of a result by name, as long as its settings say; blank where it ended earlier."""
    if isinstance(r, FreeRun):
        found = _outputs(r.y, r.traced.d) | {"log_error": log_error(r)}
    else:
        found = fed(r.traced.settings)
        if isinstance(r, Echo):
            unit = m.shown_unit - 1
            found |= {"h": r.traced.states[:, unit], "h_other": r.other[:, unit], "log10_distance": r.log10_distance}
        elif isinstance(r, Memory):
            found |= _outputs(r.y, r.traced.d) | {"residual": residual(r.y, r.traced.d)}
        else:
            found |= _recipe(r, m.done)
    return {name: padded(values, r.traced.settings.n_steps) for name, values in found.items()}


def fed(settings: Settings) -> dict[str, np.ndarray]:
    """The columns of the input."""
    return _channels("x", given_input(settings))


def _recipe(r: Recipe, done: int) -> dict[str, np.ndarray]:
    """What the recipe has to show after so many of its steps."""
    found: dict[str, np.ndarray] = {}
    if done >= COLLECTED:
        found |= {f"u{k}": r.traced.states[:, unit] for k, unit in enumerate(line_units(r), 1)}
    if done >= FITTED:
        y = r.y.copy()
        if done < USED:
            y[r.traced.n_train :] = np.nan
        found |= _outputs(y, r.traced.d) | {"residual": residual(y, r.traced.d)}
    return found


def line_units(r: Recipe) -> list[int]:
    """The units (from 0) that are drawn as lines: spread over the reservoir."""
    n_units = r.traced.states.shape[1]
    return np.unique(np.linspace(0, n_units - 1, N_LINES).round().astype(int)).tolist()


def _channels(name: str, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of (T, k): x, x2 and so on."""
    return {name if k == 0 else f"{name}{k + 1}": rows[:, k] for k in range(rows.shape[1])}


def _outputs(y: np.ndarray, d: np.ndarray) -> dict[str, np.ndarray]:
    return _channels("y", y) | _channels("d", d)


def residual(y: np.ndarray, d: np.ndarray) -> np.ndarray:
    """y − d, (T,); of several outputs the largest in size."""
    return y[:, 0] - d[:, 0] if y.shape[1] == 1 else np.abs(y - d).max(axis=1)


@np.errstate(divide="ignore")
def log_error(r: FreeRun) -> np.ndarray:
    """log10 of the largest |y − d|, (T,)."""
    return np.log10(np.abs(r.y - r.traced.d).max(axis=1))


def padded(values: np.ndarray, n_steps: int) -> np.ndarray:
    """Cut, or followed by blanks, to n_steps."""
    return np.concatenate([values[:n_steps], np.full(max(0, n_steps - len(values)), np.nan)])
