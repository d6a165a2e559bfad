"""The parity network: two hard-limit units that remember for ever whether the number of ones is odd.

    net(t)  = U x(t) + W h(t-1) + b        (2,)      h(0) = 0
    h(t)    = f(net(t))                    (2,)
    output(t) = f(V h(t) + b_out)          scalar

f is hardlim, f(a) = 1 for a >= 0 and 0 otherwise, or the logistic function f(a) = 1 / (1 + exp(-steepness a)).
With the weights of Eq. 12.36 and hardlim, h1(t) - h2(t) is the parity of x(1) ... x(t), and so is the output.

Source: Neural Network Design, Deep Learning, chapter 12: Fig. 12.14 and Eq. 12.36 for the network; Eq. 12.35 for the
product of Jacobians, which follow from the chain rule. `engine.parity_learning` finds such weights by gradient.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from engine import _validate

ACTIVATIONS = ("hardlim", "logistic")


class ParityWeights(NamedTuple):
    """The eleven numbers of the network, in the order in which `perturb` draws them."""

    U: np.ndarray  # (2,) input weights
    W: np.ndarray  # (2, 2) recurrent weights
    b: np.ndarray  # (2,) hidden biases
    V: np.ndarray  # (2,) readout weights
    b_out: float  # readout bias


class ParityRun(NamedTuple):
    """Row t of each array is step t + 1."""

    net: np.ndarray  # (T, 2) net inputs of the hidden units
    hidden: np.ndarray  # (T, 2) hidden states
    output_net: np.ndarray  # (T,) net input of the output unit
    output: np.ndarray  # (T,) output


class JacobianNorms(NamedTuple):
    """Spectral norms of the state's Jacobians."""

    factors: np.ndarray  # (T,) norm of dh(t)/dh(t-1) for t = 1 ... T
    log10_products: np.ndarray  # (T,) log10 of the norm of dh(T)/dh(t) for t = 1 ... T; the last entry is 0


def _constant(values):
    result = np.array(values, dtype=np.float64)
    result.flags.writeable = False
    return result


#: Eq. 12.36. The arrays are read-only, because every caller shares them.
EXACT = ParityWeights(
    U=_constant([1, 1]),
    W=_constant([[1, -1], [1, -1]]),
    b=_constant([-0.5, -1.5]),
    V=_constant([1, -1]),
    b_out=-0.5,
)


@njit(cache=True, nogil=True)
def _activate(a, logistic, steepness):
    if not logistic:
        return 1.0 if a >= 0.0 else 0.0
    # exp of a negative argument only, so that it cannot overflow
    tail = np.exp(-abs(steepness * a))
    return 1.0 / (1.0 + tail) if a >= 0.0 else tail / (1.0 + tail)


@njit(cache=True, nogil=True)
def _run(x, U, W, b, V, b_out, logistic, steepness):
    n_steps = x.shape[0]
    net = np.empty((n_steps, 2))
    hidden = np.empty((n_steps, 2))
    output_net = np.empty(n_steps)
    output = np.empty(n_steps)
    h1, h2 = 0.0, 0.0
    for t in range(n_steps):
        for n in range(2):
            net[t, n] = U[n] * x[t] + W[n, 0] * h1 + W[n, 1] * h2 + b[n]
            hidden[t, n] = _activate(net[t, n], logistic, steepness)
        h1, h2 = hidden[t, 0], hidden[t, 1]
        output_net[t] = V[0] * h1 + V[1] * h2 + b_out
        output[t] = _activate(output_net[t], logistic, steepness)
    return ParityRun(net, hidden, output_net, output)


@njit(cache=True, nogil=True)
def _spectral_norm(A):
    """Largest singular value of a 2x2 matrix: half the sum of its rotation part's and its reflection part's length."""
    rotation = np.hypot(A[0, 0] + A[1, 1], A[1, 0] - A[0, 1])
    reflection = np.hypot(A[0, 0] - A[1, 1], A[1, 0] + A[0, 1])
    return 0.5 * (rotation + reflection)


@njit(cache=True, nogil=True)
def _log_slope(z):
    """Natural logarithm of the logistic function's derivative; exact where the derivative itself is below 1e-308."""
    return -abs(z) - 2.0 * np.log1p(np.exp(-abs(z)))


@njit(cache=True, nogil=True)
def _jacobian_norms(net, W, steepness):
    n_steps = net.shape[0]
    factors = np.empty(n_steps)
    log10_products = np.empty(n_steps)
    jacobian = np.empty((2, 2))
    product = np.eye(2)
    log_norm = 0.0
    # invariant: dh(T)/dh(t) = exp(log_norm) * product, and product has norm 1 (or is 0)
    for t in range(n_steps - 1, -1, -1):
        log10_products[t] = log_norm / np.log(10.0)
        log_slope_1 = _log_slope(steepness * net[t, 0])
        log_slope_2 = _log_slope(steepness * net[t, 1])
        largest = max(log_slope_1, log_slope_2)
        for j in range(2):
            jacobian[0, j] = np.exp(log_slope_1 - largest) * W[0, j]
            jacobian[1, j] = np.exp(log_slope_2 - largest) * W[1, j]
        factors[t] = steepness * np.exp(largest) * _spectral_norm(jacobian)
        for i in range(2):
            left, right = product[i, 0], product[i, 1]
            for j in range(2):
                product[i, j] = left * jacobian[0, j] + right * jacobian[1, j]
        norm = _spectral_norm(product)
        log_norm += largest + np.log(steepness) + np.log(norm)
        if norm > 0.0:
            product /= norm
    return JacobianNorms(factors, log10_products)


def _bits(name, bits):
    """Float64 copy of a sequence of 0 and 1, or of a text of these two characters."""
    if isinstance(bits, str):
        if not bits or set(bits) - {"0", "1"}:
            raise ValueError(f"{name} must be a text of at least one 0 or 1 and nothing else, got {bits[:60]!r}")
        return np.frombuffer(bits.encode("ascii"), dtype=np.uint8) - 48.0
    result = _validate.sequence(name, bits)
    wrong = (result != 0) & (result != 1)
    if wrong.any():
        raise ValueError(f"{name} must hold only 0 and 1, got {result[wrong][0]:g}")
    return result


def _weights(weights):
    try:
        U, W, b, V, b_out = weights
    except (TypeError, ValueError):
        raise ValueError(f"weights must be ParityWeights(U, W, b, V, b_out), got {weights!r}") from None
    return ParityWeights(
        _validate.array("weights.U", U, (2,)),
        _validate.array("weights.W", W, (2, 2)),
        _validate.array("weights.b", b, (2,)),
        _validate.array("weights.V", V, (2,)),
        _validate.number("weights.b_out", b_out),
    )


@np.errstate(all="ignore")
def run(bits, *, weights=EXACT, activation="hardlim", steepness=10.0):
    """Run the network over `bits` from h(0) = 0.

    bits: T >= 1 zeros and ones, or a text such as "0011". weights: ParityWeights, Eq. 12.36 unless given.
    activation: "hardlim" or "logistic", for all three units; steepness > 0 is the logistic's gain.
    Returns ParityRun with .net (T, 2), .hidden (T, 2), .output_net (T,), .output (T,).
    Raises ValueError for any other bits, shape, activation or steepness. Source: Fig. 12.14, Eq. 12.36.
    """
    x = _bits("bits", bits)
    weights = _weights(weights)
    logistic = _validate.choice("activation", activation, ACTIVATIONS) == "logistic"
    steepness = _validate.number("steepness", steepness, above=0)
    return _run(x, *weights, logistic, steepness)


def running_xor(bits):
    """Parity so far: 1 where x(1) + ... + x(t) is odd. Returns (T,) integers. Raises ValueError for other bits."""
    return np.cumsum(_bits("bits", bits).astype(np.int64)) % 2


def first_error(output, bits):
    """The first step, counted from 1, at which the rounded output is not the parity of `bits` so far; 0 if none.

    output: (T,) numbers, NaN allowed and always wrong; exactly 0.5 rounds to 0. bits: T zeros and ones.
    Raises ValueError if the lengths differ.
    """
    target = running_xor(bits)
    rounded = np.rint(np.asarray(output, dtype=np.float64))
    if rounded.shape != target.shape:
        raise ValueError(f"output must have one value per bit, shape {target.shape}, got shape {rounded.shape}")
    wrong = rounded != target
    return int(wrong.argmax()) + 1 if wrong.any() else 0


@np.errstate(all="ignore")
def shortest_failure(weights=EXACT):
    """The least number of bits whose parity the network with hard switches gets wrong, over all sequences; 0 if none.

    Two switches have four states, so the state and the parity together have eight: all that can be reached are tried,
    which proves the answer for sequences of any length. weights: ParityWeights. Raises ValueError for another shape.
    Source: breadth-first search.
    """
    U, W, b, V, b_out = _weights(weights)
    reached, newest, n_bits = {(0.0, 0.0, 0)}, {(0.0, 0.0, 0)}, 0
    while newest:
        n_bits += 1
        found = set()
        for h1, h2, odd in newest:
            for bit in (0, 1):
                # the same order of sums as in `run`, so that a net input of nearly 0 falls on the same side
                net = [U[n] * bit + W[n, 0] * h1 + W[n, 1] * h2 + b[n] for n in range(2)]
                after = (float(net[0] >= 0), float(net[1] >= 0), odd ^ bit)
                if (V[0] * after[0] + V[1] * after[1] + b_out >= 0) != bool(after[2]):
                    return n_bits
                found.add(after)
        newest = found - reached
        reached |= newest
    return 0


@np.errstate(all="ignore")
def jacobian_norms(bits, *, weights=EXACT, steepness=10.0):
    """How much of a small change of the hidden state survives, for the logistic network.

        dh(t)/dh(t-1) = diag(steepness h(t) (1 - h(t))) W,    dh(T)/dh(t) = product of these over steps T ... t+1

    Arguments as in `run`; hardlim is left out because its derivative is 0 wherever it exists.
    Returns JacobianNorms: .factors (T,), the spectral norm of dh(t)/dh(t-1), and .log10_products (T,), log10 of the
    spectral norm of dh(T)/dh(t). The product is rescaled at each step, so its logarithm stays finite far below 1e-308;
    it is -inf only where the product is 0. With Eq. 12.36 the product of two steps is proportional to the difference
    of two slopes, which shrinks as they get steeper: up to a steepness of 50 the logarithm is good to three decimals,
    at 70 rounding has taken over, and at 80 it makes the difference 0.
    Raises ValueError as `run` does. Source: chain rule on Fig. 12.14; compare Eq. 12.35.
    """
    weights = _weights(weights)
    net = run(bits, weights=weights, activation="logistic", steepness=steepness).net
    return _jacobian_norms(net, weights.W, float(steepness))


def perturb(weights, amount, rng):
    """weights + amount * u, with u uniform in [-1, 1) and drawn anew for each of the eleven numbers.

    The order of the draws is U1 U2 W11 W12 W21 W22 b1 b2 V1 V2 b_out, all from one call of `rng.uniform`.
    amount >= 0; rng is a numpy.random.Generator. Returns new ParityWeights. Raises ValueError for anything else.
    """
    weights = _weights(weights)
    amount = _validate.number("amount", amount, low=0)
    noise = amount * _validate.generator("rng", rng).uniform(-1, 1, 11)
    return ParityWeights(
        weights.U + noise[0:2],
        weights.W + noise[2:6].reshape(2, 2),
        weights.b + noise[6:8],
        weights.V + noise[8:10],
        weights.b_out + noise[10],
    )
