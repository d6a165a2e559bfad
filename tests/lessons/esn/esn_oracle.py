"""What these tests share: pages, and literal loops that use nothing of the engine but its drawn matrices."""

import numpy as np

from app.shell.room import room
from tests.app.pages import Opened


def make(**arguments: object) -> Opened:
    """A page opened with these settings, in the form of an address."""
    return Opened("esn", **arguments)


def make_at_once(monkeypatch, **arguments: object) -> Opened:
    """A page that is not waited for: a heavy result comes when it comes."""
    room("esn")  # which is never built with something in the place of its result
    monkeypatch.setattr(Opened, "wait", lambda page: None)
    return Opened("esn", **arguments)


def states(network, leak_rate, x, h0=None, fed_back=None) -> np.ndarray:
    """(T, n) one step at a time. fed_back: (T, k), what comes back at each step."""
    W_in, W = np.asarray(network.W_in), np.asarray(network.W)
    late = None if network.W_late is None else np.asarray(network.W_late)
    n = W_in.shape[0]
    history = [np.zeros(n)] * network.delay
    if h0 is not None:
        history[-1] = h0
    for t in range(len(x)):
        a = W_in[:, 0] + W_in[:, 1:] @ x[t] + W @ history[-1]
        if late is not None:
            a = a + late @ history[-network.delay]
        if fed_back is not None:
            a = a + network.W_fb @ fed_back[t]
        history.append((1 - leak_rate) * history[-1] + leak_rate * np.tanh(a))
    return np.array(history[network.delay :])


def ridge(rows: np.ndarray, d: np.ndarray, beta: float) -> np.ndarray:
    """V (k, columns of rows) as least squares on the rows with the square root of beta below."""
    width = rows.shape[1]
    tall = np.concatenate([rows, np.sqrt(beta) * np.eye(width)])
    return np.linalg.lstsq(tall, np.concatenate([d, np.zeros((width, d.shape[1]))]), rcond=None)[0].T


def rows(states: np.ndarray, x: np.ndarray) -> np.ndarray:
    """[1; h; x] for every step."""
    return np.column_stack([np.ones(len(states)), states, x])


def nmse(y: np.ndarray, d: np.ndarray) -> float:
    """Mean squared error by variance, averaged over the columns."""
    return float(np.mean([np.mean((y[:, k] - d[:, k]) ** 2) / np.var(d[:, k]) for k in range(d.shape[1])]))
