"""Slow, literal references for LSTM and GRU: one unit and one sum at a time, plain numbers, nothing of the engine.

Sequences and weights go in and come out as lists; index 0 is step 1. Gate rows are stacked i, f, g, o and r, z, n.
The way back asks of every quantity which later ones use it, and adds up: derivative of the user times the user's own.
"""

from math import exp, tanh


def logistic(a):
    return 1 / (1 + exp(-a)) if a >= 0 else exp(a) / (1 + exp(a))


def row_times(row, vector):
    return sum(weight * value for weight, value in zip(row, vector, strict=True))


def lstm(x, U, W, b, P, h0, c0, variant="full", heard=None):
    """Lists over time of i, f, g, o, c, h.

    heard: recorded h(0) ... h(T) and c(0) ... c(T), which gates and candidate hear instead of the true ones.
    """
    n = len(h0)
    result = {name: [] for name in "ifgoch"}
    h, c = h0, c0
    for t, x_t in enumerate(x):
        h_heard, c_heard = (heard[0][t], heard[1][t]) if heard else (h, c)
        net = [row_times(U[r], x_t) + row_times(W[r], h_heard) + b[r] for r in range(4 * n)]
        i = [logistic(net[k] + P[0][k] * c_heard[k]) for k in range(n)]
        f = [logistic(net[n + k] + P[1][k] * c_heard[k]) for k in range(n)]
        g = [tanh(net[2 * n + k]) for k in range(n)]
        if variant == "no forget gate":
            f = [1.0] * n
        if variant == "coupled gates":
            i = [1 - f[k] for k in range(n)]
        c = [f[k] * c[k] + i[k] * g[k] for k in range(n)]
        c_heard = heard[1][t + 1] if heard else c
        o = [logistic(net[3 * n + k] + P[2][k] * c_heard[k]) for k in range(n)]
        h = [o[k] * tanh(c[k]) for k in range(n)]
        for name, values in zip("ifgoch", (i, f, g, o, c, h), strict=True):
            result[name].append(values)
    return result


def lstm_gradients(x, U, W, b, P, h0, c0, explicit, explicit_c, variant="full", truncated=False):
    """Derivatives of sum explicit(t) h(t) + explicit_c(t) c(t), as if both were any direct derivatives of a loss.

    truncated=True forgets every use of h and c by a later gate or candidate, and of c(t) by the output gate: what is
    left of the past is c(t-1) in c(t) = f(t) c(t-1) + ...
    """
    n, m, n_steps = len(h0), len(x[0]), len(x)
    run = lstm(x, U, W, b, P, h0, c0, variant)
    states, cells = [h0, *run["h"]], [c0, *run["c"]]
    dF_dh = [[0.0] * n for _ in range(n_steps + 1)]
    dF_dc = [[0.0] * n for _ in range(n_steps + 1)]
    dF_da = [[0.0] * (4 * n) for _ in range(n_steps)]
    for t in range(n_steps, -1, -1):  # t = 0 are the initial states
        for k in range(n):
            later = dF_da[t] if t < n_steps else [0.0] * (4 * n)
            own = sum(later[r] * W[r][k] for r in range(4 * n))
            dF_dh[t][k] = (explicit[t - 1][k] if t else 0.0) + (0.0 if truncated else own)
            dF_dc[t][k] = explicit_c[t - 1][k] if t else 0.0
            if t < n_steps:
                dF_dc[t][k] += dF_dc[t + 1][k] * run["f"][t][k]
                if not truncated:
                    dF_dc[t][k] += later[k] * P[0][k] + later[n + k] * P[1][k]
            if t:
                i, f, g, o, c = (run[name][t - 1][k] for name in "ifgoc")
                dF_da[t - 1][3 * n + k] = dF_dh[t][k] * tanh(c) * o * (1 - o)
                dF_dc[t][k] += dF_dh[t][k] * o * (1 - tanh(c) ** 2)
                if not truncated:
                    dF_dc[t][k] += dF_da[t - 1][3 * n + k] * P[2][k]
                dF_dg = dF_dc[t][k] * i
                dF_di = dF_dc[t][k] * g
                dF_df = dF_dc[t][k] * cells[t - 1][k]
                if variant == "no forget gate":
                    dF_df = 0.0
                if variant == "coupled gates":
                    dF_df, dF_di = dF_df - dF_di, 0.0
                dF_da[t - 1][k] = dF_di * i * (1 - i)
                dF_da[t - 1][n + k] = dF_df * f * (1 - f)
                dF_da[t - 1][2 * n + k] = dF_dg * (1 - g**2)
    steps = range(n_steps)
    return {
        "dU": [[sum(dF_da[t][r] * x[t][j] for t in steps) for j in range(m)] for r in range(4 * n)],
        "dW": [[sum(dF_da[t][r] * states[t][j] for t in steps) for j in range(n)] for r in range(4 * n)],
        "db": [sum(dF_da[t][r] for t in steps) for r in range(4 * n)],
        "dP": [
            [sum(dF_da[t][k] * cells[t][k] for t in steps) for k in range(n)],
            [sum(dF_da[t][n + k] * cells[t][k] for t in steps) for k in range(n)],
            [sum(dF_da[t][3 * n + k] * cells[t + 1][k] for t in steps) for k in range(n)],
        ],
        "dh0": dF_dh[0],
        "dc0": dF_dc[0],
        "dF_dh": dF_dh[1:],
        "dF_dc": dF_dc[1:],
        "dF_da": dF_da,
        "dF_dx": [[sum(dF_da[t][r] * U[r][j] for r in range(4 * n)) for j in range(m)] for t in steps],
    }


def gru(x, U, W, b, h0, reset_after=False):
    """Lists over time of r, z, n, h; b has 4 blocks, of which the fourth counts only with reset_after."""
    size = len(h0)
    result = {name: [] for name in "rznh"}
    h = h0
    for x_t in x:
        fed = [row_times(U[row], x_t) + b[row] for row in range(3 * size)]
        r = [logistic(fed[k] + row_times(W[k], h)) for k in range(size)]
        z = [logistic(fed[size + k] + row_times(W[size + k], h)) for k in range(size)]
        if reset_after:
            heard = [r[k] * (row_times(W[2 * size + k], h) + b[3 * size + k]) for k in range(size)]
        else:
            heard = [row_times(W[2 * size + k], [r[j] * h[j] for j in range(size)]) for k in range(size)]
        n = [tanh(fed[2 * size + k] + heard[k]) for k in range(size)]
        h = [(1 - z[k]) * n[k] + z[k] * h[k] for k in range(size)]
        for name, values in zip("rznh", (r, z, n, h), strict=True):
            result[name].append(values)
    return result


def gru_gradients(x, U, W, b, h0, explicit, reset_after=False):
    """Derivatives of sum explicit(t) h(t); db has 4 blocks."""
    size, m, n_steps = len(h0), len(x[0]), len(x)
    units, steps = range(size), range(n_steps)
    run = gru(x, U, W, b, h0, reset_after)
    states = [h0, *run["h"]]
    dF_dh = [[0.0] * size for _ in range(n_steps + 1)]
    dF_da = [[0.0] * (3 * size) for _ in steps]
    dW = [[0.0] * size for _ in range(3 * size)]
    db = [0.0] * (4 * size)
    for t in range(n_steps - 1, -1, -1):
        r, z, n, h = run["r"][t], run["z"][t], run["n"][t], states[t]
        total = [explicit[t][k] + dF_dh[t + 1][k] for k in units]
        dF_dh[t + 1] = total
        a_n = [total[k] * (1 - z[k]) * (1 - n[k] ** 2) for k in units]
        a_z = [total[k] * (h[k] - n[k]) * z[k] * (1 - z[k]) for k in units]
        if reset_after:
            heard = [row_times(W[2 * size + k], h) + b[3 * size + k] for k in units]
            dF_dr = [a_n[k] * heard[k] for k in units]
            by_candidate = [sum(a_n[k] * r[k] * W[2 * size + k][j] for k in units) for j in units]
        else:
            dF_dr = [sum(a_n[k] * W[2 * size + k][j] * h[j] for k in units) for j in units]
            by_candidate = [sum(a_n[k] * W[2 * size + k][j] * r[j] for k in units) for j in units]
        a_r = [dF_dr[k] * r[k] * (1 - r[k]) for k in units]
        dF_da[t] = [*a_r, *a_z, *a_n]
        for k in units:
            by_gates = sum(a_r[q] * W[q][k] + a_z[q] * W[size + q][k] for q in units)
            dF_dh[t][k] = total[k] * z[k] + by_candidate[k] + by_gates
            db[3 * size + k] += a_n[k] * r[k] if reset_after else 0.0
            for j in units:
                dW[k][j] += a_r[k] * h[j]
                dW[size + k][j] += a_z[k] * h[j]
                dW[2 * size + k][j] += a_n[k] * (r[k] if reset_after else r[j]) * h[j]
    db[: 3 * size] = [sum(dF_da[t][row] for t in steps) for row in range(3 * size)]
    return {
        "dU": [[sum(dF_da[t][row] * x[t][j] for t in steps) for j in range(m)] for row in range(3 * size)],
        "dW": dW,
        "db": db,
        "dh0": dF_dh[0],
        "dF_dh": dF_dh[1:],
        "dF_da": dF_da,
        "dF_dx": [[sum(dF_da[t][row] * U[row][j] for row in range(3 * size)) for j in range(m)] for t in steps],
    }
