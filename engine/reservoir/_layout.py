"""Recurrent weights in the order in which the kernels read them.

Few connections: rows with about equally many of them stand together in chunks of eight, and a chunk holds the first
entry of its eight rows, then the second, and so on. Shorter rows are filled up with zeros. So eight sums grow side by
side, which takes two thirds of the time of row after row. Many connections: a dense matrix and one BLAS product.
W_late stands to the right of W. Source of the layout: M. Kreutzer et al., "A unified sparse matrix data format for
efficient general sparse matrix-vector multiplication", SIAM J. Sci. Comput. 36 (2014), SELL-8 with all rows sorted.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse
from numba import njit

#: Rows in a chunk.
CHUNK = 8
#: From this share of connections on the dense product is faster.
DENSE_FROM = 0.3


class Connections(NamedTuple):
    """Either `dense`, or the other arrays; what is not used has length 0."""

    n_columns: int  # n, or 2n with late connections
    dense: np.ndarray  # (n, n_columns)
    values: np.ndarray  # (S,) weights in the order of chunks, padded with 0
    columns: np.ndarray  # (S,) uint32; n_columns for padding
    starts: np.ndarray  # (chunks + 1,) where each chunk starts
    units: np.ndarray  # (chunks * 8,) uint32, the unit that each row adds to; rows that only pad add 0 to unit 0


def size(connections):
    """Multiplications in one product with the connections."""
    return connections.dense.size + connections.values.size


@njit(cache=True, nogil=True)
def compress(W):
    """The entries of a dense W that are not 0, row by row: row starts (n + 1,), columns and values."""
    row_starts = np.zeros(W.shape[0] + 1, dtype=np.int64)
    for i in range(W.shape[0]):
        count = 0
        for j in range(W.shape[1]):
            count += W[i, j] != 0.0
        row_starts[i + 1] = row_starts[i] + count
    columns, values = np.empty(row_starts[-1], dtype=np.int64), np.empty(row_starts[-1])
    k = 0
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            if W[i, j] != 0.0:
                columns[k], values[k] = j, W[i, j]
                k += 1
    return row_starts, columns, values


@njit(cache=True, nogil=True)
def _fill(row_starts, columns, values, units, starts, n_columns):
    """Copy rows into chunks. Returns values and columns of the layout."""
    placed = np.zeros(starts[-1])
    where = np.full(starts[-1], n_columns, dtype=np.uint32)
    for row in range(row_starts.shape[0] - 1):
        p = starts[row // CHUNK] + row % CHUNK
        for k in range(row_starts[units[row]], row_starts[units[row] + 1]):
            placed[p], where[p] = values[k], columns[k]
            p += CHUNK
    return placed, where


def _packed(row_starts, columns, values, n_columns):
    """Connections from compressed rows: int64 row starts (n + 1,) and columns, float64 values."""
    lengths = np.diff(row_starts)
    n_units = len(lengths)
    n_chunks = -(-n_units // CHUNK)
    units = np.zeros(n_chunks * CHUNK, dtype=np.uint32)
    units[:n_units] = np.argsort(-lengths, kind="stable")
    # longest first, so the first row of a chunk says how long it is
    longest = lengths[units[::CHUNK]]
    starts = np.concatenate([[0], np.cumsum(CHUNK * longest)])
    placed, where = _fill(row_starts, columns, values, units, starts, n_columns)
    return Connections(n_columns, np.empty((0, 0)), placed, where, starts, units)


def _kept_dense(W):
    none = np.empty(0, dtype=np.uint32)
    return Connections(W.shape[1], W, np.empty(0), none, np.empty(0, dtype=np.int64), none)


def connections(W, W_late):
    """Connections of W (n, n) and W_late (n, n) or None, each dense or sparse and already checked."""
    if W_late is not None:
        both = [scipy.sparse.csr_array(matrix) for matrix in (W, W_late)]
        W = scipy.sparse.hstack(both, format="csr")
    if not scipy.sparse.issparse(W):
        if np.count_nonzero(W) >= DENSE_FROM * W.size:
            return _kept_dense(W)
        row_starts, columns, values = compress(W)
        return _packed(row_starts, columns, values, W.shape[1])
    if W.nnz >= DENSE_FROM * W.shape[0] * W.shape[1]:
        return _kept_dense(W.toarray())
    values = np.require(W.data, requirements=["C", "W"])
    return _packed(W.indptr.astype(np.int64), W.indices.astype(np.int64), values, W.shape[1])
