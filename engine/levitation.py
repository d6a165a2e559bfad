"""A magnet that floats above an electromagnet: the plant that the textbook's authors identify with NARX networks.

    d^2y/dt^2 = -g + (alpha / M) i(t)^2 / y(t) - (beta / M) dy/dt,      y height of the magnet, i > 0 current

    alpha = 15 (strength of the field), beta = 12 (friction), M = 3 (mass), g = 9.8; i in amperes, time in seconds

The magnet rests where the forces cancel, y = alpha i^2 / (M g). The current is held between two samples, and the
equation is integrated by the classical Runge-Kutta step of fourth order.

Source of equation and values: M. T. Hagan, H. B. Demuth, O. De Jesus, "An introduction to the use of neural networks in
control systems", International Journal of Robust and Nonlinear Control 12 (2002), with 0 to 4 A sampled every 0.01 s.
It gives no unit for y.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate

FIELD, FRICTION, MASS, GRAVITY = 15.0, 12.0, 3.0, 9.8
LONGEST_STEP = 0.005  # seconds of a Runge-Kutta step; one sample is made of as many as it takes


class LevitationRun(NamedTuple):
    """Row t is sample t + 1; row 0 is the start, before any current has acted."""

    position: np.ndarray  # (T,)
    velocity: np.ndarray  # (T,) per second


@njit(cache=True, nogil=True)
def _acceleration(position, velocity, current):
    return -GRAVITY + FIELD / MASS * current * current / position - FRICTION / MASS * velocity


@njit(cache=True, nogil=True)
def _step(y, v, current, dt):
    """The state after dt by the classical fourth-order step."""
    a1 = _acceleration(y, v, current)
    y2, v2 = y + 0.5 * dt * v, v + 0.5 * dt * a1
    a2 = _acceleration(y2, v2, current)
    y3, v3 = y + 0.5 * dt * v2, v + 0.5 * dt * a2
    a3 = _acceleration(y3, v3, current)
    y4, v4 = y + dt * v3, v + dt * a3
    a4 = _acceleration(y4, v4, current)
    return y + dt / 6.0 * (v + 2.0 * v2 + 2.0 * v3 + v4), v + dt / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)


@njit(cache=True, nogil=True)
def _run(current, y, v, dt, per_sample):
    position, velocity = np.empty(current.shape[0]), np.empty(current.shape[0])
    for t in range(current.shape[0]):
        position[t], velocity[t] = y, v
        for _ in range(per_sample):
            y, v = _step(y, v, current[t], dt)
    return position, velocity


def run(current, *, interval=0.01, position=0.5, velocity=0.0):
    """Where the magnet is at each sample: y(1) = position, y(t+1) from y(t) with current(t) held for `interval`.

    current: (T,) amperes, all > 0; interval > 0, seconds; position > 0 and velocity: the state at sample 1.
    Returns LevitationRun with .position and .velocity, both (T,). Raises ValueError for arguments that are not so, and
    where the magnet comes so near to the coil that the step is too coarse.
    """
    current = _validate.sequence("current", current)
    if current.min() <= 0:
        raise ValueError(f"current must be greater than 0, got {current.min()}")
    interval = _validate.number("interval", interval, above=0)
    start = _validate.number("position", position, above=0), _validate.number("velocity", velocity)
    per_sample = math.ceil(interval / LONGEST_STEP - 1e-9)
    found = LevitationRun(*_run(current, *start, interval / per_sample, per_sample))
    if not (np.isfinite(found.position).all() and found.position.min() > 0):
        raise ValueError("current is too low for the Runge-Kutta step: the magnet comes too near to the coil")
    return found


def resting_position(current):
    """Where the magnet rests, y = alpha i^2 / (M g). current: array of any shape, or a number."""
    return FIELD * _validate.array("current", current, np.shape(current)) ** 2 / (MASS * GRAVITY)


def random_current(n_steps, rng, *, low=1.0, high=3.0, shortest=5, longest=30):
    """A current that jumps to a random level and stays there for a random number of samples, (n_steps,).

    n_steps, shortest >= 1; longest >= shortest; 0 < low <= high, amperes; rng: numpy.random.Generator. Levels and
    durations are uniform. Raises ValueError for other arguments. Source: the excitation of the module's source.
    """
    n_steps = _validate.integer("n_steps", n_steps, low=1)
    shortest = _validate.integer("shortest", shortest, low=1)
    longest = _validate.integer("longest", longest, low=shortest)
    low = _validate.number("low", low, above=0)
    high = _validate.number("high", high, low=low)
    _validate.generator("rng", rng)
    found = np.empty(0)
    while found.size < n_steps:
        level, duration = rng.uniform(low, high), rng.integers(shortest, longest + 1)
        found = np.append(found, np.full(duration, level))
    return found[:n_steps]
