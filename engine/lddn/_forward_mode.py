"""Kernel of the LDDN's derivatives forward in time. `_signals` says how the flat vectors are laid out."""

import numpy as np
from numba import njit

from engine.lddn import _signals


@njit(cache=True, nogil=True)
def _add_scaled(factor, values, result):
    """result <- result + factor values. values, result: (P,)."""
    for q in range(result.shape[0]):
        result[q] += factor * values[q]


@njit(cache=True, nogil=True)
def _add_explicit(dF_da, values, opening, gated, weight):
    """What a weight (n, k) of the layer does to its net input directly: opening_i h_j(t-d). dF_da: (n, P)."""
    k = values.shape[0]
    for i in range(dF_da.shape[0]):
        for j in range(k):
            dF_da[i, weight + i * k + j] += values[j] * (opening[i] if gated else 1.0)


@njit(cache=True, nogil=True)
def _layer(tables, w, signals, heard, recent, layer, t):
    """da(t)/dw of one layer, (n, P). recent: (depth + 1, N, P), dh/dw at step t at [t modulo its length]."""
    rows, first_unit = signals.shape[0] // tables.starts[-1], tables.starts[tables.n_inputs]
    n_steps, n = rows - tables.depth, tables.widths[tables.n_inputs + layer]
    result = np.zeros((n, w.shape[0]))
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        source, delay = tables.source[tap], tables.delay[tap]
        weight, gate = tables.weight[tap], tables.gate[tap]
        values = _signals.delayed(tables, signals, source, delay)[t]
        opening = _signals.delayed(tables, signals, gate if gate >= 0 else 0, 0)[t]
        if source >= tables.n_inputs and t >= delay:
            at = tables.starts[source] - first_unit
            came = recent[(t - delay) % recent.shape[0], at : at + values.shape[0]]
            if weight >= 0:
                came = np.dot(_signals.matrix(w, weight, n, values.shape[0]), came)
            for i in range(n):
                _add_scaled(opening[i] if gate >= 0 else 1.0, came[i], result[i])
        if weight >= 0:
            _add_explicit(result, values, opening, gate >= 0, weight)
        if gate >= tables.n_inputs:
            let_in = _signals.block(heard, tables.column[tap], n, n_steps)[t]
            by_gate = recent[t % recent.shape[0], tables.starts[gate] - first_unit :]
            for i in range(n):
                _add_scaled(let_in[i], by_gate[i], result[i])
    if tables.biases[layer] >= 0:
        for i in range(n):
            result[i, tables.biases[layer] + i] += 1.0
    return result


@njit(cache=True, nogil=True)
def rtrl(tables, w, signals, heard, slopes, explicit, every_step):
    """dF_dw (P,), and dh(t)/dw of all N units at every step or only at the last: (T or 1, N, P).

    heard, slopes: what `_kernels.forward` left; explicit: flat, as slopes.
    """
    n_steps = signals.shape[0] // tables.starts[-1] - tables.depth
    n_units = tables.starts[-1] - tables.starts[tables.n_inputs]
    recent = np.zeros((tables.depth + 1, n_units, w.shape[0]))
    history = np.empty((n_steps if every_step else 1, n_units, w.shape[0]))
    dF_dw = np.zeros(w.shape[0])
    for t in range(n_steps):
        now = recent[t % recent.shape[0]]
        for layer in tables.order:
            start = tables.starts[tables.n_inputs + layer] - tables.starts[tables.n_inputs]
            n = tables.widths[tables.n_inputs + layer]
            net = start * n_steps + t * n
            dh_dw = _layer(tables, w, signals, heard, recent, layer, t)
            for i in range(n):
                for q in range(w.shape[0]):
                    now[start + i, q] = slopes[net + i] * dh_dw[i, q]
                _add_scaled(explicit[net + i], now[start + i], dF_dw)
        if every_step or t == n_steps - 1:
            history[t if every_step else 0] = now
    return dF_dw, history
