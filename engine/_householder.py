"""Householder's QR decomposition by panels, in pieces: A = Q R with A (m, n), m >= n.

    Q = Q_1 Q_2 ...,    Q_p = I - Y T Y'        Y: (m - first, b) reflectors of b columns, T: (b, b) triangular

LAPACK's own does the same in one call that nobody can interrupt. Source: R. Schreiber, C. Van Loan, "A
storage-efficient WY representation for products of Householder transformations", SIAM J. Sci. Stat. Comput. 10 (1989).
"""

from typing import NamedTuple

import numpy as np

from engine import pieces

PANEL = 64  # columns


class Panel(NamedTuple):
    first: int  # row from which on it reflects
    Y: np.ndarray  # (m - first, b)
    T: np.ndarray  # (b, b) upper triangular


def factor(A):
    """The panels of Q; A is overwritten, and its first n rows are R."""
    panels = []
    for first in range(0, A.shape[1], PANEL):
        pieces.look()
        columns = A[first:, first : first + PANEL]
        raw, scales = np.linalg.qr(columns, mode="raw")
        width = columns.shape[1]
        Y = np.tril(raw.T, -1)
        np.fill_diagonal(Y, 1.0)
        columns[:] = 0.0
        columns[:width] = np.triu(raw.T[:width])
        panels.append(Panel(first, Y, _joined(Y, scales)))
        _reflect(A[first:, first + width :], panels[-1], back=True)
    return panels


def _joined(Y, scales):
    """T of (I - s_1 y_1 y_1') (I - s_2 y_2 y_2') ... = I - Y T Y'."""
    products, T = Y.T @ Y, np.diag(scales)
    for column in range(1, len(scales)):
        T[:column, column] = -scales[column] * (T[:column, :column] @ products[:column, column])
    return T


def _reflect(B, panel, *, back):
    """B <- Q_p B, or Q_p' B where it goes back."""
    B -= panel.Y @ ((panel.T.T if back else panel.T) @ (panel.Y.T @ B))


def times(panels, B):
    """B (m, k) <- Q B."""
    for panel in reversed(panels):
        _reflect(B[panel.first :], panel, back=False)


def transposed_times(panels, B):
    """B (m, k) <- Q' B."""
    for panel in panels:
        _reflect(B[panel.first :], panel, back=True)
