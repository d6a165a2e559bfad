"""How tests compare arrays, and derivatives by central differences."""

import numpy as np


def assert_close(actual, expected, tolerance, name=""):
    """Relative to the whole array: single elements may be small by cancellation."""
    assert np.shape(actual) == np.shape(expected), name
    scale = np.linalg.norm(expected)
    assert np.linalg.norm(np.subtract(actual, expected)) <= tolerance * scale + 1e-300, name


def central_differences(loss, given, name, step=1e-6):
    """d loss(given) / d given[name], where `given` is a dictionary of arrays."""
    values = given[name]
    result = np.empty_like(values)
    for index in np.ndindex(values.shape):
        losses = []
        for change in (step, -step):
            nudged = values.copy()
            nudged[index] += change
            losses.append(loss({**given, name: nudged}))
        result[index] = (losses[0] - losses[1]) / (2 * step)
    return result
