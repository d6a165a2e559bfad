"""Lines of the Python scripts of the ESN page: plain NumPy, in the notation of the page."""

# The generated rows of each task, {length} of them.
ROWS = {
    "delayed copy": "np.round(np.random.default_rng([{seed}, 1]).uniform(-1, 1, {length}), 2)",
    "parity": "np.where(np.random.default_rng([{seed}, 1]).uniform(-1, 1, {length}) < 0, -1.0, 1.0)",
    "sine": "np.sin(2 * np.pi * (np.arange({length}) / {period}))",
    "Mackey-Glass 17": "((values - 0.85) / 0.65)",
    "Mackey-Glass 30": "((values - 0.85) / 0.65)",
    "NARMA-10": "np.round(np.random.default_rng([{seed}, 1]).uniform(0, 0.5, {length}), 2)",
    "figure of eight": "np.sin(2 * np.pi * np.arange({length})[:, None] / {period} * [1, 2])",
    "sunspots": "(values / np.abs(values).max())[:{length}]",
    "pulse": "(np.arange({length}) == 0).astype(float)",
    "silence": "np.zeros({length})",
}
SUNSPOTS = """sunspots = "{numbers}"  # yearly means from 1700 on
values = np.array(sunspots.split(), float)
values = values / values.max() - np.mean(values / values.max())"""
DELAYED = "d = np.concatenate([np.zeros({lag}), x[:, 0]])[: len(x), None]  # x(t − {lag})"
PARITY = """bits = np.concatenate([np.ones({n_bits}), x[:, 0]])
d = np.prod([bits[{n_bits} - k :][: len(x)] for k in range({n_bits})], axis=0)[:, None]  # of the last {n_bits} bits"""
NARMA = """d = np.zeros((len(x), 1))  # d(t) = 0.3 d(t−1) + 0.05 d(t−1) [d(t−1) + … + d(t−10)] + 1.5 x(t−9) x(t) + 0.1
for t in range(len(x)):
    recent = np.cumsum(d[max(t - 10, 0) : t])[-1] if t > 0 else 0.0
    before, late = d[t - 1, 0] if t > 0 else 0.0, x[t - 9, 0] if t >= 9 else 0.0
    d[t] = 0.3 * before + 0.05 * before * recent + 1.5 * late * x[t, 0] + 0.1"""
TARGETS = {"parity": PARITY, "NARMA-10": NARMA}  # of the others it is the delayed input
MACKEY_GLASS = """
# dx/dt = 0.2 x(t−{tau}) / (1 + x(t−{tau})¹⁰) − 0.1 x(t) from t = 1000 on, after x = 1.2 up to t = 0, by Runge and Kutta
# with steps of 0.1: as numbers, float64 in base64, for it is chaos
values = {values}
"""

SPAWNED = """# the reservoir of n units: its connections and their weights, drawn as on the page
n, leak = {n_units}, {leak_rate!r}
for_places, for_weights, for_late, for_input, for_feedback = np.random.default_rng({seed}).spawn(5)"""
RANDOM = """
# {n_connections} of the n² pairs of units: drawn until so many differ, and some of them dropped again
places = np.empty(0, np.uint32)
while len(places) < {n_drawn}:
    places = np.unique(np.concatenate([places, for_places.integers(n**2, size={n_draws}, dtype=np.uint32)]))
places = np.delete(places, for_places.choice(len(places), len(places) - {n_drawn}, replace=False, shuffle=False))
{complement}rows, columns = np.divmod(places.astype(int), n)  # unit `row` hears unit `column`
"""
COMPLEMENT = "places = np.delete(np.arange(n**2), places)  # those are the pairs without a connection\n"
NONE = "rows = columns = np.empty(0, int)  # a density that leaves no connection"
ALL = "rows, columns = np.divmod(np.arange(n**2), n)  # every unit hears all"
RING = "rows, columns = np.arange(n), (np.arange(n) - 1) % n  # each unit hears the one before it"
COMPLETE = "rows, columns = np.nonzero(~np.eye(n, dtype=bool))  # every unit hears all others"
IN_DEGREE = """
# each unit hears {degree} different units, drawn by Floyd's method
rows, hears = np.arange(n), np.zeros((n, n), bool)
for newest in range(n - {degree}, n):
    columns = for_places.integers(newest + 1, size=n)
    columns[hears[rows, columns]] = newest
    hears[rows, columns] = True
rows, columns = np.nonzero(hears)  # unit `row` hears unit `column`
"""
SMALL_WORLD = """
# neighbours on a circle hear each other; with probability 0.1 a tie is moved elsewhere (Watts and Strogatz)
chance, hears = random.Random(int(for_places.integers(2**63))), np.zeros((n, n), bool)
for reach in range(1, {reach} + 1):
    for u in range(n):
        hears[u, (u + reach) % n] = hears[(u + reach) % n, u] = True
for reach in range(1, {reach} + 1):
    for u in range(n):
        if chance.random() < 0.1:
            v, w = (u + reach) % n, chance.choice(range(n))
            while w == u or hears[u, w]:
                w = chance.choice(range(n))
                if hears[u].sum() >= n - 1:
                    break
            else:
                hears[u, v], hears[v, u], hears[u, w], hears[w, u] = False, False, True, True
rows, columns = np.nonzero(hears)  # unit `row` hears unit `column`
"""
WEIGHTS = {
    "uniform": "for_weights.uniform(-1, 1, len(rows))",
    "normal": "for_weights.normal(size=len(rows))",
    "signs": "for_weights.choice([-1.0, 1.0], len(rows))",
    "equal": "np.ones(len(rows))",
}
SCALED = """weights = {weights}
radius = {radius!r}  # the largest |eigenvalue| of their matrix, whose last digits depend on how it is found
weights = weights * (1 / radius) * {spectral_radius!r}"""
LATE = """late = np.zeros(len(rows), bool)
late[for_late.permutation(len(rows))[:{n_late}]] = True  # these connections take {delay} steps
order = np.argsort(late, kind="stable")
rows, columns, weights = rows[order], (columns + n * late)[order], weights[order]"""
DENSE = """W = np.zeros((n, {width}))
W[rows, columns] = weights"""

TANH = '''
def tanh(a):
    """tanh with the page's last digits, which chaos makes count: np.tanh has others, so may another system's exp."""
    s, e = a * a, np.array([math.exp(-2 * size) for size in np.abs(a)])
    near = a * (2027025 + s * (270270 + s * (6930 + s * 36))) / (2027025 + s * (945945 + s * (51975 + s * (630 + s))))
    return np.where(np.abs(a) <= 0.5, near, np.copysign((1 - e) / (1 + e), a))
'''
STEP = '''
def step(history, drive):
    """h(t) = (1 − leak) h(t−1) + leak tanh(drive(t) + {product}), from the states before it."""
    {seen}a = drive + {sums}
    return (1 - leak) * history[-1] + leak * tanh(a)
'''
RUN = '''
def run(start, drive):
    """States h(1) … h(T), (T, n), after the state `start`."""
    history = {history}
    for t in range(len(drive)):
        history.append(step(history, drive[t]))
    return np.array(history[{delay}:])
'''
FIT = '''
def fit(Z, d):
    """Ridge regression: V (k, p) with the least Σ|d(t) − V z(t)|² + β|V|². Z (T, p): rows z(t) = [1; h(t); x(t)]."""
    left, s, right = np.linalg.svd(Z, full_matrices=False)
    return (right.T @ ((left.T @ d) * (s / (s**2 + beta))[:, None])).T
'''
RIDGE = """
# ridge regression: V (k, p) with the least Σ|d(t) − V z(t)|² + β|V|²; the rows of Z (T, p) are z(t) = [1; h(t); x(t)]
beta, n_train = {ridge!r}, {n_train}
Z = np.column_stack([np.ones({ran}), history[{delay}:], x[:{ran}]])
left, s, right = np.linalg.svd(Z[{washout}:n_train], full_matrices=False)
V = (right.T @ ((left.T @ d[{washout}:n_train]) * (s / (s**2 + beta))[:, None])).T
"""

ECHO = """
# the same input from two starts
starts = np.random.default_rng([{seed}, 2]).uniform(-1, 1, (2, n))
first, second = run(starts[0], drive), run(starts[1], drive)
{distance}
table |= {{"h": first[:, unit], "h_other": second[:, unit], "log10_distance": log10_distance}}
print(f"log10 of the distance after the last step: {{log10_distance[-1]:.4g}}")
"""
DISTANCE = "log10_distance = np.log10(np.linalg.norm(first - second, axis=1))"
TINY_DISTANCE = """apart = np.abs(first - second)
largest = apart.max(axis=1)  # taken out of the root, for squares of small numbers would be 0
shape = apart / np.where(largest > 0, largest, 1)[:, None]
log10_distance = np.log10(largest) + np.log10(np.maximum(np.linalg.norm(shape, axis=1), 1))"""
MEMORY = """
# the run, and a readout that is asked for x(t − lag)
beta = {ridge!r}
states = run(np.zeros(n), drive)
Z = np.column_stack([np.ones(len(x)), states, x])
V = fit(Z[{washout}:{n_train}], d[{washout}:{n_train}])
y = Z @ V.T
"""
CAPACITY = """
# memory capacity: new input; how well [1; h(t)] tells x(t − lag) on 2,000 steps, after a fit on 2,000 others
beta, first = 1e-8, {first}
new = np.random.default_rng([{seed}, 3]).uniform(-1, 1, first + 4000)
Z = np.column_stack([np.ones(4000), run(np.zeros(n), new[:, None] * W_in[:, 1] + W_in[:, 0])[first:]])
past = np.column_stack([new[first - lag : len(new) - lag] for lag in range(1, {max_lag} + 1)])
read = Z[2000:] @ fit(Z[:2000], past[:2000]).T
capacity = sum(np.corrcoef(read[:, k], past[2000:, k])[0, 1] ** 2 for k in range({max_lag}))
print(f"memory capacity over {max_lag} lags: {{capacity:.4g}}")
"""
TEACHER = "drive[1:{n_train}] += {d}[: {n_train} - 1] @ W_fb.T  # {when} the target comes back"
DRIVEN = """
history = {history}
for t in range({ran}):
    history.append(step(history, drive[t]))
"""
ONLINE = """
# recursive least squares: P = root rootᵀ, gain P z / (forgetting + zᵀ P z), V grows by error times gain
beta, forgetting, n_train = {ridge!r}, {forgetting!r}, {n_train}
history, y, back = {history}, np.zeros(d.shape), np.zeros(d.shape[1])
root, V = np.eye(1 + n + x.shape[1]) / np.sqrt(beta), np.zeros((d.shape[1], 1 + n + x.shape[1]))
for t in range(n_train):
    history.append(step(history, drive[t]{own}))
    z = np.concatenate([[1], history[-1], x[t]])
    y[t] = back = np.cumsum(V * z, axis=1)[:, -1]  # what it says before it learns
    if t >= {washout}:
        f = z @ root
        gain, size = root @ f, forgetting + f @ f
        root = (root - np.outer(gain / (size + np.sqrt(forgetting * size)), f)) / np.sqrt(forgetting)
        V = V + np.outer((d[t] - y[t]) / size, gain)
"""
PAGE_V = """
page_V = {V}
print(f"The readout agrees with the page's to {{np.abs(V - page_V).max():.1e}}.")
V = page_V  # every digit of it: where the output feeds the next step, the last ones grow
"""
FREE = """
back = {back}
for t in range(n_train, len(x)):  # now its own output comes back
    history.append(step(history, drive[t] + (W_fb * back).sum(axis=1)))
    y[t] = back = V[:, 0] + x[t] @ V[:, 1 + n :].T + np.cumsum(V[:, 1 : 1 + n] * history[-1], axis=1)[:, -1]
"""
GO_ON = """
for t in range(n_train, len(x)):
    history.append(step(history, drive[t]))
y[n_train:] = {y}
"""
NEW_ERROR = """
known = np.isfinite(d).all(axis=1) & (np.arange(len(d)) >= n_train)
error = np.mean(np.mean((y[known] - d[known]) ** 2, axis=0) / np.var(d[known], axis=0))
print(f"NMSE on new data: {error:.4g}")
"""
LOG_ERROR = """
off = np.abs(y - d).max(axis=1)
table["log_error"] = np.log10(off)
strayed = np.flatnonzero(~(off[n_train:] <= 0.05 * np.ptp(d, axis=0).max()))
held = strayed[0] if strayed.size else len(d) - n_train
print(f"The free run stays within a tenth of half the range for {held} of {len(d) - n_train} steps.")
"""
