"""One gradient computed three ways, and what each copy, each window and each weight has to do with it."""

from typing import Any, NamedTuple

import numpy as np

from engine import differences, gradients, rnn
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.weights import PLACES, SHARED

METHODS = ("BPTT", "unrolled", "RTRL")
EPSILON = 1e-5  # of the finite differences


class Result(NamedTuple):
    """Everything at the present weights. Row t of an array is copy t + 1."""

    chosen: str  # the weight whose terms are shown
    x: np.ndarray  # (T,)
    d: np.ndarray  # (T, k) targets, of the units or of the one output
    weights: dict[str, np.ndarray]  # by array name: U (n, 1), W (n, n), b (n,), h0 (n,), V (1, n), b_out (1,)
    run: rnn.RnnRun
    slope: np.ndarray  # (T, n) f'(a)
    loss: gradients.Loss | gradients.Output
    bptt: gradients.Gradients
    copies: gradients.UnrolledGradients
    forward: gradients.ForwardGradients
    windows: list[gradients.Gradients]  # truncated BPTT with window 1, 2 … T

    @property
    def before(self) -> np.ndarray:
        """(T, n) the state that enters each copy, h(t−1)."""
        return np.vstack([self.weights["h0"], self.run.h[:-1]])

    def terms(self, name: str = "") -> np.ndarray:
        """(T,) what each copy contributes to the derivative by a shared weight, the chosen one unless named."""
        array, index = SHARED[name or self.chosen]
        copies = self.copies
        per_copy = {"W": copies.dW_per_copy, "U": copies.dU_per_copy, "b": copies.db_per_copy}[array]
        place: tuple[Any, ...] = (slice(None), *index)
        return per_copy[place]

    def shares(self) -> np.ndarray:
        """(T,) size of each copy's term, as a share of all sizes; zeros where there is no term at all."""
        sizes = np.abs(self.terms())
        return sizes / (sizes.sum() or 1.0)

    def derivative(self, name: str, method: str) -> float:
        """The derivative of the loss by one weight, as a method gives it; the output layer's is the same for all."""
        array, index = PLACES[name]
        if array in ("V", "b_out"):
            return float(getattr(self.loss, f"d{array}")[index])
        found = {"BPTT": self.bptt, "unrolled": self.copies, "RTRL": self.forward}[method]
        return float(getattr(found, f"d{array}")[index])

    def truncated(self) -> np.ndarray:
        """(T,) the chosen weight's derivative with window 1, 2 … T."""
        array, index = SHARED[self.chosen]
        return np.array([getattr(found, f"d{array}")[index] for found in self.windows])

    def truncation_error(self) -> np.ndarray:
        """(T,) the relative error of all of ∂F/∂W, in the Frobenius norm, with window 1, 2 … T."""
        exact = self.bptt.dW
        errors = [np.linalg.norm(found.dW - exact) for found in self.windows]
        return np.array(errors) / (np.linalg.norm(exact) or np.nan)


def compute(m: UnrolledParameters) -> Result:
    """States, loss, and the gradient by all three methods and with every window."""
    w, x, d = m.weights(), m.sequence("x"), m.targets()
    run, loss = forward(m, w, x, d)
    given = (x, rnn.RnnParams(w["U"], w["W"], w["b"]), loss.explicit)
    h0, activation = w["h0"], m.activation
    return Result(
        chosen=m.chosen,
        x=x,
        d=d,
        weights=w,
        run=run,
        slope=rnn.derivative(run.a, activation),
        loss=loss,
        bptt=gradients.bptt(*given, h0=h0, activation=activation),
        copies=gradients.unrolled(*given, h0=h0, activation=activation),
        forward=gradients.rtrl(*given, h0=h0, activation=activation),
        windows=gradients.windows(*given, h0=h0, activation=activation),
    )


def forward(
    m: UnrolledParameters, weights: dict[str, np.ndarray], x: np.ndarray, d: np.ndarray
) -> tuple[rnn.RnnRun, gradients.Loss | gradients.Output]:
    """States and loss at some weights."""
    params = rnn.RnnParams(weights["U"], weights["W"], weights["b"])
    run, at = rnn.run(x, params, h0=weights["h0"], activation=m.activation), m.loss_at.split()[0]
    if m.output_layer:
        return run, gradients.output_layer(run.h, weights["V"], weights["b_out"], d, at=at)
    return run, gradients.sum_squared_error(run.h, d, at=at)


def moved(m: UnrolledParameters, r: Result) -> differences.Differences:
    """The derivative by every weight, as a difference of two losses."""
    w = r.weights
    params = rnn.RnnParams(w["U"], w["W"], w["b"])
    layer = {"V": w["V"], "b_out": w["b_out"]} if m.output_layer else {}
    return differences.of_loss(
        r.x, params, r.d, h0=w["h0"], activation=m.activation, at=m.loss_at.split()[0], epsilon=EPSILON, **layer
    )


def compared(m: UnrolledParameters, r: Result) -> np.ndarray:
    """(weights, 4) the derivative by each weight of the table, by each method and as a finite difference."""
    found = moved(m, r)

    def difference(name: str) -> float:
        array, index = PLACES[name]
        return float(getattr(found, f"d{array}")[index])

    return np.array([[*(r.derivative(name, of) for of in METHODS), difference(name)] for name in m.names()])


def felt(m: UnrolledParameters, r: Result, step: int) -> np.ndarray:
    """(n,) ∂h(step)/∂w for the chosen weight, by RTRL: the gradient of a loss that is one unit's last state."""
    array, index = SHARED[r.chosen]
    params, found = rnn.RnnParams(r.weights["U"], r.weights["W"], r.weights["b"]), np.zeros(m.n_units)
    for unit in range(m.n_units if step else 0):
        explicit = np.zeros((step, m.n_units))
        explicit[-1, unit] = 1.0
        gradient = gradients.rtrl(r.x[:step], params, explicit, h0=r.weights["h0"], activation=m.activation)
        found[unit] = getattr(gradient, f"d{array}")[index]
    return found
