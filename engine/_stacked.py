"""Weights whose rows are stacked in blocks of n, one block per gate: how they are checked, and drawn."""

from engine import _validate


def checked(U, W, blocks, rows):
    """U (blocks n, m) and W (blocks n, n), checked. rows: the names of the blocks, for the message."""
    U = _validate.array("params.U", U, (None, None))
    n_units, left = divmod(U.shape[0], blocks)
    if left:
        raise ValueError(f"params.U must have {blocks} rows for each unit (blocks {rows}), got shape {U.shape}")
    return U, _validate.array("params.W", W, (U.shape[0], n_units))


def uniform(blocks, n_units, n_inputs, rng):
    """U (blocks n, m) and W (blocks n, n), uniform between -1/sqrt(n) and 1/sqrt(n)."""
    n_units = _validate.integer("n_units", n_units, low=1)
    n_inputs = _validate.integer("n_inputs", n_inputs, low=1)
    rng = _validate.generator("rng", rng)
    bound = n_units**-0.5
    shapes = ((blocks * n_units, n_inputs), (blocks * n_units, n_units))
    return tuple(rng.uniform(-bound, bound, size=shape) for shape in shapes)
