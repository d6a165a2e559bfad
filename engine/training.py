"""Training: backpropagation through time over a batch of sequences, clipping, then Adam or plain descent.

    g = mean over the batch of dF/dw,    g <- (clip / |g|) g  where |g| > clip, over all weights together
    descent   w <- w - learning_rate g
    adam      m <- 0.9 m + 0.1 g,    v <- 0.999 v + 0.001 g^2
              w <- w - learning_rate m / (1 - 0.9^k) / (sqrt(v / (1 - 0.999^k)) + 1e-8)        at update k

Every update draws a batch of its own, so no sequence is seen twice and the loss before the update is an honest test.
The same generator gives the same run, bit by bit on the same machine.

Sources: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1; Pascanu, Mikolov and
Bengio 2013 for the clipping. A forget bias well above 0 lets the cell keep its state before anything is learned:
F. Gers, J. Schmidhuber, F. Cummins, "Learning to forget", Neural Computation 12 (2000); about log(lag) serves best
according to C. Tallec, Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018.
"""

import functools
from typing import NamedTuple

import numpy as np

from engine import _batches, _validate, deep, gru, lstm, remedies, rnn, tasks
from engine.network import Network, checked, cross_entropy, mean_squared_error, n_inputs

METHODS = ("adam", "descent")
KINDS = ("rnn", "gru", "lstm")
LOSSES = {"squared error": mean_squared_error, "cross entropy": cross_entropy}

DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8


class Update(NamedTuple):
    """One update of the weights. The measures are those of its batch before the weights changed."""

    number: int  # from 1
    loss: float  # mean over the batch; inf or NaN where the network diverged
    gradient_norm: float  # before clipping
    accuracy: float  # share of right answers at the counted steps; NaN where d is neither +-1 nor a symbol


class Score(NamedTuple):
    loss: float  # mean over the sequences
    accuracy: float  # as in Update


def _cells(layers):
    """The layers one by one, the two of a bidirectional one after another."""
    for layer in layers:
        yield from layer if isinstance(layer, deep.Bidirectional) else (layer,)


def _vector(network):
    """All weights of the network in one vector."""
    arrays = [weights for cell in _cells(network.layers) for weights in cell.params if weights is not None]
    return np.concatenate([np.ravel(weights) for weights in (*arrays, network.V, network.b_out)])


def _with_weights(network, vector):
    """The network with its weights taken from the vector."""
    start = 0

    def taken(weights):
        nonlocal start
        if weights is None:
            return None
        start += np.size(weights)
        return vector[start - np.size(weights) : start].reshape(np.shape(weights)).copy()

    def cell(layer):
        return layer._replace(params=type(layer.params)(*map(taken, layer.params)))

    layers = tuple(
        deep.Bidirectional(*map(cell, layer)) if isinstance(layer, deep.Bidirectional) else cell(layer)
        for layer in network.layers
    )
    return Network(layers, taken(network.V), taken(network.b_out))


def _forward(network, x):
    """y (B, T, k), and what each layer and the readout hear, (B, T, m_l)."""
    heard = [_validate.array("batch.x", x, (None, None, n_inputs(network)))]
    for layer in network.layers:
        heard.append(_batches.forward(layer, heard[-1]))
    return heard[-1] @ network.V.T + network.b_out, heard


def _judge(y, batch, loss):
    """Loss, dF/dy (B, T, k) and share of right answers, over the counted steps of all sequences."""
    # sequences in a row: the same steps count in each, so the mean over all of them is the mean over the batch
    outputs, targets = y.reshape(-1, y.shape[2]), batch.d.reshape(-1, *batch.d.shape[2:])
    counted = np.tile(batch.counted, len(y))
    result = LOSSES[loss](outputs, targets, counted=counted)
    answers, targets = outputs[counted], targets[counted]
    if loss == "cross entropy":
        right = float((answers.argmax(axis=1) == targets).mean())
    else:
        right = float((answers * targets > 0).mean()) if (np.abs(targets) == 1).all() else np.nan
    return result.loss, result.dF_dy.reshape(y.shape), right


def _backward(network, heard, dF_dy):
    """dF/dw for all weights, in the order of `_vector`."""
    rows, h = dF_dy.reshape(-1, len(network.V)), heard[-1].reshape(-1, network.V.shape[1])
    arrays, dF_dh = [rows.T @ h, rows.sum(axis=0)], dF_dy @ network.V
    for layer, x in zip(reversed(network.layers), reversed(heard[:-1]), strict=True):
        found, dF_dh = _batches.bptt(layer, x, dF_dh)
        arrays = found + arrays
    return np.concatenate([derivative.ravel() for derivative in arrays])


class _Adam:
    def __init__(self, learning_rate):
        self.learning_rate, self.number, self.mean, self.square = learning_rate, 0, 0.0, 0.0

    def change(self, gradient):
        self.number += 1
        self.mean = DECAY * self.mean + (1 - DECAY) * gradient
        self.square = SQUARE_DECAY * self.square + (1 - SQUARE_DECAY) * gradient**2
        if not np.isfinite(self.square).all():
            # a square that overflowed would stop its weight for good, and look like rest
            return np.full_like(gradient, np.inf)
        mean = self.mean / (1 - DECAY**self.number)
        root = np.sqrt(self.square / (1 - SQUARE_DECAY**self.number))
        return -self.learning_rate * mean / (root + EPSILON)


class _Descent:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def change(self, gradient):
        return -self.learning_rate * gradient


def rule(method, learning_rate):
    """The rule of one of METHODS: its `change(gradient)` says by how much a vector of weights moves."""
    return (_Adam if _validate.choice("method", method, METHODS) == "adam" else _Descent)(learning_rate)


class Trainer:
    """Trains a network on batches that it draws; the equations are the module's.

    network: engine.network.Network to start from, which stays as it is; draw(rng, count=...) -> tasks.Batch;
    loss: "squared error" or "cross entropy"; method: one of METHODS; learning_rate > 0; clip: the largest gradient
    norm, > 0, or None; batch_size >= 1; rng: numpy.random.Generator. Raises ValueError for anything else.

    .network is the present network, .n_updates how many updates it has had, .diverged the number of the update whose
    loss, gradient or new weights were inf or NaN (None so far). Sources: those of the module.
    """

    def __init__(self, network, draw, *, loss, method="adam", learning_rate, clip=None, batch_size, rng):
        self.network, self.n_updates, self.diverged = checked(network), 0, None
        self._draw = draw
        self._loss = _validate.choice("loss", loss, tuple(LOSSES))
        learning_rate = _validate.number("learning_rate", learning_rate, above=0)
        self._rule = rule(method, learning_rate)
        self._clip = None if clip is None else _validate.number("clip", clip, above=0)
        self._batch_size = _validate.integer("batch_size", batch_size, low=1)
        self._rng = _validate.generator("rng", rng)
        self._weights = _vector(self.network)

    @np.errstate(all="ignore")
    def step(self):
        """Draw a batch, update the weights once and return Update.

        Where something overflows the Update says so by an inf or NaN, `.diverged` is set and the weights stay as they
        were. Raises ValueError at every later call.
        """
        if self.diverged is not None:
            raise ValueError(f"diverged at update {self.diverged}: start again with a smaller learning_rate or a clip")
        self.n_updates += 1
        batch = self._draw(self._rng, count=self._batch_size)
        y, heard = _forward(self.network, batch.x)
        loss, dF_dy, accuracy = _judge(y, batch, self._loss)
        gradient = _backward(self.network, heard, dF_dy)
        norm = float(np.linalg.norm(gradient))
        if np.isfinite(loss) and np.isfinite(gradient).all():
            if self._clip is not None:
                gradient, norm, _ = remedies.clip_by_norm(gradient, self._clip)
            weights = self._weights + self._rule.change(gradient)
        else:
            weights = np.full_like(self._weights, np.nan)
        if np.isfinite(weights).all():
            self._weights, self.network = weights, _with_weights(self.network, weights)
        else:
            self.diverged = self.n_updates
        return Update(self.n_updates, loss, norm, accuracy)


@np.errstate(all="ignore")
def evaluate(network, draw, rng, count, *, loss="squared error"):
    """Loss and accuracy on `count` sequences drawn anew: Score(.loss, .accuracy), means over the sequences.

    network: engine.network.Network; draw(rng, count=...) -> tasks.Batch; rng: numpy.random.Generator; count >= 1;
    loss as for Trainer. Raises ValueError for anything else.
    """
    batch = draw(_validate.generator("rng", rng), count=_validate.integer("count", count, low=1))
    y, _ = _forward(checked(network), batch.x)
    loss, _, accuracy = _judge(y, batch, _validate.choice("loss", loss, tuple(LOSSES)))
    return Score(loss, accuracy)


def initial(kind, n_units, n_inputs, n_outputs, rng, *, forget_bias=0.0):
    """A network of one layer with random weights, uniform in +-1/sqrt(n_units), and biases 0: Network.

    kind: one of KINDS. forget_bias is the bias of the LSTM's forget gate and of the GRU's update gate z, which keeps
    the old state likewise; the plain network has no such gate, and it makes no difference there.
    n_units, n_inputs, n_outputs >= 1; rng: numpy.random.Generator. Raises ValueError for anything else.
    """
    _validate.choice("kind", kind, KINDS)
    forget_bias = _validate.number("forget_bias", forget_bias)
    n_outputs = _validate.integer("n_outputs", n_outputs, low=1)
    if kind == "lstm":
        params = lstm.initial(n_units, n_inputs, rng, forget_bias=forget_bias)
    else:
        params = {"rnn": rnn, "gru": gru}[kind].initial(n_units, n_inputs, rng)
    if kind == "gru":
        params.b[n_units : 2 * n_units] = forget_bias
    V = rng.uniform(-1, 1, (n_outputs, n_units)) / np.sqrt(n_units)
    return Network((deep.Layer(kind, params, {}),), V, np.zeros(n_outputs))


def recall_trainer(
    kind, *, lag, n_units, learning_rate, method="adam", clip=1.0, seed=0, forget_bias=0.0, batch_size=16
):
    """A Trainer for `tasks.recall` at this lag, with a network of `initial` and squared error.

    kind, n_units, forget_bias as in `initial`; lag as in `tasks.recall`; seed: a whole number >= 0 that decides the
    weights and all batches, which are the same for every kind; the rest as in Trainer. Raises ValueError for anything
    else.
    """
    # Kinds draw different numbers of weights: with one generator for both they would not see the same batches.
    weights_rng, batch_rng = np.random.default_rng(_validate.integer("seed", seed, low=0)).spawn(2)
    draw = functools.partial(tasks.recall, _validate.integer("lag", lag, low=1))
    network = initial(kind, n_units, 2, 1, weights_rng, forget_bias=forget_bias)
    return Trainer(
        network,
        draw,
        loss="squared error",
        method=method,
        learning_rate=learning_rate,
        clip=clip,
        batch_size=batch_size,
        rng=batch_rng,
    )
