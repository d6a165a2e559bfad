"""Gated recurrent unit: a state that is partly kept and partly replaced, and no cell behind it.

    r(t) = s(U_r x(t) + W_r h(t-1) + b_r)                    (n,)  reset gate
    z(t) = s(U_z x(t) + W_z h(t-1) + b_z)                    (n,)  update gate: how much of the old state stays
    n(t) = tanh(U_n x(t) + W_n (r(t) h(t-1)) + b_n)          (n,)  candidate
    h(t) = (1 - z(t)) n(t) + z(t) h(t-1)                     (n,)  state and output, h(0) = h0

s is the logistic function, and products of signals go unit by unit. With reset_after=True the reset gate comes after
the product, as in PyTorch, and the product has a bias of its own:

    n(t) = tanh(U_n x(t) + b_n + r(t) (W_n h(t-1) + b_hn))

Rows are stacked in the order r, z, n, biases r, z, n, hn. Arrays are (T, ...); index 0 is step 1.

Sources: Neural Network Design, Deep Learning, chapter 12, Fig. 12.18, whose update gate is 1 - z. Cho et al. 2014.
The second form is that of PyTorch's nn.GRU.
"""

from typing import NamedTuple

import numpy as np

from engine import _gru, _stacked, _validate, rnn


class GruParams(NamedTuple):
    """Weights and biases of n units with m inputs; row blocks r, z, n."""

    U: np.ndarray  # (3n, m) input weights
    W: np.ndarray  # (3n, n) recurrent weights
    b: np.ndarray  # (3n,) biases, or (4n,) with b_hn as the fourth block


class GruRun(NamedTuple):
    """Row t of each array is step t + 1."""

    r: np.ndarray  # (T, n) reset gate
    z: np.ndarray  # (T, n) update gate
    n: np.ndarray  # (T, n) candidate
    h: np.ndarray  # (T, n) state


class GruGradients(NamedTuple):
    """Derivatives of the loss. Row t of the arrays over time is step t + 1."""

    dU: np.ndarray  # (3n, m)
    dW: np.ndarray  # (3n, n)
    db: np.ndarray  # (3n,) or (4n,), as b
    dh0: np.ndarray  # (n,)
    dF_dh: np.ndarray  # (T, n) total derivative by h(t)
    dF_da: np.ndarray  # (T, 3n) total derivative by the net inputs of r, z, n
    dF_dx: np.ndarray  # (T, m) total derivative by x(t)


def _biases(b, n_units, reset_after):
    """b as (4n,), the fourth block 0 where it is not given, and its length as given."""
    allowed = f"({3 * n_units},) or ({4 * n_units},)" if reset_after else f"({3 * n_units},)"
    b = _validate.sequence("params.b", b)
    if b.shape[0] not in (3 * n_units, 4 * n_units if reset_after else 0):
        why = ": a fourth block needs reset_after=True" if b.shape[0] == 4 * n_units else ""
        raise ValueError(f"params.b must have shape {allowed}, got shape {b.shape}{why}")
    return np.concatenate((b, np.zeros(4 * n_units - b.shape[0]))), b.shape[0]


def _checked(x, params, h0, reset_after):
    """x, U, W, b (4n,), h0 and reset_after as kernels take them, and the length of b as given."""
    try:
        U, W, b = params
    except (TypeError, ValueError):
        raise ValueError(f"params must be GruParams(U, W, b), got {_validate._short(params)}") from None
    if not isinstance(reset_after, (bool, np.bool_)):
        raise ValueError(f"reset_after must be True or False, got {_validate._short(reset_after)}")
    U, W = _stacked.checked(U, W, 3, "r, z, n")
    n_units = W.shape[1]
    b, n_biases = _biases(b, n_units, reset_after)
    params = GruParams(U, W, b)
    return (rnn._inputs(x, params), *params, rnn._state("h0", h0, n_units)), bool(reset_after), n_biases


@np.errstate(all="ignore")
def run(x, params, *, h0=None, reset_after=False):
    """Run the network: h(t) = (1 - z(t)) n(t) + z(t) h(t-1), gates as in the module's docstring.

    x: (T, m), or (T,) where m = 1; T >= 1. params: GruParams with U (3n, m), W (3n, n), b (3n,), or (4n,) with
    reset_after=True, where a b of (3n,) means b_hn = 0. h0: (n,), zeros unless given.
    Returns GruRun with .r, .z, .n, .h, all (T, n); overflow shows as inf or NaN.
    Raises ValueError for shapes that do not match, values that are not finite, or a fourth block of biases without
    reset_after=True. Source: Fig. 12.18.
    """
    arrays, reset_after, _ = _checked(x, params, h0, reset_after)
    gates, _, _, h = _gru.forward(*arrays, reset_after)
    r, z, n = (block.copy() for block in np.split(gates, 3, axis=1))
    return GruRun(r, z, n, h)


@np.errstate(all="ignore")
def bptt(x, params, explicit, *, h0=None, reset_after=False):
    """Backpropagation through time: run forward, then carry dF/dh backward from the last step to the first.

        s_z = dF/dh (h(t-1) - n) z',   s_n = dF/dh (1 - z) n',   s_r = q h(t-1) r' with q = W_n^T s_n
        dF/dh(t-1) = explicit(t-1) + dF/dh(t) z + W_r^T s_r + W_z^T s_z + r q           all on the right of step t
        dF/dW_n = sum of s_n (r h(t-1))^T,    dF/dW_r = sum of s_r h(t-1)^T, and so on

    With reset_after=True s_r = s_n (W_n h(t-1) + b_hn) r', the last term is W_n^T (r s_n), and dF/dW_n is the sum of
    (r s_n) h(t-1)^T. x, params, h0, reset_after as in `run`; explicit: (T, n), any direct derivatives dF/dh(t).
    Returns GruGradients. Raises ValueError as `run` does, and for another shape of explicit.
    Source: chain rule on Fig. 12.18.
    """
    arrays, reset_after, n_biases = _checked(x, params, h0, reset_after)
    explicit = _validate.array("explicit", explicit, (arrays[0].shape[0], arrays[-1].shape[0]))
    result = GruGradients(*_gru.bptt(*arrays, explicit, reset_after))
    return result._replace(db=result.db[:n_biases].copy())


@np.errstate(all="ignore")
def lag_norms(x, params, *, h0=None, reset_after=False):
    """log10 of the spectral norm of dh(T)/dh(k) for k = 1 ... T: how much of a change at step k is left at the end.

    Arguments and errors as in `run`. dh(t)/dh(t-1) is diag z(t) plus what goes through the gates and the candidate, and
    dh(T)/dh(k) is the product of these over the steps T ... k+1.
    Returns (T,); the last entry is 0. It is finite where the norm itself would underflow, -inf only where the product
    is 0, and NaN where a state is NaN. Each is right to 3e-11, apart from the rounding of the product itself.
    Source: chain rule on Fig. 12.18.
    """
    arrays, reset_after, _ = _checked(x, params, h0, reset_after)
    return _gru.lag_norms(*arrays, reset_after) / np.log(10.0)


def initial(n_units, n_inputs, rng, *, reset_after=False):
    """Weights to start learning from: uniform between -1/sqrt(n) and 1/sqrt(n), biases 0.

    n_units, n_inputs: whole numbers >= 1; rng: numpy.random.Generator; reset_after=True gives b a fourth block.
    Returns GruParams; raises ValueError for other arguments. Source: PyTorch's law for weights.
    """
    U, W = _stacked.uniform(3, n_units, n_inputs, rng)
    return GruParams(U, W, np.zeros((4 if reset_after else 3) * W.shape[1]))
