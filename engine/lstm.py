"""Long short-term memory: a cell that keeps its content by itself, and three gates that open and close it.

    i(t) = s(U_i x(t) + W_i h(t-1) + P_i c(t-1) + b_i)       (n,)  input gate
    f(t) = s(U_f x(t) + W_f h(t-1) + P_f c(t-1) + b_f)       (n,)  forget gate
    g(t) = tanh(U_g x(t) + W_g h(t-1) + b_g)                 (n,)  candidate
    c(t) = f(t) c(t-1) + i(t) g(t)                           (n,)  cell, c(0) = c0
    o(t) = s(U_o x(t) + W_o h(t-1) + P_o c(t) + b_o)         (n,)  output gate
    h(t) = o(t) tanh(c(t))                                   (n,)  output, h(0) = h0

s is the logistic function, products of signals go unit by unit, and P are the peepholes, which may be absent.
Rows are stacked in the order i, f, g, o, those of P in the order i, f, o. Arrays are (T, ...); index 0 is step 1.

Variants: "no forget gate" has f = 1 (the form of 1997), "coupled gates" has i = 1 - f. The rows of the gate that is
not computed stay in the arrays, unused.

Sources: Neural Network Design, Deep Learning, chapter 12, Fig. 12.17. Hochreiter and Schmidhuber 1997: cell and
truncated gradient. Gers, Schmidhuber and Cummins 2000: forget gate. Gers, Schraudolph and Schmidhuber 2002: peepholes.
"""

from typing import NamedTuple

import numpy as np

from engine import _lstm, _stacked, _validate, rnn

VARIANTS = ("full", "no forget gate", "coupled gates")
PATHS = ("all", "cec")
STATES = ("c", "h")


class LstmParams(NamedTuple):
    """Weights and biases of n units with m inputs; row blocks i, f, g, o."""

    U: np.ndarray  # (4n, m) input weights
    W: np.ndarray  # (4n, n) recurrent weights
    b: np.ndarray  # (4n,) biases
    P: np.ndarray | None = None  # (3, n) peepholes of i, f, o


class LstmRun(NamedTuple):
    """Row t of each array is step t + 1."""

    i: np.ndarray  # (T, n) input gate
    f: np.ndarray  # (T, n) forget gate
    g: np.ndarray  # (T, n) candidate
    o: np.ndarray  # (T, n) output gate
    c: np.ndarray  # (T, n) cell state
    h: np.ndarray  # (T, n) output


class LstmGradients(NamedTuple):
    """Derivatives of the loss. Row t of the arrays over time is step t + 1."""

    dU: np.ndarray  # (4n, m)
    dW: np.ndarray  # (4n, n)
    db: np.ndarray  # (4n,)
    dP: np.ndarray  # (3, n) zeros where there are no peepholes
    dh0: np.ndarray  # (n,)
    dc0: np.ndarray  # (n,)
    dF_dh: np.ndarray  # (T, n) total derivative by h(t)
    dF_dc: np.ndarray  # (T, n) total derivative by c(t), that by way of h(t) included
    dF_da: np.ndarray  # (T, 4n) total derivative by the net inputs of i, f, g, o
    dF_dx: np.ndarray  # (T, m) total derivative by x(t)


def _params(params):
    """LstmParams with P as zeros where it is absent, and whether it is present."""
    try:
        U, W, b, P = (*params, None) if len(params) == 3 else params
    except (TypeError, ValueError):
        raise ValueError(f"params must be LstmParams(U, W, b, P=None), got {_validate._short(params)}") from None
    U, W = _stacked.checked(U, W, 4, "i, f, g, o")
    b = _validate.array("params.b", b, (U.shape[0],))
    n_units = W.shape[1]
    checked = np.zeros((3, n_units)) if P is None else _validate.array("params.P", P, (3, n_units))
    return LstmParams(U, W, b, checked), P is not None


def _checked(x, params, h0, c0, variant):
    """x, U, W, b, P, h0, c0 as kernels take them, index of the variant, whether there are peepholes."""
    params, peepholes = _params(params)
    n_units = params.W.shape[1]
    x, h0, c0 = rnn._inputs(x, params), rnn._state("h0", h0, n_units), rnn._state("c0", c0, n_units)
    return (x, *params, h0, c0), VARIANTS.index(_validate.choice("variant", variant, VARIANTS)), peepholes


@np.errstate(all="ignore")
def run(x, params, *, h0=None, c0=None, variant="full"):
    """Run the network: c(t) = f(t) c(t-1) + i(t) g(t), h(t) = o(t) tanh(c(t)), gates as in the module's docstring.

    x: (T, m), or (T,) where m = 1; T >= 1. params: LstmParams with U (4n, m), W (4n, n), b (4n,), P (3, n) or None.
    h0, c0: (n,), zeros unless given. variant: one of VARIANTS. Returns LstmRun with .i, .f, .g, .o, .c, .h, all (T, n);
    overflow shows as inf or NaN. A gate near 0 keeps its leading digits down to 1e-300.
    Raises ValueError for shapes that do not match, values that are not finite or another variant.
    Source: Fig. 12.17; Gers, Schraudolph and Schmidhuber 2002 for P.
    """
    arrays, variant, peepholes = _checked(x, params, h0, c0, variant)
    gates, _, c, _, _, h = _lstm.forward(*arrays, variant, peepholes)
    i, f, g, o = (block.copy() for block in np.split(gates, 4, axis=1))
    return LstmRun(i, f, g, o, c, h)


@np.errstate(all="ignore")
def bptt(x, params, explicit, *, h0=None, c0=None, through="all", variant="full", explicit_c=None):
    """Backpropagation through time: run forward, then carry dF/dh and dF/dc backward from the last step to the first.

        dF/dh(t) = explicit(t) + W^T s(t+1),    s(t) = dF/da(t), blocks i, f, g, o
        dF/dc(t) = explicit_c(t) + dF/dh(t) o(t) tanh'(c(t)) + P_o s_o(t)
                   + dF/dc(t+1) f(t+1) + P_i s_i(t+1) + P_f s_f(t+1)
        s_i = dF/dc g i',   s_f = dF/dc c(t-1) f',   s_g = dF/dc i g',   s_o = dF/dh tanh(c) o'
        dF/dW = sum of s(t) h(t-1)^T,    dF/dU = sum of s(t) x(t)^T,    dF/db = sum of s(t)

    x, params, h0, c0, variant as in `run`. explicit: (T, n), any direct derivatives dF/dh(t); explicit_c: (T, n), those
    by c(t), zeros unless given. through="cec" is the truncated gradient of 1997: from step to step, error goes back
    along c(t) -> c(t-1) alone, times f(t), and neither through W nor through peepholes: dF/dh(t) is explicit(t) and
    dh0 is 0. Coupled gates have s_f = dF/dc (c(t-1) - g) f'. A gate that is not computed has gradients of 0.
    Returns LstmGradients. Raises ValueError as `run` does, for another shape of explicit or explicit_c, and for another
    `through`. Sources: chain rule on Fig. 12.17; Hochreiter and Schmidhuber 1997, appendix A.1, for "cec".
    """
    arrays, variant, peepholes = _checked(x, params, h0, c0, variant)
    shape = (arrays[0].shape[0], arrays[-1].shape[0])
    explicit = _validate.array("explicit", explicit, shape)
    explicit_c = np.zeros(shape) if explicit_c is None else _validate.array("explicit_c", explicit_c, shape)
    everywhere = _validate.choice("through", through, PATHS) == "all"
    return LstmGradients(*_lstm.bptt(*arrays, explicit, explicit_c, variant, peepholes, everywhere))


@np.errstate(all="ignore")
def lag_norms(x, params, *, h0=None, c0=None, variant="full", through="all", output="c", state="c"):
    """log10 of the spectral norm of d output(T)/d state(k) for k = 1 ... T: what is left at the end of a change at k.

        d/dh(t-1) = d/dc(t) dc(t)/dh(t-1) + d/dh(t) dh(t)/dh(t-1)                       one product with W's blocks each
        d/dc(t-1) = d/dc(t) diag(f(t) + peepholes of i, f) + d/dh(t-1) diag(dh(t-1)/dc(t-1))

    output, state: "c" or "h". The derivatives are total: a change of c(k) changes h(k) = o(k) tanh(c(k)) as well, and
    o(k) where it has a peephole; a change of h(k) leaves c(k) as it is. So at k = T, dc(T)/dh(T) is 0, and dh(T)/dc(T)
    is not. through="cec" keeps the carousel alone, as in `bptt`: dc(T)/dc(k) is the product of forget gates, for output
    "h" times o(T) tanh'(c(T)), and nothing reaches c(T) or h(T) from an earlier h(k). Other arguments as in `run`.
    Returns (T,). It is finite where the norm itself would underflow, -inf only where the derivative is 0, and NaN where
    a state is NaN. Each is right to 3e-11, apart from the rounding of the product itself; a path that is 300 decades
    below the strongest one is lost.
    Raises ValueError as `run` does, and for another through, output or state. Source: chain rule on Fig. 12.17.
    """
    arrays, variant, peepholes = _checked(x, params, h0, c0, variant)
    everywhere = _validate.choice("through", through, PATHS) == "all"
    of_output = _validate.choice("output", output, STATES) == "h"
    by_output = _validate.choice("state", state, STATES) == "h"
    _, _, W, _, P, _, c0 = arrays
    gates, slopes, c, *squashing, _ = _lstm.forward(*arrays, variant, peepholes)
    partials, dh_dc = _lstm.partials(gates, slopes, np.vstack((c0, c[:-1])), *squashing, variant)
    i, f, _, o = np.split(partials, 4, axis=1)
    forget = np.split(gates, 4, axis=1)[1]
    if everywhere:
        to_cell, to_output = forget + P[0] * i + P[1] * f, dh_dc + P[2] * o
        result = _lstm.lag_norms(partials, to_cell, to_output, W, of_output, by_output) / np.log(10.0)
    elif by_output:
        result = np.full(len(c), -np.inf)
    else:
        result = (_log10_products(forget) + (np.log10(dh_dc[-1]) if of_output else 0.0)).max(axis=1)
    if of_output == by_output:
        result[-1] = 0.0
    return result


def _log10_products(f):
    return np.vstack((np.cumsum(np.log10(f[:0:-1]), axis=0)[::-1], np.zeros(f.shape[1])))


@np.errstate(all="ignore")
def forget_products(f):
    """log10 of f(T) f(T-1) ... f(k+1) for k = 1 ... T: what the carousel alone keeps of c(k), unit by unit.

    f: (T, n), between 0 and 1. Returns (T, n): 0 in the last row, -inf where a factor is 0.
    Raises ValueError for another shape, or a value that is not between 0 and 1. Source: dc(t)/dc(t-1) = f(t).
    """
    f = _validate.array("f", f, (None, None))
    outside = (f < 0.0) | (f > 1.0)
    if outside.any():
        raise ValueError(f"f must lie between 0 and 1, got {f[outside][0]}")
    return _log10_products(f)


def initial(n_units, n_inputs, rng, *, forget_bias=0.0, peepholes=False):
    """Weights to start learning from: uniform between -1/sqrt(n) and 1/sqrt(n), biases 0 but the forget gate's.

    n_units, n_inputs: whole numbers >= 1; rng: numpy.random.Generator; forget_bias: any finite number, 1 or more keeps
    the gate open at first; peepholes=True draws P too. Returns LstmParams; raises ValueError for other arguments.
    Sources: PyTorch's law for weights; Gers, Schmidhuber and Cummins 2000 for the bias.
    """
    U, W = _stacked.uniform(4, n_units, n_inputs, rng)
    n_units = W.shape[1]
    b = np.zeros(4 * n_units)
    b[n_units : 2 * n_units] = _validate.number("forget_bias", forget_bias)
    P = rng.uniform(-(n_units**-0.5), n_units**-0.5, size=(3, n_units)) if peepholes else None
    return LstmParams(U, W, b, P)
