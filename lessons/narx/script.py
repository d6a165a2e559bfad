"""The Python scripts that compute the tables of the page again, by topic."""

import numpy as np

from app.parts import code
from app.shell.export import array, literal
from engine import levitation, narx
from lessons.narx import learning, weights
from lessons.narx.parameters import NarxParameters
from lessons.narx.results import Hand, Plant, Result, Rows, Unfolded

NETWORK = """
# z(t) = [x(t-1) ... x(t-d), y(t-1) ... y(t-D)],  a(t) = A z(t) + b,  h(t) = f(a(t)),  y(t) = V h(t) + b_out
# A has the weights of all delays side by side; `fed` is what comes back: the teacher's values, or the outputs.
def run(x, fed, teacher, n_steps):
    x, fed, a, y = list(x), list(fed), [], []
    d, D = delays
    for t in range(n_steps):
        now, last = len(x_before) + t, len(fed)
        z = [value for j in range(1, d + 1) for value in x[now - j]]
        z += [value for j in range(1, D + 1) for value in fed[last - j]]
        net = [sum(w * value for w, value in zip(row, z)) + bias for row, bias in zip(A.tolist(), b.tolist())]
        h = [f(value) for value in net]
        out = [sum(v * value for v, value in zip(row, h)) + bias for row, bias in zip(V.tolist(), b_out.tolist())]
        a.append(net)
        y.append(out)
        fed.append(out if teacher is None else teacher[t])
    return np.array(a), np.array(y)
"""

HAND = """
a, y = run(x_before + x.tolist(), y_before, {teacher}, T)
table = {{"t": np.arange(1, T + 1), "x1": x[:, 0], "x2": x[:, 1], "a1": a[:, 0], "a2": a[:, 1],
         "y1": y[:, 0], "y2": y[:, 1], "d1": d[:, 0], "d2": d[:, 1]}}
"""

ROWS = """
# Row t of the table is [x(t-1) ... x(t-m), d(t-1) ... d(t-n)] -> d(t); it is complete from t = max(m, n) on.
table = {"t": np.arange(1, T + 1), "x": x, "d": d}
for name, values, count in (("x", x, m), ("d", d, n)):
    for j in range(1, count + 1):
        column = np.full(T, np.nan)
        column[max(m, n):] = values[max(m, n) - j : T - j]
        table[f"{name}{j}"] = column
"""

PLANT = """
# d2y/dt2 = -9.8 + (15 / 3) i^2 / y - (12 / 3) dy/dt, the current held for {interval} s, classical Runge-Kutta steps
def slope(y, v, i):
    return v, -9.8 + 15 / 3 * i * i / y - 12 / 3 * v

y, v, position, dt = {start!r}, 0.0, [], {interval} / {per_sample}
for i in current:
    position.append(y)
    for step in range({per_sample}):
        k1 = slope(y, v, i)
        k2 = slope(y + dt / 2 * k1[0], v + dt / 2 * k1[1], i)
        k3 = slope(y + dt / 2 * k2[0], v + dt / 2 * k2[1], i)
        k4 = slope(y + dt * k3[0], v + dt * k3[1], i)
        y, v = (s + dt / 6 * (p + 2 * q + 2 * r + w) for s, p, q, r, w in zip((y, v), k1, k2, k3, k4))
measured = np.array(position) + noise
"""

JUDGED = """
x = [[i] for i in x_before + current.tolist()]
teacher = [[value] for value in measured]
x_before = [[i] for i in x_before]
a, y = run(x, y_before, {teacher}, T)

# far(t): y(t) as it was predicted n_ahead steps before, from outputs measured up to then
far, known = np.full(T, np.nan), y_before + teacher
for t in range(T - n_ahead + 1):
    far[t + n_ahead - 1] = run(x[t:], known[t : t + len(y_before)], None, n_ahead)[1][-1, 0]

# The factor of the loop: dy(t)/dy(t-j) = V diag f'(a(t)) W_j, written for the last D outputs as one matrix
factor, (d, D) = np.zeros(T), delays
for t in range(T):
    matrix = np.eye(D, k=-1)
    matrix[0] = (V[0] * [slope(value) for value in a[t]]) @ A[:, d:]
    factor[t] = np.abs(np.linalg.eigvals(matrix)).max()
table = {{"t": np.arange(1, T + 1), "current": current, "measured": measured, "y": y[:, 0], "far": far,
         "e": measured - y[:, 0], "factor": factor}}
"""

UNFOLDED = """
# y(t) = f(a(t)),  a(t) = x(t-1) + sum of w_j y(t-j), everything 0 before step 1
a, y = np.zeros(T), np.zeros(T)
for t in range(T):
    a[t] = x[t - 1] if t > 0 else 0.0
    for j in range(1, len(w) + 1):
        a[t] += w[j - 1] * y[t - j] if t >= j else 0.0
    y[t] = f(a[t])

# Back through the copies: dy(T)/dy(t) = sum of w_j f'(a(t+j)) dy(T)/dy(t+j), and 1 at t = T
back, ways = np.zeros(T), np.zeros(T)
back[-1], ways[0] = 1.0, 1.0
for t in reversed(range(T - 1)):
    for j in range(1, len(w) + 1):
        if t + j < T{closed}:
            back[t] += w[j - 1] * slope(a[t + j]) * back[t + j]

# How many ways lead from copy 1 to copy t
for t in range(1, T):
    ways[t] = sum(ways[t - j] for j in range(1, len(w) + 1) if t >= j)
table = {{"t": np.arange(1, T + 1), "x": x, "y": y, "back": back, "ways": ways}}
"""


def lines(m: NarxParameters, r: Result) -> str:
    """Python lines that compute the table."""
    if isinstance(r, Hand):
        return _hand(m, r)
    if isinstance(r, Rows):
        back = r.table.inputs.shape[1] - r.input_delays
        given = f"T, m, n = {m.n_steps}, {r.input_delays}, {back}\nx = np.array({literal(r.x)})\n"
        return f"{given}d = np.array({literal(r.d)})  # the target\n{ROWS}"
    return _plant(m, r) if isinstance(r, Plant) else _unfolded(m, r)


def _weights(params: narx.NarxParams) -> str:
    given = {"A": narx.augmented(params), "b": params.b, "V": params.V, "b_out": params.b_out}
    arrays = "".join(f"{name} = {array(values)}\n" for name, values in given.items())
    return f"delays = {len(params.U)}, {len(params.W)}  # d of the input, D of the output\n{arrays}"


def _hand(m: NarxParameters, r: Hand) -> str:
    given = f"T = {m.n_steps}\nx = {array(r.x)}\nd = {array(r.d)}  # the teacher\n"
    before = f"x_before = {weights.BEFORE.tolist()}  # the last row is the latest\ny_before = [[0.0, 0.0]] * 2\n"
    teacher = "d.tolist()" if m.opened else "None"
    return given + before + _weights(r.params) + code.RELU + NETWORK + HAND.format(teacher=teacher)


def _plant(m: NarxParameters, r: Plant) -> str:
    found = r.record
    before = found.before()
    start = float(levitation.resting_position(found.current[0]))
    per_sample = round(learning.INTERVAL / levitation.LONGEST_STEP)
    head = [
        f"T, n_ahead = {m.n_steps}, {min(m.n_ahead, m.n_steps)}",
        f"current = np.array({literal(found.current)})",
        f"noise = {array(found.measured - found.position)}  # of the measurement",
        f"x_before = {before['x_before'].tolist()}  # before step 1 the plant rested",
        f"y_before = {before['y_before'][:, None].tolist()}",
        "",
    ]
    plant = PLANT.format(interval=learning.INTERVAL, start=start, per_sample=per_sample)
    teacher = "teacher" if r.opened else "None"
    tanh = code.activation("tanh", exact=True)
    return "\n".join(head) + plant + _weights(r.params) + tanh + NETWORK + JUDGED.format(teacher=teacher)


def _unfolded(m: NarxParameters, r: Unfolded) -> str:
    w = np.array2string(m.feedback_weights(), separator=", ")
    head = f"T = {m.n_steps}\nx = np.array({literal(r.x)})\nw = {w}  # of the outputs 1, 2 ... steps back\n"
    closed = " and False" if r.opened else ""
    return head + code.activation(m.activation) + UNFOLDED.format(closed=closed)
