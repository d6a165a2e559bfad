"""Training of NARX networks: in series-parallel or in parallel, by Levenberg-Marquardt or by gradient descent.

    F = mean over t of |d(t) - y(t)|^2

Series-parallel: the teacher's past outputs are heard, so the network is static (Fig. 12.7, E12.3). Noise on what the
teacher says, fresh for each value, makes the network hear errors like its own while it learns.
Parallel: the network hears its own outputs, and derivatives go through the loop: by BPTT for descent (Eqs. 12.8, 12.9),
forward in time for the Jacobian of Levenberg-Marquardt (Eqs. 12.6, 12.7).
Descent is Adam with the gradient's norm clipped, as in `engine.training`.

Sources: Neural Network Design, Deep Learning, chapter 12; K. S. Narendra and K. Parthasarathy, "Identification and
control of dynamical systems using neural networks", IEEE Transactions on Neural Networks 1 (1990), for the
arrangements; D. Kingma, J. Ba, ICLR 2015, for Adam; noise on inputs: C. M. Bishop, Neural Computation 7 (1995).
"""

from typing import NamedTuple

import numpy as np

from engine import _validate, levenberg_marquardt, narx, remedies
from engine.narx import NarxParams

ARRANGEMENTS = ("series-parallel", "parallel")
METHODS = ("levenberg-marquardt", "descent")
N_COPIES = 4  # of the noisy teacher that Levenberg-Marquardt fits: its residuals must not change under its hands
CLIP = 1.0
DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8


class Record(NamedTuple):
    """What was measured at a plant; y(t) follows from x(t-1), x(t-2) and so on."""

    x: np.ndarray  # (T, m)
    y: np.ndarray  # (T, k)


class Update(NamedTuple):
    number: int  # from 1
    loss: float  # F after the update, as the arrangement hears it; with noise, on the noisy teacher


def initial(n_units, input_delays, feedback_delays, rng, *, n_inputs=1, n_outputs=1):
    """Weights to start learning from: uniform in +-1/sqrt(what the layer hears), b uniform in +-1, b_out = 0.

    All numbers are whole and >= 1; delays are 1 ... input_delays and 1 ... feedback_delays; rng:
    numpy.random.Generator. Returns NarxParams; raises ValueError for other arguments.
    """
    n, d, depth = (
        _validate.integer(name, value, low=1)
        for name, value in (("n_units", n_units), ("input_delays", input_delays), ("feedback_delays", feedback_delays))
    )
    m, k = _validate.integer("n_inputs", n_inputs, low=1), _validate.integer("n_outputs", n_outputs, low=1)
    rng = _validate.generator("rng", rng)
    reach = 1 / np.sqrt(d * m + depth * k)
    U, W = rng.uniform(-reach, reach, (d, n, m)), rng.uniform(-reach, reach, (depth, n, k))
    b, V = rng.uniform(-1, 1, n), rng.uniform(-1, 1, (k, n)) / np.sqrt(n)
    return NarxParams(U, W, b, V, np.zeros(k))


def vector(params):
    """All weights in one vector (P,): the augmented matrix, b, V, b_out, each row by row, as in `narx.jacobian`."""
    params = narx.checked(params)
    return np.concatenate([narx.augmented(params).ravel(), params.b, params.V.ravel(), params.b_out])


def from_vector(weights, like):
    """NarxParams of the shapes of `like` from a vector (P,). Raises ValueError for another length."""
    like = narx.checked(like)
    A = narx.augmented(like)
    n, k = like.b.size, like.b_out.size
    ends = np.cumsum([A.size, n, n * k, k])
    weights = _validate.sequence("weights", weights, int(ends[-1]))
    stacked, b, V, b_out = np.split(weights, ends[:-1])
    U, W = narx.taken_apart(stacked.reshape(A.shape), like)
    return NarxParams(U, W, b.copy(), V.reshape(like.V.shape).copy(), b_out.copy())


def in_units(params, *, x_shift, x_scale, y_shift, y_scale):
    """The same network for x and y in their own units, where `params` belongs to (x - x_shift) / x_scale and so on.

    The scaling goes into the weights, so that nothing has to be scaled any more. All four are numbers, scales > 0.
    """
    params = narx.checked(params)
    x_scale = _validate.number("x_scale", x_scale, above=0)
    y_scale = _validate.number("y_scale", y_scale, above=0)
    U, W = params.U / x_scale, params.W / y_scale
    b = params.b - U.sum(axis=(0, 2)) * x_shift - W.sum(axis=(0, 2)) * y_shift
    return NarxParams(U, W, b, params.V * y_scale, params.b_out * y_scale + y_shift)


def parted(record, params):
    """A record as `narx.run` takes it: x, d and {x_before, y_before}, after as many samples as the longest delay."""
    longest = max(len(params.U), len(params.W))
    x, y = np.asarray(record.x, dtype=float), np.asarray(record.y, dtype=float)
    if len(x) != len(y) or len(x) <= longest:
        raise ValueError(f"record must have x and y of equal length, above {longest}, got {len(x)} and {len(y)}")
    return x[longest:], y[longest:], {"x_before": x[:longest], "y_before": y[:longest]}


class Trainer:
    """Trains a tanh network on one record; the equations are the module's.

    record: Record; params: NarxParams to start from, which stay as they are; arrangement: one of ARRANGEMENTS; method:
    one of METHODS; learning_rate > 0, of descent; noise >= 0: standard deviation of the teacher's noise, in
    series-parallel only; rng: numpy.random.Generator, of the noise. Raises ValueError for anything else.

    .params is the present network, .n_updates counts its updates, .finished says that no step lowers the loss.
    """

    def __init__(
        self,
        record,
        params,
        *,
        arrangement="series-parallel",
        method="levenberg-marquardt",
        learning_rate=0.01,
        noise=0.0,
        rng=None,
    ):
        self.params, self.n_updates, self.finished = narx.checked(params), 0, False
        self._x, self._d, self._before = parted(record, self.params)
        if self._d.ndim == 1:
            self._d = self._d[:, np.newaxis]
        self._open = _validate.choice("arrangement", arrangement, ARRANGEMENTS) == ARRANGEMENTS[0]
        self._noise = _validate.number("noise", noise, low=0) if self._open else 0.0
        self._rng = _validate.generator("rng", rng) if self._noise else np.random.default_rng(0)
        self._fit: levenberg_marquardt.Trainer | None = None
        learning_rate = _validate.number("learning_rate", learning_rate, above=0)
        if _validate.choice("method", method, METHODS) == METHODS[0]:
            self._teachers = [self._teacher() for _ in range(N_COPIES if self._noise else 1)]
            self._fit = levenberg_marquardt.Trainer(self._residuals, vector(self.params))
        else:
            self._adam = _Adam(learning_rate, vector(self.params))

    def step(self):
        """Update the weights once; returns Update. Where no step lowers the loss, `.finished` is set."""
        self.n_updates += 1
        if self._fit is None:
            return Update(self.n_updates, self._descend())
        update = self._fit.step()
        self.params, self.finished = from_vector(self._fit.weights, self.params), not update.lowered
        return Update(self.n_updates, update.loss)

    def _teacher(self):
        """What is fed back: nothing, the targets, or the targets with noise drawn anew."""
        if not self._open:
            return None
        return self._d + self._noise * self._rng.standard_normal(self._d.shape) if self._noise else self._d

    def _residuals(self, weights):
        params, errors, jacobians = from_vector(weights, self.params), [], []
        for teacher in self._teachers:
            given = {**self._before, "teacher": teacher}
            errors.append((narx.run(self._x, params, **given).y - self._d).ravel())
            jacobians.append(narx.jacobian(self._x, params, **given).reshape(errors[-1].size, -1))
        share = 1 / np.sqrt(len(self._d) * len(self._teachers))
        return share * np.concatenate(errors), share * np.concatenate(jacobians)

    def _descend(self):
        """One update by the gradient at the present weights; returns the loss after it."""
        teacher = self._teacher()
        given = {**self._before, "teacher": teacher}
        found = narx.gradient(self._x, self._d, self.params, **given)
        shares = NarxParams(found.dU, found.dW, found.db, found.dV, found.db_out)
        self._adam.change(remedies.clip_by_norm(vector(shares) / len(self._d), CLIP).gradient)
        self.params = from_vector(self._adam.weights, self.params)
        return float(((narx.run(self._x, self.params, **given).y - self._d) ** 2).sum() / len(self._d))


class _Adam:
    def __init__(self, learning_rate, weights):
        self.learning_rate, self.weights = learning_rate, weights
        self._number, self._mean, self._square = 0, 0.0, 0.0

    def change(self, gradient):
        self._number += 1
        self._mean = DECAY * self._mean + (1 - DECAY) * gradient
        self._square = SQUARE_DECAY * self._square + (1 - SQUARE_DECAY) * gradient**2
        mean = self._mean / (1 - DECAY**self._number)
        root = np.sqrt(self._square / (1 - SQUARE_DECAY**self._number))
        self.weights = self.weights - self.learning_rate * mean / (root + EPSILON)
