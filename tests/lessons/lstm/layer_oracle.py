"""LSTM and GRU layers by their equations with NumPy, and derivatives over many steps from complex steps of one."""

from typing import Any

import numpy as np

TINY = 1e-30


def logistic(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def cell(x, c, h, params, variant="full"):
    """One step: i, f, g, o, c, h. x, c and h may be rows of several steps; complex numbers are allowed."""
    U, W, b, P = params
    n = W.shape[1]
    a = x @ U.T + h @ W.T + b
    a_i, a_f, a_g, a_o = (a[..., k * n : (k + 1) * n] for k in range(4))
    P = np.zeros((3, n)) if P is None else P
    f = np.ones_like(a_f) if variant == "no forget gate" else logistic(a_f + P[1] * c)
    i = 1 - f if variant == "coupled gates" else logistic(a_i + P[0] * c)
    g = np.tanh(a_g)
    c = f * c + i * g
    o = logistic(a_o + P[2] * c)
    return i, f, g, o, c, o * np.tanh(c)


def run(x, params, variant="full") -> dict[str, np.ndarray]:
    """(T, n) of each signal from an empty cell."""
    n = params[1].shape[1]
    c, h, found = np.zeros(n), np.zeros(n), []
    for x_t in x:
        found.append(cell(x_t, c, h, params, variant))
        c, h = found[-1][4:]
    return dict(zip("ifgoch", (np.array(signal) for signal in zip(*found, strict=True)), strict=True))


def gru(x, params) -> dict[str, np.ndarray]:
    """(T, n) r, z, n, h; the reset gate stands before the product."""
    U, W, b = params
    n, found = W.shape[1], []
    h = np.zeros(n)
    for x_t in x:
        fed = U @ x_t + b
        r, z = logistic(fed[: 2 * n] + W[: 2 * n] @ h).reshape(2, n)
        candidate = np.tanh(fed[2 * n :] + W[2 * n :] @ (r * h))
        h = (1 - z) * candidate + z * h
        found.append((r, z, candidate, h))
    return dict(zip("rznh", (np.array(signal) for signal in zip(*found, strict=True)), strict=True))


def step_jacobians(x, params, states) -> np.ndarray:
    """(T-1, 2n, 2n) for steps 2 … T: how c, h of a step move with c, h of the step before."""
    n = params[1].shape[1]
    nudge = 1j * TINY * np.eye(2 * n)
    before = [
        states[name][:-1, np.newaxis] + part for name, part in zip("ch", (nudge[:, :n], nudge[:, n:]), strict=True)
    ]
    moved = cell(np.asarray(x)[1:, np.newaxis], *before, params)
    return np.concatenate(moved[4:], axis=2).imag.transpose(0, 2, 1) / TINY


def back_from_the_end(x, params) -> dict[str, np.ndarray]:
    """(T,) spectral norms: dc(T)/dc(k), where c(k) also moves h(k); dh(T)/dh(k) with c(k) held; dh(T)/dc(k)."""
    states = run(x, params)
    n, jacobians = params[1].shape[1], step_jacobians(x, params, states)
    products = [np.eye(2 * n)]
    for jacobian in jacobians[::-1]:
        products.append(products[-1] @ jacobian)
    back = np.array(products[::-1])
    shown = states["o"] * (1 - np.tanh(states["c"]) ** 2)
    through = back[:, :, :n] + back[:, :, n:] * shown[:, np.newaxis]
    blocks: dict[str, Any] = {"cc": through[:, :n], "hh": back[:, n:, n:], "hc": through[:, n:]}
    return {name: np.linalg.norm(block, 2, axis=(1, 2)) for name, block in blocks.items()}


def plain_network(x, U, W, b) -> np.ndarray:
    """(T,) spectral norms of dh(T)/dh(k) of a tanh network."""
    h, jacobians = np.zeros(len(W)), []
    for x_t in x:
        h = np.tanh(U @ x_t + W @ h + b)
        jacobians.append((1 - h**2)[:, np.newaxis] * W)
    product, norms = np.eye(len(W)), []
    for jacobian in [*jacobians[:0:-1], None]:
        norms.append(np.linalg.norm(product, 2))
        product = product if jacobian is None else product @ jacobian
    return np.array(norms[::-1])


def gru_from_the_end(x, params) -> np.ndarray:
    """(T,) spectral norms of dh(T)/dh(k) of a GRU."""
    U, W, b = params
    n, run = W.shape[1], gru(x, params)
    product, norms = np.eye(n), []
    for k in range(len(x) - 1, -1, -1):
        norms.append(np.linalg.norm(product, 2))
        if k:
            h = run["h"][k - 1] + 1j * TINY * np.eye(n)
            fed = U @ x[k] + b
            r, z = logistic(fed[:n] + h @ W[:n].T), logistic(fed[n : 2 * n] + h @ W[n : 2 * n].T)
            moved = (1 - z) * np.tanh(fed[2 * n :] + (r * h) @ W[2 * n :].T) + z * h
            product = product @ (moved.imag.T / TINY)
    return np.array(norms[::-1])
