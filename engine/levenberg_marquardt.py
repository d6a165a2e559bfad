"""Levenberg-Marquardt: least squares for residuals with a Jacobian, between Gauss-Newton and steepest descent.

    F(w) = sum of e_i(w)^2,    J = de/dw (N, P)
    (J^T J + mu I) dw = -J^T e,    w <- w + dw where that lowers F, and mu <- mu / 10; else mu <- 10 mu and try again

A small damping mu gives the Gauss-Newton step, a large one a short step against the gradient. It suits networks of up
to some hundred weights: each update solves a system of P equations.

Sources: K. Levenberg, Quarterly of Applied Mathematics 2 (1944); D. Marquardt, SIAM Journal on Applied Mathematics 11
(1963); for networks M. T. Hagan and M. B. Menhaj, IEEE Transactions on Neural Networks 5 (1994).
"""

from typing import NamedTuple

import numpy as np

from engine import _validate

FACTOR = 10.0
LARGEST_DAMPING = 1e12  # relative to the largest curvature: beyond it a step moves nothing


class Update(NamedTuple):
    """What one call of `step` has done."""

    number: int  # from 1
    loss: float  # F after it
    damping: float  # mu that the step was taken with
    gradient_norm: float  # |2 J^T e| before it
    n_tried: int  # steps that were tried, the last of them taken where `lowered`
    lowered: bool  # False: no step lowers F any more, and the weights are as they were


class Minimum(NamedTuple):
    """Row k of the arrays is the state after k updates."""

    weights: np.ndarray  # (P,) at the end
    path: np.ndarray  # (updates + 1, P)
    loss: np.ndarray  # (updates + 1,)
    damping: np.ndarray  # (updates + 1,) mu with which the next update begins


class Trainer:
    """Takes one update after another; the equations are the module's.

    residuals(w) -> (e (N,), J (N, P)) for weights w (P,); weights: (P,) to start from; damping: mu of the first try,
    > 0. Raises ValueError for arguments that are not so, and where e or J at the start are not finite.

    .weights (P,), .loss, .damping are the present ones, .n_updates counts, and .finished says that no step lowers F.
    """

    def __init__(self, residuals, weights, *, damping=0.01):
        self._residuals = residuals
        self.weights = _validate.sequence("weights", weights)
        self.damping = _validate.number("damping", damping, above=0)
        self.n_updates, self.finished = 0, False
        errors, jacobian = self._residuals(self.weights.copy())
        self._errors = _validate.sequence("residuals(weights)[0]", errors)
        shape = (self._errors.size, self.weights.size)
        self._jacobian = _validate.array("residuals(weights)[1]", jacobian, shape)
        self.loss = float(self._errors @ self._errors)

    @np.errstate(all="ignore")
    def step(self):
        """Lower F once, raising the damping until a step does; returns Update."""
        self.n_updates += 1
        curvature, slope = self._jacobian.T @ self._jacobian, self._jacobian.T @ self._errors
        norm, limit, n_tried = 2 * float(np.linalg.norm(slope)), LARGEST_DAMPING * max(curvature.max(), 1e-300), 0
        while not self.finished:
            damping, n_tried = self.damping, n_tried + 1
            if self._try(curvature, slope):
                self.damping = max(damping / FACTOR, 1e-300)
                return Update(self.n_updates, self.loss, damping, norm, n_tried, True)
            self.damping = damping * FACTOR
            self.finished = norm == 0 or self.damping > limit
        return Update(self.n_updates, self.loss, self.damping, norm, n_tried, False)

    def _try(self, curvature, slope):
        """Take the step of the present damping where it lowers F; says whether it does."""
        damped = curvature + self.damping * np.eye(slope.size)
        try:
            weights = self.weights - np.linalg.solve(damped, slope)
        except np.linalg.LinAlgError:
            return False
        if not np.isfinite(weights).all():
            return False
        errors, jacobian = self._residuals(weights.copy())
        loss = float(np.dot(errors, errors))
        if not (loss < self.loss and np.isfinite(jacobian).all()):
            return False
        self.weights, self.loss = weights, loss
        self._errors, self._jacobian = np.asarray(errors), np.asarray(jacobian)
        return True


def minimise(residuals, weights, *, n_updates=100, damping=0.01):
    """Up to n_updates updates, fewer where no step lowers F any more.

    residuals(w) -> (e (N,), J (N, P)); weights: (P,) to start from; n_updates >= 0; damping > 0. Returns Minimum with
    .weights, .path, .loss, .damping. Raises ValueError as Trainer does. Sources: those of the module.
    """
    trainer = Trainer(residuals, weights, damping=damping)
    path, loss, dampings = [trainer.weights], [trainer.loss], [trainer.damping]
    for _ in range(_validate.integer("n_updates", n_updates, low=0)):
        if not trainer.step().lowered:
            break
        path.append(trainer.weights)
        loss.append(trainer.loss)
        dampings.append(trainer.damping)
    return Minimum(path[-1], np.array(path), np.array(loss), np.array(dampings))
