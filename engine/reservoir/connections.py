"""How reservoirs are drawn: who hears whom, with what weights, and how large the parts are.

    W = spectral_radius · (W1 + W_late1) / rho(W1 + W_late1)      recurrent weights      (n, n)
    W_in = [bias_scaling b1, input_scaling U1]                    input weights          (n, 1 + m), bias first
    W_fb = feedback_scaling F1                                    feedback weights       (n, k)

`draw` makes the unit reservoir of ones and primes, `scaled` multiplies its parts, and `make` does both. What a slider
of a scale moves is a factor alone: the same weights grow or shrink. Row i of W holds the weights of what unit i hears.

Sources: H. Jaeger, "The echo state approach to analysing and training recurrent neural networks", GMD report 148
(2001); M. Lukosevicius, "A practical guide to applying echo state networks" (2012), section 3.2; A. Rodan and P. Tino,
"Minimum complexity echo state network", IEEE Transactions on Neural Networks 22 (2011), for the ring; D. Watts and
S. Strogatz, "Collective dynamics of small-world networks", Nature 393 (1998).
"""

import random

import numpy as np
import scipy.sparse

from engine import _validate, pieces
from engine.reservoir import spectrum
from engine.reservoir.states import Reservoir, checked

TOPOLOGIES = ("random", "ring", "small world", "fixed in-degree")
WEIGHTS = ("uniform", "normal", "signs", "equal")


def make(
    n_units,
    n_inputs=1,
    *,
    spectral_radius=0.9,
    density=0.1,
    input_scaling=1.0,
    rng,
    bias_scaling=None,
    feedback_scaling=0.0,
    n_outputs=1,
    topology="random",
    weights="uniform",
    late=0.0,
    delay=2,
    rewiring=0.1,
    sparse=False,
):
    """A reservoir with the given spectral radius and scales: `draw`, then `scaled`, which explain the arguments.

    bias_scaling None takes input_scaling. Where some connections are late, the spectral radius is that of
    W + W_late. Raises ValueError where that of the drawn weights is 0, as it is without any loop, while spectral_radius
    is not, and as `draw` and `scaled` do.
    """
    unit, radius = _drawn(n_units, n_inputs, n_outputs, density, topology, weights, late, delay, rewiring, rng, sparse)
    if radius == 0 and _validate.number("spectral_radius", spectral_radius, low=0) > 0:
        raise ValueError(f"spectral_radius must be 0 where the drawn W has no loop, got {spectral_radius:g}")
    return scaled(
        unit,
        spectral_radius=spectral_radius,
        input_scaling=input_scaling,
        bias_scaling=input_scaling if bias_scaling is None else bias_scaling,
        feedback_scaling=feedback_scaling,
    )


def draw(
    n_units,
    n_inputs=1,
    *,
    n_outputs=1,
    density=0.1,
    topology="random",
    weights="uniform",
    late=0.0,
    delay=2,
    rewiring=0.1,
    rng,
    sparse=False,
    normalized=True,
    quick=False,
):
    """A Reservoir of unit scale: W + W_late has spectral radius 1, W_in and W_fb are uniform in [-1, 1].

    topology, one of TOPOLOGIES; a unit may hear itself, except in a small world and in a ring of several units:
        random           round(density n^2) connections, any such set equally likely
        ring             unit i hears unit i - 1, and the first one the last; no density
        small world      Watts and Strogatz: each unit joined in both directions to its density (n - 1) nearest
                         neighbours on a circle (an even number from 2), then each tie moved elsewhere with
                         probability `rewiring`; the two directions have weights of their own
        fixed in-degree  each unit hears round(density n) units, but at least one
    weights, one of WEIGHTS, before scaling: uniform in [-1, 1], normal, signs (-1 or 1), equal (1).
    late: the share of the connections that take `delay` steps; they form W_late, None where there are none. With them,
    even a linear reservoir may grow at a spectral radius below 1, since that counts all connections as equally quick.
    n_units, n_inputs, n_outputs, delay: whole numbers, n_inputs from 0 and the others from 1; density above 0 and up to
    1; late and rewiring from 0 to 1. rng: a numpy.random.Generator. sparse: W and W_late as scipy.sparse.csr_array.
    normalized=False leaves W and W_late as drawn, not yet divided by their spectral radius. quick: raise
    spectrum.Unsettled rather than look for that radius with a long call of LAPACK.

    Each part has random numbers of its own: another density, topology or kind of weight leaves W_in and W_fb as they
    were, and another `late` leaves all weights. A W without any loop has spectral radius 0 and stays as drawn. Raises
    ValueError for anything else. Sources: see the module.
    """
    given = (n_units, n_inputs, n_outputs, density, topology, weights, late, delay, rewiring, rng, sparse)
    return _drawn(*given, normalized=normalized, quick=quick)[0]


def scaled(unit, *, spectral_radius=1.0, input_scaling=1.0, bias_scaling=1.0, feedback_scaling=0.0):
    """The Reservoir `unit` with its parts multiplied: W and W_late by spectral_radius, and so on.

    feedback_scaling 0 leaves W_fb out. Nothing is drawn, so W / spectral_radius is the same for all spectral radii.
    Raises ValueError for a negative number, and for feedback_scaling above 0 where the unit has no W_fb.
    """
    W_in, W, W_fb, W_late, delay = checked(unit)
    spectral_radius = _validate.number("spectral_radius", spectral_radius, low=0)
    input_scaling = _validate.number("input_scaling", input_scaling, low=0)
    bias_scaling = _validate.number("bias_scaling", bias_scaling, low=0)
    feedback_scaling = _validate.number("feedback_scaling", feedback_scaling, low=0)
    if feedback_scaling > 0 and W_fb is None:
        raise ValueError(f"feedback_scaling must be 0 for a reservoir without W_fb, got {feedback_scaling:g}")
    return Reservoir(
        W_in * np.append(bias_scaling, np.full(W_in.shape[1] - 1, input_scaling)),
        W * spectral_radius,
        W_fb * feedback_scaling if feedback_scaling > 0 else None,
        None if W_late is None else W_late * spectral_radius,
        delay,
    )


def _drawn(
    n_units,
    n_inputs,
    n_outputs,
    density,
    topology,
    weights,
    late,
    delay,
    rewiring,
    rng,
    sparse,
    normalized=True,
    quick=False,
):
    """What `draw` returns, and the spectral radius that it was divided by, or 0."""
    n_units = _validate.integer("n_units", n_units, low=1)
    n_inputs = _validate.integer("n_inputs", n_inputs, low=0)
    n_outputs = _validate.integer("n_outputs", n_outputs, low=1)
    delay = _validate.integer("delay", delay, low=1)
    late = _validate.number("late", late, low=0, high=1)
    density = _validate.number("density", density, above=0, high=1)
    rewiring = _validate.number("rewiring", rewiring, low=0, high=1)
    _validate.choice("topology", topology, TOPOLOGIES)
    _validate.choice("weights", weights, WEIGHTS)
    for_places, for_weights, for_late, for_input, for_feedback = _validate.generator("rng", rng).spawn(5)
    rows, columns = _places(topology, n_units, density, rewiring, for_places)
    values = _weights(weights, len(rows), for_weights)
    W = scipy.sparse.csr_array((values, (rows, columns)), shape=(n_units, n_units))
    radius = spectrum.spectral_radius(W, quick=quick) if normalized else 0.0
    W /= radius or 1.0
    W, W_late = _parted(W, round(late * len(rows)), for_late)
    if not sparse:
        W, W_late = W.toarray(), None if W_late is None else W_late.toarray()
    W_in, W_fb = _columns(n_units, 1 + n_inputs, for_input), _columns(n_units, n_outputs, for_feedback)
    return Reservoir(W_in, W, W_fb, W_late, 1 if W_late is None else delay), radius


def _columns(n_rows, n_columns, rng):
    """Uniform in [-1, 1], drawn column by column: a further one leaves the others as they were."""
    return np.ascontiguousarray(rng.uniform(-1, 1, (n_columns, n_rows)).T)


def _weights(kind, n_weights, rng):
    if kind == "uniform":
        return rng.uniform(-1, 1, n_weights)
    if kind == "normal":
        return rng.normal(size=n_weights)
    return rng.choice([-1.0, 1.0], n_weights) if kind == "signs" else np.ones(n_weights)


def _parted(W, n_late, rng):
    """W without n_late of its connections, and these; more late ones include all that fewer would."""
    if n_late == 0:
        return W, None
    is_late = np.zeros(W.nnz, dtype=bool)
    is_late[rng.permutation(W.nnz)[:n_late]] = True
    parts = []
    for chosen in (~is_late, is_late):
        part = W.copy()
        part.data[~chosen] = 0
        part.eliminate_zeros()
        parts.append(part)
    return parts


def _places(topology, n_units, density, rewiring, rng):
    """Rows and columns of all connections, sorted by row and then by column."""
    units = np.arange(n_units)
    if topology == "ring":
        return units, (units - 1) % n_units
    if topology == "random":
        return np.divmod(_distinct(n_units**2, round(density * n_units**2), rng), n_units)
    if topology == "fixed in-degree":
        return _with_in_degree(n_units, max(1, round(density * n_units)), rng)
    return _small_world(n_units, density, rewiring, rng)


def _distinct(n_places, n_chosen, rng):
    """n_chosen of the numbers below n_places, sorted, in O(n_chosen) memory: a permutation of all would need n^2."""
    if 2 * n_chosen > n_places:
        return np.delete(np.arange(n_places), _distinct(n_places, n_places - n_chosen, rng))
    # short integers are sorted in half the time
    dtype = np.uint32 if n_places < 2**32 else np.int64
    chosen = np.empty(0, dtype)
    # so many draws with repetition give n_chosen different ones on average, and some more make it likely
    n_draws = -n_places * np.log1p(-n_chosen / n_places)
    while len(chosen) < n_chosen:
        further = rng.integers(n_places, size=int(n_draws + 4 * np.sqrt(n_draws)) + 1, dtype=dtype)
        # np.unique, which hashes, takes ten times as long
        chosen = np.sort(np.concatenate((chosen, further)))
        chosen = chosen[np.append(True, chosen[1:] != chosen[:-1])]
    # which ones are too many is left to chance, or the last ones would be rare
    return np.delete(chosen, rng.choice(len(chosen), len(chosen) - n_chosen, replace=False, shuffle=False))


def _with_in_degree(n_units, degree, rng):
    """Each row gets `degree` different columns by Floyd's algorithm (R. Floyd, in Bentley, CACM 30, 1987)."""
    rows, taken = np.arange(n_units), np.zeros((n_units, n_units), dtype=bool)
    for newest in range(n_units - degree, n_units):
        columns = rng.integers(newest + 1, size=n_units)
        columns[taken[rows, columns]] = newest
        taken[rows, columns] = True
    return np.nonzero(taken)


def _small_world(n_units, density, rewiring, rng):
    # half of them on either side; at density 1 the last one may be on both, so halves are rounded up
    n_neighbours = min(2 * max(1, int(density * (n_units - 1) / 2 + 0.5)), n_units)
    if n_units == 1:
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    if n_neighbours == n_units:
        return np.nonzero(~np.eye(n_units, dtype=bool))
    return np.nonzero(_rewired(n_units, n_neighbours // 2, rewiring, random.Random(int(rng.integers(2**63)))))


def _rewired(n_units, reach, rewiring, chance):
    """Who is tied to whom, (n, n): a circle where each unit knows `reach` on either side, with some ties moved.

    The numbers are taken from `chance` as networkx.watts_strogatz_graph does, which gives the same graph and needs a
    hundred times the memory.
    """
    units = np.arange(n_units)
    tied = np.zeros((n_units, n_units), dtype=np.uint8)
    for step in range(1, reach + 1):
        tied[units, (units + step) % n_units] = tied[(units + step) % n_units, units] = 1
    rows = [memoryview(row) for row in tied]  # single entries of an array are slow to reach
    degrees = [2 * reach] * n_units
    for step in range(1, reach + 1):
        for here in range(n_units):
            if here % 500 == 0:
                pieces.look()
            if chance.random() < rewiring:
                _move(rows, degrees, here, (here + step) % n_units, chance)
    return tied


def _move(rows, degrees, here, old, chance):
    """Tie `here` to another unit instead of the old one, unless it knows all of them."""
    n_units, mine = len(rows), rows[here]
    new = chance.choice(range(n_units))
    while new == here or mine[new]:
        new = chance.choice(range(n_units))
        if degrees[here] >= n_units - 1:
            return
    mine[old] = rows[old][here] = 0
    mine[new] = rows[new][here] = 1
    degrees[old] -= 1
    degrees[new] += 1
