"""Kernels of the LDDN: forward in time, backward in time, and the sums that the weights get.

Layers on no loop take all steps in one matrix product, as do connections into a loop from outside it; only what goes
round in a loop goes step by step. `_signals` says how the flat vectors are laid out.
"""

import numpy as np
from numba import njit

from engine.lddn import _signals


@njit(cache=True, nogil=True)
def _add_rows(M, at, factors, f_at, n_rows, result, r_at, n):
    """result <- result + M^T factors, all three inside flat vectors; M: (n_rows, n)."""
    if n == 1:
        total = 0.0
        for j in range(n_rows):
            total += M[at + j] * factors[f_at + j]
        result[r_at] += total
        return
    in_twos = n_rows - n_rows % 2
    for j in range(0, in_twos, 2):
        first, second, row = factors[f_at + j], factors[f_at + j + 1], at + j * n
        for i in range(n):
            result[r_at + i] += M[row + i] * first + M[row + n + i] * second
    if in_twos < n_rows:
        first, row = factors[f_at + in_twos], at + in_twos * n
        for i in range(n):
            result[r_at + i] += M[row + i] * first


@njit(cache=True, nogil=True)
def _copy(values, result):
    """result <- values. Loops over both dimensions compile in a fraction of what array expressions take."""
    for t in range(result.shape[0]):
        for i in range(result.shape[1]):
            result[t, i] = values[t, i]


@njit(cache=True, nogil=True)
def _add(values, result):
    """result <- result + values, (T, n)."""
    for t in range(result.shape[0]):
        for i in range(result.shape[1]):
            result[t, i] += values[t, i]


@njit(cache=True, nogil=True)
def _add_products(factors, values, result):
    """result <- result + factors values, unit by unit, (T, n)."""
    for t in range(result.shape[0]):
        for i in range(result.shape[1]):
            result[t, i] += factors[t, i] * values[t, i]


@njit(cache=True, nogil=True)
def _add_all_steps(tables, w, signals, layer, a, heard):
    """a of one layer <- bias and all that comes from outside its loop, at all steps."""
    n_steps, n = a.shape
    stacked = _signals.stacked_signals(tables, signals, layer, False)
    if stacked.shape[1] > 0:
        np.dot(stacked, _signals.stacked_weights(tables, w, layer, False), a)
    else:
        for t in range(n_steps):
            for i in range(n):
                a[t, i] = 0.0
    if tables.biases[layer] >= 0:
        for t in range(n_steps):
            for i in range(n):
                a[t, i] += w[tables.biases[layer] + i]
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        source, delay, weight = tables.source[tap], tables.delay[tap], tables.weight[tap]
        gate, column = tables.gate[tap], tables.column[tap]
        if tables.inside[tap] == 0 and (gate >= 0 or weight < 0):
            found = _signals.delayed(tables, signals, source, delay)
            if weight >= 0:
                found = np.dot(found, _signals.matrix(w, weight, n, found.shape[1]).T)
            if gate >= 0:
                kept = _signals.block(heard, column, n, n_steps)
                _add_products(_signals.delayed(tables, signals, gate, 0), found, a)
                _copy(found, kept)
            else:
                _add(found, a)


@njit(cache=True, nogil=True)
def _step_by_step(tables, members, w_transposed, signals, a, heard, slopes):
    """Add what goes round in one loop, and squash, for t = 1 ... T. members: (number of layers,) in order."""
    rows = signals.shape[0] // tables.starts[-1]
    n_steps = rows - tables.depth
    for row in range(tables.depth, rows):
        for layer in members:
            signal = tables.n_inputs + layer
            n, t = tables.widths[signal], row - tables.depth
            net = (tables.starts[signal] - tables.starts[tables.n_inputs]) * n_steps + t * n
            for tap in range(tables.first[layer], tables.first[layer + 1]):
                source, delay, weight = tables.source[tap], tables.delay[tap], tables.weight[tap]
                gate, column = tables.gate[tap], tables.column[tap]
                if tables.inside[tap] == 0:
                    continue
                k = tables.widths[source]
                came = tables.starts[source] * rows + (row - delay) * k
                target, at = (heard, column * n_steps + t * n) if gate >= 0 else (a, net)
                if gate >= 0:
                    for i in range(n):
                        heard[at + i] = 0.0
                if weight >= 0:
                    _add_rows(w_transposed, weight, signals, came, k, target, at, n)
                else:
                    for i in range(n):
                        target[at + i] += signals[came + i]
                if gate >= 0:
                    opening = tables.starts[gate] * rows + row * n
                    for i in range(n):
                        a[net + i] += signals[opening + i] * heard[at + i]
            out = tables.starts[signal] * rows + row * n
            _signals.apply(a[net : net + n], tables.activations[layer], signals[out : out + n], slopes[net : net + n])


@njit(cache=True, nogil=True)
def transposed(tables, w):
    """w with each weight (n, k) as (k, n)."""
    result = np.empty_like(w)
    for layer in range(tables.first.shape[0] - 1):
        n = tables.widths[tables.n_inputs + layer]
        for tap in range(tables.first[layer], tables.first[layer + 1]):
            weight = tables.weight[tap]
            if weight >= 0:
                k = tables.widths[tables.source[tap]]
                for i in range(n):
                    for j in range(k):
                        result[weight + j * n + i] = w[weight + i * k + j]
    return result


@njit(cache=True, nogil=True)
def forward(tables, w, signals):
    """Fill the layers' blocks of `signals` from step 1 on; returns a, heard and f'(a)."""
    rows, first_unit = signals.shape[0] // tables.starts[-1], tables.starts[tables.n_inputs]
    n_steps = rows - tables.depth
    a, heard = np.empty((tables.starts[-1] - first_unit) * n_steps), np.empty(tables.n_heard * n_steps)
    slopes, w_transposed = np.empty_like(a), transposed(tables, w)
    for group in range(tables.looped.shape[0]):
        members = tables.order[tables.groups[group] : tables.groups[group + 1]]
        for layer in members:
            signal = tables.n_inputs + layer
            start, n = tables.starts[signal], tables.widths[signal]
            _add_all_steps(tables, w, signals, layer, _signals.block(a, start - first_unit, n, n_steps), heard)
            if tables.looped[group] == 0:
                net, out, size = (start - first_unit) * n_steps, start * rows + tables.depth * n, n * n_steps
                at, h = slice(net, net + size), slice(out, out + size)
                _signals.apply(a[at], tables.activations[layer], signals[h], slopes[at])
        if tables.looped[group] == 1:
            _step_by_step(tables, members, w_transposed, signals, a, heard, slopes)
    return a, heard, slopes


@njit(cache=True, nogil=True)
def _back_step_by_step(tables, members, w, signals, heard, dF_dsignals, dF_da):
    """Sensitivities of one loop for t = T ... 1, each handed on to what its layer heard within the loop.

    dF_da holds f'(a), and the sensitivities in the end.
    """
    rows = signals.shape[0] // tables.starts[-1]
    n_steps = rows - tables.depth
    for row in range(rows - 1, tables.depth - 1, -1):
        for layer in members[::-1]:
            signal = tables.n_inputs + layer
            n, t = tables.widths[signal], row - tables.depth
            net = (tables.starts[signal] - tables.starts[tables.n_inputs]) * n_steps + t * n
            out = tables.starts[signal] * rows + row * n
            for i in range(n):
                dF_da[net + i] *= dF_dsignals[out + i]
            for tap in range(tables.first[layer], tables.first[layer + 1]):
                source, delay, weight = tables.source[tap], tables.delay[tap], tables.weight[tap]
                gate, column = tables.gate[tap], tables.column[tap]
                if tables.inside[tap] == 0:
                    continue
                k = tables.widths[source]
                came = tables.starts[source] * rows + (row - delay) * k
                back, at = (heard, column * n_steps + t * n) if gate >= 0 else (dF_da, net)
                if gate >= 0:
                    opening = tables.starts[gate] * rows + row * n
                    for i in range(n):
                        dF_dsignals[opening + i] += dF_da[net + i] * heard[at + i]
                        heard[at + i] = dF_da[net + i] * signals[opening + i]
                if weight >= 0:
                    _add_rows(w, weight, back, at, n, dF_dsignals, came, k)
                else:
                    for i in range(n):
                        dF_dsignals[came + i] += back[at + i]


@njit(cache=True, nogil=True)
def _back_all_steps(tables, w, signals, layer, s, heard, dF_dsignals):
    """Hand the sensitivities s (T, n) of one layer on to what it heard from outside its loop, at all steps."""
    n_steps, n = s.shape
    weights, at = _signals.stacked_weights(tables, w, layer, False), 0
    stacked = np.dot(s, weights.T) if weights.shape[0] > 0 else np.empty((n_steps, 0))
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        source, delay, weight = tables.source[tap], tables.delay[tap], tables.weight[tap]
        gate, column = tables.gate[tap], tables.column[tap]
        if tables.inside[tap] == 1:
            continue
        back = _signals.delayed(tables, dF_dsignals, source, delay)
        k = back.shape[1]
        if gate >= 0:
            let_in, opening = _signals.block(heard, column, n, n_steps), _signals.delayed(tables, signals, gate, 0)
            _add_products(s, let_in, _signals.delayed(tables, dF_dsignals, gate, 0))
            for t in range(n_steps):
                for i in range(n):
                    let_in[t, i] = s[t, i] * opening[t, i]
            _add(np.dot(let_in, _signals.matrix(w, weight, n, k)) if weight >= 0 else let_in, back)
        elif weight < 0:
            _add(s, back)
        else:
            for t in range(n_steps):
                for j in range(k):
                    back[t, j] += stacked[t, at + j]
            at += k


@njit(cache=True, nogil=True)
def _collect(tables, signals, layer, s, heard, dF_dw):
    """Sums over t of s(t) h(t-d)^T and s(t) for the weights and the bias of one layer, into dF_dw."""
    n_steps, n = s.shape
    stacked = _signals.stacked_signals(tables, signals, layer, True)
    sums, at = np.dot(s.T, stacked) if stacked.shape[1] > 0 else np.empty((n, 0)), 0
    for tap in range(tables.first[layer], tables.first[layer + 1]):
        weight, gate = tables.weight[tap], tables.gate[tap]
        if weight < 0:
            continue
        source, delay, column = tables.source[tap], tables.delay[tap], tables.column[tap]
        k = tables.widths[source]
        result = _signals.matrix(dF_dw, weight, n, k)
        if gate >= 0:
            let_in = _signals.block(heard, column, n, n_steps)
            np.dot(let_in.T, _signals.delayed(tables, signals, source, delay), result)
        else:
            _copy(sums[:, at : at + k], result)
            at += k
    if tables.biases[layer] >= 0:
        for i in range(n):
            dF_dw[tables.biases[layer] + i] = 0.0
        for t in range(n_steps):
            for i in range(n):
                dF_dw[tables.biases[layer] + i] += s[t, i]


@njit(cache=True, nogil=True)
def backward(tables, w, signals, heard, slopes, dF_dsignals):
    """dF_dsignals holds what the loss sees directly and becomes the total; slopes become dF_da. Spends heard.

    Returns dF_dw.
    """
    rows, first_unit = signals.shape[0] // tables.starts[-1], tables.starts[tables.n_inputs]
    n_steps = rows - tables.depth
    dF_da, dF_dw = slopes, np.empty_like(w)
    for group in range(tables.looped.shape[0] - 1, -1, -1):
        members = tables.order[tables.groups[group] : tables.groups[group + 1]]
        if tables.looped[group] == 1:
            _back_step_by_step(tables, members, w, signals, heard, dF_dsignals, dF_da)
        for layer in members:
            start, n = tables.starts[tables.n_inputs + layer], tables.widths[tables.n_inputs + layer]
            s = _signals.block(dF_da, start - first_unit, n, n_steps)
            if tables.looped[group] == 0:
                dF_dh = _signals.delayed(tables, dF_dsignals, tables.n_inputs + layer, 0)
                for t in range(n_steps):
                    for i in range(n):
                        s[t, i] *= dF_dh[t, i]
            _back_all_steps(tables, w, signals, layer, s, heard, dF_dsignals)
            _collect(tables, signals, layer, s, heard, dF_dw)
    return dF_dw
