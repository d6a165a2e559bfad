"""Python source that the exported scripts of several lessons share."""

import numpy as np

from engine import series

# What makes the input x (T,), by its name on the pages. `period` and `seed` have to be filled in.
SIGNALS = {
    "impulse": "np.array([1.0] + [0.0] * (T - 1))",
    "step": "np.ones(T)",
    "sine": "np.sin(2 * np.pi * (np.arange(T) / {period}))",
    "square": "np.where(np.arange(T) / {period} % 1 < 0.5, 1.0, -1.0)",
    "noise": "np.random.default_rng({seed}).uniform(-1, 1, T)",
}

EXACT_TANH = """
# f(a) = tanh(a) as the course computes it, Lambert's fraction near 0: math.tanh may differ in the last digit, and this
# network makes small differences large
def f(a):
    e, s = math.exp(-2 * abs(a)), a * a
    if abs(a) > 0.5:
        return math.copysign((1 - e) / (1 + e), a)
    above, below = 270270 + s * (6930 + s * 36), 945945 + s * (51975 + s * (630 + s))
    return a * (2027025 + s * above) / (2027025 + s * below)
"""

PLAIN_TANH = """
# f(a) = tanh(a)
f = math.tanh
"""

TANH_SLOPE = """
# f'(a) = 1 - tanh(a)^2, which would lose its digits in this form where tanh(a) is close to 1
def slope(a):
    e = math.exp(-2 * abs(a))
    return 4 * e / (1 + e) ** 2
"""

LOGISTIC = """
# f(a) = 1 / (1 + exp(-a)); no power of e that could overflow is taken
def f(a):
    e = math.exp(-abs(a))
    return (1.0 if a >= 0 else e) / (1 + e)
"""

LOGISTIC_SLOPE = """
# f'(a) = f(a) (1 - f(a))
def slope(a):
    e = math.exp(-abs(a))
    return e / (1 + e) ** 2
"""

RELU = """
# f(a) = a above 0, else 0
def f(a):
    return a if a > 0 else 0.0
"""

RELU_SLOPE = """
# f'(a): 1 above 0, else 0
def slope(a):
    return 1.0 if a > 0 else 0.0
"""

IDENTITY = """
# f(a) = a
def f(a):
    return a
"""

IDENTITY_SLOPE = """
# f'(a) = 1
def slope(a):
    return 1.0
"""

_ACTIVATIONS = {
    "logistic": (LOGISTIC, LOGISTIC_SLOPE),
    "relu": (RELU, RELU_SLOPE),
    "identity": (IDENTITY, IDENTITY_SLOPE),
}


def activation(name: str, *, exact: bool = False, slope: bool = True) -> str:
    """Source of `f`, and of `slope` where it is asked for; exact: tanh is the engine's to the last digit."""
    tanh = EXACT_TANH if exact else PLAIN_TANH
    own, derivative = _ACTIVATIONS.get(name, (tanh, TANH_SLOPE))
    return own + derivative if slope else own


def sunspots(n_steps: int) -> str:
    """The numbers of the years shown; what scales them is taken from all years, in the order of `series.scaled`."""
    years, numbers = series.sunspots()
    shown = ", ".join(f"{number:g}" for number in numbers[-n_steps:])
    largest = float(numbers.max())
    mean = float((numbers / largest).mean())
    farthest = float(np.abs(numbers / largest - mean).max())
    return f"""
# yearly sunspot numbers, {years[-n_steps]} to {years[-1]}, less the mean since {years[0]}, and scaled to -1 ... 1
numbers = np.array([{shown}])
x = (numbers / {largest!r} - {mean!r}) / {farthest!r}
"""
