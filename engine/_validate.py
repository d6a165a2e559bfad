"""Coercion and checks shared by the public functions. Every refusal is a ValueError that names the argument."""

import operator

import numpy as np


def array(name, values, shape):
    """A fresh C-contiguous float64 copy of finite `values` with `shape`; None in `shape` allows any length from 1.

    It is always a copy: a read-only or strided argument would make Numba compile the kernel once more.
    """
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":
            raise TypeError
        result = np.array(given, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must hold real numbers in {_describe(shape)}, got {_short(values)}") from None
    fits = result.ndim == len(shape) and all(
        given_length > 0 if length is None else given_length == length
        for given_length, length in zip(result.shape, shape, strict=True)
    )
    if not fits:
        given_shape = f"shape {result.shape}" if result.ndim else _short(values)
        raise ValueError(f"{name} must have {_describe(shape)}, got {given_shape}")
    if not np.isfinite(result).all():
        raise ValueError(f"{name} must be finite, got {result[~np.isfinite(result)][0]}")
    return result


def sequence(name, values, length=None):
    """A one-dimensional `array` of at least one value, of exactly `length` values where that is given."""
    return array(name, values, (length,))


def gates(name, values, length=None):
    """A `sequence` of gate openings between 0 and 1."""
    result = sequence(name, values, length)
    outside = (result < 0) | (result > 1)
    if outside.any():
        raise ValueError(f"{name} must lie between 0 and 1, got {result[outside][0]}")
    return result


def number(name, value, *, low=-np.inf, high=np.inf, above=-np.inf):
    """A finite Python float with low <= value <= high and value > above."""
    allowed = _interval(low, high, above)
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be {allowed}, got {_short(value)}") from None
    if not (np.isfinite(result) and low <= result <= high and result > above):
        raise ValueError(f"{name} must be {allowed}, got {result}")
    return result


def integer(name, value, *, low):
    """A Python int of at least `low`; 3.0 is not one."""
    try:
        result = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number of at least {low}, got {_short(value)}") from None
    if result < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, got {result}")
    return result


def generator(name, rng):
    """`rng` itself when it is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{name} must be a numpy.random.Generator, got {_short(rng)}")
    return rng


def choice(name, value, allowed):
    """`value` itself when it is one of the strings in `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {_short(value)}")
    return value


def _describe(shape):
    if len(shape) == 1:
        return "one dimension and at least one value" if shape[0] is None else f"one dimension and {shape[0]} values"
    return f"shape {shape}"


def _interval(low, high, above):
    bounds = []
    if np.isfinite(low):
        bounds.append(f"at least {low:g}")
    if np.isfinite(above):
        bounds.append(f"greater than {above:g}")
    if np.isfinite(high):
        bounds.append(f"at most {high:g}")
    return " ".join(["a finite number", " and ".join(bounds)]).strip()


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
