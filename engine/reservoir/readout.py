"""The trained part of a reservoir: a linear readout, fitted in one shot by ridge regression.

    z(t) = [1; h(t); x(t)]    (1+n+m,),        y(t) = V z(t)    (k,)
    V minimises  sum over t of |d(t) - V z(t)|^2 + ridge |V|^2,   so   V = D' Z (Z' Z + ridge I)^-1

Z is (T, 1+n+m) with a row z(t) for each step, D is (T, k), and |V| is the Frobenius norm: the bias column is kept small
like all others. Row t of every array is step t + 1.

Sources: M. Lukosevicius, "A practical guide to applying echo state networks" (2012), section 4; the lecture slides
"Reservoir computing - fundamentals", whose beta is our ridge. The refinement: A. Bjorck, "Numerical methods for least
squares problems" (1996), section 6.6.5, corrected seminormal equations, and 2.7.1 and 1.3, QR for ridge regression and
for solutions of least norm.
"""

import numpy as np
from scipy import linalg

from engine import _householder, _validate, pieces

# Normal equations square the condition number: past this the refinement would no longer converge.
_WORST_CONDITION = 1e14
_REFINEMENTS = 8
# Of two sides of the rows the shorter one: up to here singular values take a few tenths of a second.
_MOST_SINGULAR_VALUES = 400
# A multiplication in a product of large matrices takes this part of one elsewhere.
_IN_PRODUCTS = 0.05


def _rows(name, values, n_rows=None):
    """`values` as float64 (T, k); (T,) is taken for k = 1. Unlike `_validate.array` it lets inf and NaN through."""
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":
            raise TypeError
        rows = np.ascontiguousarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must hold real numbers, got {_validate._short(values)}") from None
    if rows.ndim == 1:
        rows = rows[:, np.newaxis]
    if rows.ndim != 2 or len(rows) == 0 or n_rows not in (None, len(rows)):
        allowed = "at least one row" if n_rows is None else f"{n_rows} rows"
        raise ValueError(f"{name} must have shape (T, k) or (T,) with {allowed}, got shape {np.shape(values)}")
    return rows


def finite_rows(name, values, n_rows=None):
    """`values` as (T, k). Raises ValueError for other shapes and for inf or NaN, naming the first such step."""
    rows = _rows(name, values, n_rows)
    broken = ~np.isfinite(rows).all(axis=1)
    if broken.any():
        row = int(broken.argmax())
        wrong = rows[row][~np.isfinite(rows[row])][0]
        raise ValueError(f"{name} must be finite, got {wrong} at step {row + 1}")
    return rows


def augmented(x, states):
    """The rows that the readout weighs, [1; h(t); x(t)]: (T, 1+n+m).

    x: (T, m), (T,) for m = 1, or (T, 0) without inputs; states: (T, n), where inf and NaN pass through. Raises
    ValueError for other shapes and for inputs that are not finite.
    """
    states = _rows("states", states)
    return np.column_stack((np.ones(len(states)), states, finite_rows("x", x, len(states))))


@np.errstate(all="ignore")
def outputs(x, states, V):
    """y(t) = V [1; h(t); x(t)]: (T, k). Where states are inf or NaN, so are outputs.

    x, states: as in `augmented`; V: (k, 1+n+m), finite. Raises ValueError for other shapes and values.
    """
    rows = augmented(x, states)
    return rows @ _validate.array("V", V, (None, rows.shape[1])).T


@np.errstate(all="ignore")
def fit_ridge(x, states, d, ridge):
    """The readout V (k, 1+n+m) that minimises the sum of |d(t) - V [1; h(t); x(t)]|^2, plus ridge |V|^2.

    x, states: as in `augmented`; d: (T, k), or (T,) for k = 1. ridge >= 0; with ridge = 0 there may be many such V, and
    the one of least norm is returned. Raises ValueError for other shapes and values; where a state is inf or NaN, the
    error names the first such step. Sources: those of the module.
    """
    ridge = _validate.number("ridge", ridge, low=0)
    states = finite_rows("states", states)
    rows = augmented(x, states)
    d = finite_rows("d", d, len(rows))
    V = _by_normal_equations(rows, d, ridge)
    if V is None:
        quick = ridge == 0 or min(rows.shape) <= _MOST_SINGULAR_VALUES
        V = _by_singular_values(rows, d, ridge) if quick else _by_reflections(rows, d, ridge)
    return np.ascontiguousarray(V.T)


def _by_normal_equations(rows, d, ridge):
    """V' (1+n+m, k), or None where rounding would spoil it.

    With fewer steps than weights the smaller of two equal forms is solved: V' = Z' (Z Z' + ridge I)^-1 D.
    """
    tall = rows.shape[0] >= rows.shape[1]
    gram = _gram(rows.T if tall else rows)
    # the trace bounds the largest eigenvalue
    if not np.trace(gram) < ridge * _WORST_CONDITION:
        return None
    np.fill_diagonal(gram, gram.diagonal() + ridge)
    try:
        # NumPy's, because SciPy's would keep all other threads of a server waiting; upper, which SciPy need not copy
        factor = np.linalg.cholesky(gram).T, False
    except np.linalg.LinAlgError:
        return None
    return _refined(rows, d, ridge, factor) if tall else _refined_wide(rows, d, ridge, factor)


def _gram(A):
    """A A' (n, n); of a large one only the lower triangle, which is all that Cholesky's decomposition reads."""
    each = _IN_PRODUCTS * A.size
    if len(A) * each <= 2 * pieces.PIECE:
        return A @ A.T
    gram = np.zeros((len(A), len(A)))
    for part in pieces.parts(len(A), each):
        gram[part.start :, part] = A[part.start :] @ A[part].T
    return gram


def _refined(rows, d, ridge, factor):
    V = np.zeros((rows.shape[1], d.shape[1]))
    return _refine(V, lambda V: rows.T @ (d - rows @ V) - ridge * V, factor)


def _refined_wide(rows, d, ridge, factor):
    dual = np.zeros_like(d)
    dual = _refine(dual, lambda dual: d - rows @ (rows.T @ dual) - ridge * dual, factor)
    return None if dual is None else rows.T @ dual


def _refine(solution, residual, factor):
    """Add corrections until they are lost in rounding; None where they do not shrink."""
    before = np.inf
    for _ in range(_REFINEMENTS):
        correction = linalg.cho_solve(factor, residual(solution), check_finite=False)
        size = np.abs(correction).max()
        if not size < 0.5 * before:
            break
        solution += correction
        before = size
    return solution if before <= 1e-10 * np.abs(solution).max() else None


def _by_singular_values(rows, d, ridge):
    """V' from Z = L S R': each direction weighed by s / (s^2 + ridge), or by 1 / s where ridge is 0."""
    left, values, right = np.linalg.svd(rows, full_matrices=False)
    # directions this small are rounding errors: leaving them out gives the solution of least norm
    kept = values > max(rows.shape) * np.finfo(float).eps * values[0] if ridge == 0 else values > 0
    left, values, right = left[:, kept], values[kept], right[kept]
    return right.T @ ((left.T @ d) / (values + ridge / values)[:, np.newaxis])


def _by_reflections(rows, d, ridge):
    """V' as the least-squares solution of [Z; sqrt(ridge) I] V' = [D; 0]; ridge > 0. Nothing is squared.

    With fewer steps than weights it is the solution of least norm of [Z, sqrt(ridge) I] [V'; E] = D.
    """
    tall = rows.shape[0] >= rows.shape[1]
    side = rows if tall else rows.T
    n = side.shape[1]
    A = np.vstack((side, np.sqrt(ridge) * np.eye(n)))
    B = np.zeros((len(A), d.shape[1]))
    panels = _householder.factor(A)
    if tall:
        B[: len(d)] = d
        _householder.transposed_times(panels, B)
        return linalg.solve_triangular(A[:n], B[:n], check_finite=False)
    B[:n] = linalg.solve_triangular(A[:n], d, trans=1, check_finite=False)
    _householder.times(panels, B)
    return B[: rows.shape[1]]


@np.errstate(all="ignore")
def normalised_error(y, d):
    """Normalised mean squared error: mean of (y - d)^2 / variance of d, averaged over the outputs: float.

    0 is perfect, and 1 is what the mean of d reaches. y, d: (T, k), or (T,) for k = 1; y may hold inf or NaN, and the
    error is then inf or NaN. Raises ValueError for shapes that differ and for a d that is constant or not finite.
    """
    d = finite_rows("d", d)
    y = _rows("y", y, len(d))
    if y.shape != d.shape:
        raise ValueError(f"y must have the shape of d, {d.shape}, got shape {y.shape}")
    if (np.ptp(d, axis=0) == 0).any():
        raise ValueError(f"d must vary in every column, got only {d[0, np.ptp(d, axis=0).argmin()]:g} in one")
    return float(np.mean(np.mean((y - d) ** 2, axis=0) / np.var(d, axis=0)))
