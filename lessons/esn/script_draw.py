"""Lines of the scripts that draw the reservoir again, number by number in the order of `engine.reservoir.draw`."""

import numpy as np

from engine.reservoir import DENSE_FROM
from lessons.esn import script_lines as lines
from lessons.esn.drawn import drawn_radius
from lessons.esn.settings import Settings


def connections(s: Settings) -> list[str]:
    """Lines that set rows, columns and weights of the connections, and W where these are many."""
    n_connections = _n_connections(s)
    n_late = round(s.late * n_connections)
    found = [lines.SPAWNED.format(n_units=s.n_units, leak_rate=s.leak_rate, seed=s.seed), _places(s)]
    weights = lines.WEIGHTS[s.weights]
    found.append(lines.SCALED.format(weights=weights, radius=drawn_radius(s), spectral_radius=s.spectral_radius))
    if n_late:
        found.append(lines.LATE.format(n_late=n_late, delay=s.delay))
    if _is_dense(s):
        found.append(lines.DENSE.format(width="2 * n" if n_late else "n"))
    return found


def others(s: Settings) -> list[str]:
    """Lines that set W_in, and W_fb where there is feedback."""
    feedback = f"W_fb = {s.feedback_scaling!r} * for_feedback.uniform(-1, 1, ({s.n_channels}, n)).T"
    more = [feedback] if s.has_feedback else []
    if s.topic == "free run":
        return [f"W_in = {s.bias_scaling!r} * for_input.uniform(-1, 1, (1, n)).T  # (n, 1): the bias alone", *more]
    scales = ", ".join([f"{s.bias_scaling!r}", *[f"{s.input_scaling!r}"] * s.n_channels])
    drawn = f"W_in = for_input.uniform(-1, 1, ({1 + s.n_channels}, n)).T * [{scales}]  # (n, 1 + m), bias first"
    return [drawn, *more]


def step(s: Settings) -> list[str]:
    """The functions `tanh` and `step`."""
    is_late = round(s.late * _n_connections(s)) > 0
    seen = f"past = np.concatenate([history[-1], history[-{s.delay}]])\n    " if is_late else ""
    past = "past" if is_late else "history[-1]"
    sums = f"W @ {past}" if _is_dense(s) else f"np.bincount(rows, weights * {past}[columns], n)  # from left to right"
    product = f"W h(t−1) + W_late h(t−{s.delay})" if is_late else "W h(t−1)"
    return [lines.TANH, lines.STEP.format(product=product, sums=sums, seen=seen)]


def delay(s: Settings) -> int:
    """How many states before step 1 the first step sees."""
    return s.delay if round(s.late * _n_connections(s)) else 1


def _n_connections(s: Settings) -> int:
    if s.topology == "ring":
        return s.n_units
    if s.topology == "random":
        return round(s.density * s.n_units**2)
    if s.topology == "fixed in-degree":
        return s.n_units * _degree(s)
    return s.n_units * _n_neighbours(s)


def _degree(s: Settings) -> int:
    return max(1, round(s.density * s.n_units))


def _n_neighbours(s: Settings) -> int:
    """Of each unit in a small world, on both sides; N − 1 where all are joined."""
    wanted = 2 * max(1, int(s.density * (s.n_units - 1) / 2 + 0.5))
    return wanted if wanted < s.n_units else s.n_units - 1


def _is_dense(s: Settings) -> bool:
    """Whether the engine multiplies with a full matrix, whose sums have an order of their own."""
    width = 2 * s.n_units if delay(s) > 1 else s.n_units
    return _n_connections(s) >= DENSE_FROM * s.n_units * width


def _places(s: Settings) -> str:
    """Lines that set rows and columns."""
    n = s.n_units
    if s.topology == "ring":
        return lines.RING
    if s.topology == "fixed in-degree":
        return lines.IN_DEGREE.format(degree=_degree(s))
    if s.topology == "small world":
        complete = _n_neighbours(s) == n - 1
        return lines.COMPLETE if complete else lines.SMALL_WORLD.format(reach=_n_neighbours(s) // 2)
    n_connections = _n_connections(s)
    if n_connections in (0, n**2):
        return lines.ALL if n_connections else lines.NONE
    complement = 2 * n_connections > n**2
    n_drawn = n**2 - n_connections if complement else n_connections
    mean = -(n**2) * np.log1p(-n_drawn / n**2)
    return lines.RANDOM.format(
        n_connections=n_connections,
        n_drawn=n_drawn,
        n_draws=int(mean + 4 * np.sqrt(mean)) + 1,
        complement=lines.COMPLEMENT if complement else "",
    )
