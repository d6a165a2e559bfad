"""Eigenvalues of reservoirs, small or large, dense or sparse.

    spectral radius  rho(W) = max |lambda|,  W v = lambda v                        W: (n, n)
    effective eigenvalues of leaky units:  (1 - leak) + leak lambda

1. Units that reach each other form a component. Put in order, the components make W block triangular, so its
   eigenvalues are those of the blocks. A unit on no loop adds its own diagonal entry: 0, where LAPACK would return
   rounding noise of size eps^(1/n).
2. A component that is one single ring has the n-th roots of the product of its weights.
3. Other components go to LAPACK while they are small, and to Arnoldi's method when they are large and only the
   largest eigenvalues are wanted. It never restarts, so that nothing found is thrown away again: the usual restarted
   form, asked for a single eigenvalue, often stops at the wrong one without a warning. LAPACK decides where it does
   not settle; whoever cannot wait for that asks for `quick`, and is told by Unsettled.

Sources: Y. Saad, Numerical Methods for Large Eigenvalue Problems (2011), sections 3.2 (condition) and 6.2 (Arnoldi);
R. Varga, Matrix Iterative Analysis (2000), section 2.3 (normal form of a reducible matrix).
"""

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse.csgraph import connected_components

from engine import _validate, pieces
from engine.reservoir import _arguments, _kernels, _layout

#: Components of up to so many units go to LAPACK: about here Arnoldi's method starts to be faster.
LAPACK_UNITS = 250

#: Weights of -1 and 1 may cancel so that W^n = 0; up to so many units that power is exact in float64.
MOST_POWERS = 12

#: Of an eigenvalue by Arnoldi's method, as estimated, relative to the largest one.
ALLOWED_ERROR = 1e-9

#: Moduli that differ by less than this part of the largest are taken as equal.
TIE = 1e-10


class Unsettled(ArithmeticError):
    """The largest eigenvalues do not stand out enough to be found with quick work."""


def spectral_radius(W, *, quick=False):
    """The largest |eigenvalue| of W (n, n), a float; W is an array or a scipy.sparse array.

    It is 0 where no connection is part of a loop. quick and errors: as in `eigenvalues`. Source: the module's note.
    """
    return float(np.abs(eigenvalues(W, most=1, quick=quick)[0]))


def effective_spectral_radius(W, leak_rate, *, quick=False):
    """The largest |eigenvalue| of (1 - leak) I + leak W, W (n, n) an array or a scipy.sparse array: a float.

    Where W has rings it is exact, which the sum itself would hide. quick: as in `eigenvalues`. Raises ValueError as
    there, and for a leak_rate outside 0 to 1. Source: the module's note.
    """
    leak_rate = _arguments.leak(leak_rate)
    W, exponent = _prepared(W)
    kept = np.ldexp(1 - leak_rate, -exponent)
    alone, blocks = _components(W)
    found = [kept + leak_rate * alone]
    for block in blocks:
        if _is_ring(block):
            found.append(kept + leak_rate * _of_ring(block.data))
        else:
            leaky = kept * scipy.sparse.eye_array(block.shape[0]) + leak_rate * block
            found.append(_of_component(scipy.sparse.csr_array(leaky), 1, quick))
    return float(np.ldexp(np.abs(np.concatenate(found)).max(), exponent))


def eigenvalues(W, most=None, *, quick=False):
    """The `most` largest eigenvalues of W (n, n) by modulus, largest first, complex (most,); None: all n of them.

    W: an array or a scipy.sparse array. Equal moduli are sorted by angle, the positive one of a pair first. Where only
    some are wanted of a large W, one that occurs several times may come once. quick: raise Unsettled rather than hand
    more than pieces.UNCUT_UNITS units to LAPACK, which nobody can interrupt. Raises ValueError unless W is square and
    finite and most is a whole number from 1; more than n gives n. Source: the module's note.
    """
    W, exponent = _prepared(W)
    most = W.shape[0] if most is None else min(_validate.integer("most", most, low=1), W.shape[0])
    alone, blocks = _components(W)
    values = np.concatenate([alone, *(_of_component(block, most, quick) for block in blocks)]).astype(complex)
    values *= np.ldexp(1.0, exponent)
    moduli = np.abs(values)
    ranks = np.round(moduli / (moduli.max() or 1.0) / TIE)
    return values[np.lexsort((-np.angle(values), -ranks))][:most]


def effective_eigenvalues(values, leak_rate):
    """Eigenvalues of (1 - leak) I + leak W from the eigenvalues of W, (n,) in the same order.

    They rule a leaky reservoir near the state 0: h(t) = ((1 - leak) I + leak W) h(t-1) for small h. Raises ValueError
    for a leak_rate outside 0 to 1. Source: Jaeger et al., "Optimization and applications of echo state networks with
    leaky-integrator neurons", Neural Networks 20 (2007).
    """
    leak_rate = _arguments.leak(leak_rate)
    return (1 - leak_rate) + leak_rate * np.asarray(values, dtype=complex)


def _prepared(W):
    """W / 2^exponent as csr, its largest entry between 1 and 2, and the exponent."""
    W = _arguments.matrix("W", W, (None, None))
    W = scipy.sparse.csr_array(_arguments.matrix("W", W, (W.shape[0], W.shape[0])), copy=True)
    # a stored 0 is no connection
    W.sum_duplicates()
    W.eliminate_zeros()
    # a power of 2, which rounds nothing, keeps squares from over- and underflow
    exponent = np.frexp(np.abs(W.data).max(initial=0))[1] - 1
    W.data = np.ldexp(W.data, -exponent)
    return W, exponent


def _components(W):
    """Diagonal entries of the units that are on no loop with others, and the blocks (csr) of the other components."""
    n_components, labels = connected_components(W, directed=True, connection="strong")
    if n_components == 1 and W.shape[0] > 1:
        return np.empty(0), [W]
    sizes = np.bincount(labels)
    members = (np.flatnonzero(labels == label) for label in np.flatnonzero(sizes > 1))
    return W.diagonal()[sizes[labels] == 1], [W[units][:, units] for units in members]


def _is_ring(W):
    """Whether units that all reach each other form one single ring."""
    return W.nnz == W.shape[0]


def _of_component(W, most, quick):
    """Eigenvalues of W (csr), in which every unit reaches every other: the `most` largest, or more."""
    n_units = W.shape[0]
    if _is_ring(W):
        return _of_ring(W.data)
    if n_units > LAPACK_UNITS:
        values = _by_arnoldi(W, most, pieces.UNCUT_UNITS if quick else n_units)
        if values is not None:
            return values
    if quick and n_units > pieces.UNCUT_UNITS:
        raise Unsettled(f"the largest eigenvalues of {n_units} units lie too close together to be found quickly")
    W = W.toarray()
    if n_units <= MOST_POWERS and not np.linalg.matrix_power(W, n_units).any():
        return np.zeros(n_units)
    return np.linalg.eigvals(W)


def _of_ring(weights):
    """The n-th roots of the product of n weights; the product itself would under- or overflow."""
    n_units = len(weights)
    modulus = np.exp(np.log(np.abs(weights)).mean())
    half_turns = 2 * np.arange(n_units) + np.sum(weights < 0) % 2
    return modulus * np.exp(1j * np.pi * half_turns / n_units)


def _by_arnoldi(W, most, largest_H):
    """The `most` largest eigenvalues of W (csr) and some more; None where they are not sure to be the largest.

    W Q = Q H + h q e' with Q (n, m) orthonormal, H (m, m) Hessenberg, and q at right angles to Q: eigenvalues of H are
    eigenvalues of W but for an error that m makes as small as one likes.
    """
    n_units = W.shape[0]
    connections = _layout.connections(W, None)
    basis = np.cos(1.0 + np.arange(n_units) ** 2)[np.newaxis]  # at right angles to nothing in particular
    basis /= np.linalg.norm(basis)
    H = np.empty((1, 0))
    reached, wanted = 0, int(8 * np.sqrt(n_units)) + 2 * most
    while wanted <= min(2 * n_units // 3, largest_H):
        basis, H = _enlarged(basis, (wanted + 1, n_units)), _enlarged(H, (wanted + 1, wanted))
        reached, is_complete = _extend(connections, basis, H, reached, wanted)
        inner, rest = H[:reached, :reached], H[reached, reached - 1]
        values = np.linalg.eigvals(inner)
        pieces.look()
        values = values[np.argsort(-np.abs(values))]
        if is_complete:
            return values if most == 1 else None
        # those of small modulus settle last
        if max(_error(inner, rest, value) for value in {values[0], values[most - 1]}) <= ALLOWED_ERROR * abs(values[0]):
            return values
        wanted += wanted // 5
    return None


def _enlarged(rows, shape):
    """`rows` and zeros after them."""
    larger = np.zeros(shape)
    larger[: rows.shape[0], : rows.shape[1]] = rows
    return larger


def _extend(connections, basis, H, reached, wanted):
    """Add rows to the basis, up to wanted + 1. Returns how many are in H, and if these span all that there is to reach.

    Gram and Schmidt's projection is repeated where a row was nearly in the span already (Daniel et al., 1976).
    """
    n_units = basis.shape[1]
    past = np.zeros(n_units + 1)
    for j in range(reached, wanted):
        pieces.look()
        row, known = np.zeros(n_units), basis[: j + 1]
        past[:n_units] = basis[j]
        _kernels.multiply(connections, past, row)
        length = first_length = float(np.linalg.norm(row))
        before = np.inf
        while length < 0.5 * before:
            before = length
            components = known @ row
            row -= components @ known
            H[: j + 1, j] += components
            length = float(np.linalg.norm(row))
        if length <= 1e-13 * first_length:
            return j + 1, True
        H[j + 1, j] = length
        basis[j + 1] = row / length
    return wanted, False


def _error(H, rest, value):
    """How far an eigenvalue of H may be from one of W: the residual |h y_m| / |y| times its condition |z||y| / |z'y|.

    y and z are its right and left eigenvectors, by one step of inverse iteration.
    """
    shifted = H - value * (1 + 1e-14) * np.eye(len(H))
    factors = scipy.linalg.lu_factor(shifted, overwrite_a=True, check_finite=False)
    y, z = (scipy.linalg.lu_solve(factors, np.ones(len(H)), trans=trans, check_finite=False) for trans in (0, 1))
    y, z = y / np.linalg.norm(y), z / np.linalg.norm(z)
    return abs(rest * y[-1]) / abs(z @ y)
