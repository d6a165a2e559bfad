"""The networks of the course, each written as one LDDN from the parameters of its own module.

    FTDNN          h = f(sum of U(d) x(t-d) + b), y = V h + b_out                                    Fig. 12.1, P12.1
    DTDNN          every layer hears the one below through delays                                    Fig. 12.2, E12.1
    gamma line     one layer per tap: a_k(t) = alpha a_(k-1)(t-1) + (1-alpha) a_k(t-1)               P12.3 i, Fig. 12.4
    FGMN           the gamma line under a static net                                                 Fig. 12.5, E12.4
    NARX           h hears x and y through delays from 1 on, y hears h                               Fig. 12.6, E12.2
    RNN, parity    h hears itself one step later, y hears h                                          Figs. 12.8, 12.14
    gated carousel c hears x through gate i and itself through gate f, y hears c through gate o      Fig. 12.16
    LSTM, GRU      the layers of their figures, gates as layers                                      Figs. 12.17, 12.18

Layers stand in the textbook's order, so that layer m of a figure is layer m here. Initial states go in as `before`.
"""

import numpy as np

from engine import _validate, parity
from engine.lddn.network import Connection, Layer, Network


def _by_delay(U, n_delays):
    """(n, D m) with the delays side by side, as (D, n, m)."""
    U = _validate.array("U", U, (None, None))
    if U.shape[1] % n_delays:
        raise ValueError(f"U must have the same number of columns for each of {n_delays} delays, got {U.shape[1]}")
    return U.reshape(U.shape[0], n_delays, -1).transpose(1, 0, 2)


def ftdnn(params, delays, *, activation="tanh"):
    """Focused time delay network: inputs x; layers h, y.

    params: U (n, D m), b (n,), V (k, n), b_out (k,); columns of U: all inputs of the first delay, then of the next.
    Raises ValueError as `prepare` does. Source: Fig. 12.1, P12.1.
    """
    U, b, V, b_out = params
    delays = tuple(delays)
    heard = Connection("x", _by_delay(U, len(delays)), delays)
    return Network((Layer("h", (heard,), b, activation), Layer("y", (Connection("h", V),), b_out)))


def dtdnn(layers):
    """Distributed time delay network, or causal convolution: inputs x; layers h1, h2, ..., the last one y.

    layers: for each W (D, n, m), b (n,), D delays and an activation. Source: Fig. 12.2, E12.1.
    """
    names = ["x", *(f"h{number}" for number in range(1, len(layers))), "y"]
    made = []
    for below, name, (W, b, delays, activation) in zip(names[:-1], names[1:], layers, strict=True):
        made.append(Layer(name, (Connection(below, W, tuple(int(delay) for delay in delays)),), b, activation))
    return Network(tuple(made))


def _tap_names(taps):
    return [f"a{k}" for k in range(1, _validate.integer("taps", taps, low=1) + 1)]


def _gamma_layers(alpha, taps, n_inputs):
    alpha = _validate.number("alpha", alpha)
    names, identity = _tap_names(taps), np.eye(_validate.integer("n_inputs", n_inputs, low=1))
    return tuple(
        Layer(name, (Connection(below, alpha * identity, 1), Connection(name, (1 - alpha) * identity, 1)))
        for below, name in zip(("x", *names), names, strict=False)
    )


def gamma(alpha, *, taps=1, n_inputs=1):
    """Tapped gamma memory line: inputs x; layers a1, a2, ... The delay stands before the sum instead of behind it.

    alpha: a finite number. Source: P12.3 i and Fig. 12.4; dF/dalpha is `gamma_slope` of the gradient.
    """
    return Network(_gamma_layers(alpha, taps, n_inputs))


def gamma_slope(gradients, taps):
    """dF/dalpha of `gamma` or `fgmn`: alpha stands in both weights of each tap, so dF/dIW - dF/dLW is summed.

    gradients: what `bptt` or `rtrl` returned; taps: their number. Source: chain rule, P12.3 ii.
    """
    total = 0.0
    for name in _tap_names(taps):
        fed, kept = gradients.layers[name].weights
        total += float(np.trace(fed) - np.trace(kept))
    return total


def fgmn(params, alpha, taps, *, activation="tanh"):
    """Focused gamma memory network: inputs x; layers a1 ... aK, h, y.

    params: U (n, K m), b (n,), V (k, n), b_out (k,); columns of U: all inputs of the first tap, then of the next.
    Source: Fig. 12.5, E12.4.
    """
    U, b, V, b_out = params
    names = _tap_names(taps)
    weights = _by_delay(U, len(names))
    heard = tuple(Connection(name, weight) for name, weight in zip(names, weights, strict=True))
    line = _gamma_layers(alpha, taps, weights.shape[2])
    return Network((*line, Layer("h", heard, b, activation), Layer("y", (Connection("h", V),), b_out)))


def narx(params, *, activation="tanh", teacher=False):
    """NARX network: inputs x, with a teacher also d; layers h, y.

    params: U (d, n, m), W (D, n, k), b (n,), V (k, n), b_out (k,), as `engine.narx.NarxParams`. With teacher=True the
    feedback comes from an input d instead of y, which opens the loop (Fig. 12.7). Source: Fig. 12.6, E12.2.
    """
    U, W, b, V, b_out = params
    inputs, outputs = (tuple(range(1, len(weights) + 1)) for weights in (U, W))
    heard = Connection("x", U, inputs), Connection("d" if teacher else "y", W, outputs)
    layers = Layer("h", heard, b, activation), Layer("y", (Connection("h", V),), b_out)
    return Network(layers, ("x", "d") if teacher else ("x",))


def rnn(params, V=None, b_out=None, *, activation="tanh"):
    """Recurrent network: inputs x; layers h and, with V (k, n), a linear y.

    params: U (n, m), W (n, n), b (n,), as `engine.rnn.RnnParams`. Source: Eqs. 12.4 and 12.5, Figs. 12.8 and 12.9.
    """
    U, W, b = params
    layers = [Layer("h", (Connection("x", U), Connection("h", W, 1)), b, activation)]
    if V is not None:
        layers.append(Layer("y", (Connection("h", V),), b_out))
    return Network(tuple(layers))


def parity_network(weights=parity.EXACT, *, activation="hardlim", steepness=10.0):
    """The parity network: inputs x; layers h, y.

    weights: `engine.parity.ParityWeights`. With activation "logistic" the steepness stands in weights and biases, so
    net inputs are steepness times those of `engine.parity`. Source: Fig. 12.14, Eq. 12.36.
    """
    gain = 1.0 if activation == "hardlim" else _validate.number("steepness", steepness, above=0)
    U, W, b, V, b_out = (gain * np.asarray(values) for values in weights)
    hidden = Layer("h", (Connection("x", U[:, np.newaxis]), Connection("h", W, 1)), b, activation)
    return Network((hidden, Layer("y", (Connection("h", V[np.newaxis]),), b_out.reshape(1), activation)))


def carousel(w=1.0):
    """The gated carousel, a scalar: inputs x, i, f, o, the gates among them; layers c, y.

    w: its self-weight. Source: Figs. 12.15 and 12.16; the output gate is that of Fig. 12.17.
    """
    kept = Connection("c", np.array([[_validate.number("w", w)]]), 1, gate="f")
    cell = Layer("c", (Connection("x", gate="i"), kept))
    return Network((cell, Layer("y", (Connection("c", gate="o"),))), ("x", "i", "f", "o"))


def lstm(params):
    """LSTM: inputs x; layers g, i, f, o, c, tanh c, h, numbered 1 to 7 as in the figure.

    params: U (4n, m), W (4n, n), b (4n,), P (3, n) or None, row blocks i, f, g, o, as `engine.lstm.LstmParams`. A
    peephole is a diagonal weight: c(t-1) to i and f, c(t) to o. Source: Fig. 12.17.
    """
    U, W, b, P = (*params, None)[:4]
    U, W, b = (np.split(np.asarray(values, dtype=float), 4) for values in (U, W, b))
    layers = []
    for name, row in (("g", 2), ("i", 0), ("f", 1), ("o", 3)):
        heard = [Connection("x", U[row]), Connection("h", W[row], 1)]
        if P is not None and name != "g":
            heard.append(Connection("c", np.diag(P["ifo".index(name)]), 0 if name == "o" else 1))
        layers.append(Layer(name, tuple(heard), b[row], "tanh" if name == "g" else "logistic"))
    cell = Layer("c", (Connection("g", gate="i"), Connection("c", delays=1, gate="f")))
    squashed = Layer("tanh c", (Connection("c"),), None, "tanh")
    return Network((*layers, cell, squashed, Layer("h", (Connection("tanh c", gate="o"),))))


def gru(params):
    """GRU, reset before the product: inputs x; layers n, r, r h, u, n - h, h, numbered 1 to 6 as in the figure.

    params: U (3n, m), W (3n, n), b (3n,), row blocks r, z, n, as `engine.gru.GruParams`. The textbook's update gate u
    lets the new in, z keeps the old: u = 1 - z, so u has the weights of z with the other sign. Source: Fig. 12.18.
    """
    U, W, b = (np.split(np.asarray(values, dtype=float), 3) for values in params)
    n_units = len(b[0])
    layers = (
        Layer("n", (Connection("x", U[2]), Connection("r h", W[2])), b[2], "tanh"),
        Layer("r", (Connection("x", U[0]), Connection("h", W[0], 1)), b[0], "logistic"),
        Layer("r h", (Connection("h", delays=1, gate="r"),)),
        Layer("u", (Connection("x", -U[1]), Connection("h", -W[1], 1)), -b[1], "logistic"),
        Layer("n - h", (Connection("n"), Connection("h", -np.eye(n_units), 1))),
        Layer("h", (Connection("n - h", gate="u"), Connection("h", delays=1))),
    )
    return Network(layers)
