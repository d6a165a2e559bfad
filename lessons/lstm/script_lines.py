"""Lines of the Python scripts of the LSTM page: plain NumPy, in the notation of the page."""

LOGISTIC = """
def logistic(a):
    return 1 / (1 + np.exp(-a))
"""

# One run of a layer: what peepholes and variants put in stands in braces.
LSTM = '''
def lstm(x, U, W, b{parameters}):
    """x (T, m) to i, f, g, o, c, h, (T, n) each. Rows of U, W, b: input gate, forget gate, candidate, output gate."""
    n = W.shape[1]
    i, f, g, o, c, h = np.zeros((6, len(x) + 1, n))  # row 0 is before step 1{prepared}
    for t in range(1, len(x) + 1):
        a_i, a_f, a_g, a_o = np.split(U @ x[t - 1] + W @ h[t - 1] + b, 4)  # a(t) = U x(t) + W h(t−1) + b{peepholes}
        {gates}
        g[t] = np.tanh(a_g)
        c[t] = f[t] * c[t - 1] + i[t] * g[t]  # c(t) = f(t)∘c(t−1) + i(t)∘g(t){peephole}
        o[t] = logistic(a_o)
        h[t] = o[t] * np.tanh(c[t])  # h(t) = o(t)∘tanh c(t)
    return i[1:], f[1:], g[1:], o[1:], c[1:], h[1:]
'''
GATES = {
    "full": "i[t], f[t] = logistic(a_i), logistic(a_f)",
    "no forget gate": "i[t], f[t] = logistic(a_i), 1  # no forget gate",
    "coupled gates": "i[t], f[t] = 1 - logistic(a_f), logistic(a_f)  # coupled gates",
    "any": """i[t], f[t] = logistic(a_i), logistic(a_f)
        if variant == "no forget gate":
            f[t] = 1
        if variant == "coupled gates":
            i[t] = 1 - f[t]""",
}
PEEPHOLES = """
        a_i, a_f = a_i + P[0] * c[t - 1], a_f + P[1] * c[t - 1]  # peepholes"""
PEEPHOLE = """
        a_o = a_o + P[2] * c[t]"""
NO_PEEPHOLES = """
    P = np.zeros((3, n)) if P is None else P"""

SLOPES = '''
def slope(a):  # σ′(a), also where σ(a) is 1 to the last digit; tanh′(a) is 4 σ′(2a)
    return logistic(a) * logistic(-a)


def log_norms(first, J, last):
    """log10 of the norm of first J(T) … J(k+1) last(k), k = 1 … T; products are rescaled, so that none underflows."""
    product, scale, found = first, 0.0, np.zeros(len(J))
    for k in reversed(range(len(J))):
        size = np.abs(product).max() or 1.0
        product, scale = product / size, scale + np.log10(size)
        found[k] = scale + np.log10(np.linalg.norm(product @ last[k], 2))  # the largest singular value
        product = product @ J[k]
    return found
'''

GRADIENT = """
# the run, rows of U, W, b being those of i, f, g, o; J(t) is the derivative of [c(t); h(t)] by [c(t−1); h(t−1)]
n_steps, n = len(fed), W.shape[1]
f, c, h = np.zeros((3, n_steps + 1, n))  # row 0 is before step 1
J, last_c = np.zeros((n_steps, 2 * n, 2 * n)), np.zeros((n_steps, 2 * n, n))
W_i, W_f, W_g, W_o = np.split(W, 4)
for t in range(1, n_steps + 1):
    a_i, a_f, a_g, a_o = np.split(U @ fed[t - 1] + W @ h[t - 1] + b, 4)  # a(t) = U x(t) + W h(t−1) + b{peepholes}
    i, f[t], g = {gates}, np.tanh(a_g)
    c[t] = f[t] * c[t - 1] + i * g  # c(t) = f(t)∘c(t−1) + i(t)∘g(t){peephole}
    o, s = logistic(a_o), np.tanh(c[t])
    h[t] = o * s  # h(t) = o(t)∘tanh c(t)
    dc_da_i, dc_da_f, dc_da_g, dh_da_o = {partials}, i * 4 * slope(2 * a_g), s * slope(a_o)
    dc_dc, dh_dc = np.diag(f[t]{by_peepholes}), np.diag(o * 4 * slope(2 * c[t]){by_output_peephole})
    dc_dh = np.diag(dc_da_i) @ W_i + np.diag(dc_da_f) @ W_f + np.diag(dc_da_g) @ W_g
    J[t - 1] = np.block([[dc_dc, dc_dh], [dh_dc @ dc_dc, dh_dc @ dc_dh + np.diag(dh_da_o) @ W_o]])
    last_c[t - 1] = np.vstack([np.eye(n), dh_dc])  # with c(k) changes h(k) = o(k)∘tanh c(k) too
f, c, first_c, first_h = f[1:], c[1:], np.eye(n, 2 * n), np.eye(n, 2 * n, k=n)

# the carousel alone: f(T) … f(k+1), unit by unit, and its way out through o(T) tanh′ c(T)
carousel = np.vstack([np.log10(f[:0:-1]).cumsum(axis=0)[::-1], np.zeros(n)])
truncated = carousel + np.log10(o * 4 * slope(2 * c[-1]))

# an untrained tanh network of the same size on the same input: dh(t)/dh(t−1) = diag(tanh′ a(t)) W
rng, bound = np.random.default_rng({seed}), n**-0.5
U, W = rng.uniform(-bound, bound, (n, fed.shape[1])), rng.uniform(-bound, bound, (n, n))
J_rnn, h_rnn = np.zeros((n_steps, n, n)), np.zeros(n)
for t in range(n_steps):
    a = U @ fed[t] + W @ h_rnn
    J_rnn[t], h_rnn = np.diag(4 * slope(2 * a)) @ W, np.tanh(a)

table |= {{"f": f[:, unit], "c": c[:, unit], "cell": log_norms(first_c, J, last_c),
          "hidden": log_norms(first_h, J, [first_h.T] * n_steps), "forget": carousel[:, unit],
          "truncated": truncated.max(axis=1), "vanilla": log_norms(np.eye(n), J_rnn, [np.eye(n)] * n_steps)}}
"""

GRU = '''
def gru(x, U, W, b):
    """x (T, m) to z, h, (T, n) each; rows of U, W and b: reset gate r, update gate z (1 keeps), candidate."""
    n = W.shape[1]
    W_r, W_z, W_n = np.split(W, 3)
    z, h = np.zeros((2, len(x) + 1, n))  # row 0 is before step 1
    for t in range(1, len(x) + 1):
        a_r, a_z, a_n = np.split(U @ x[t - 1] + b, 3)
        r, z[t] = logistic(a_r + W_r @ h[t - 1]), logistic(a_z + W_z @ h[t - 1])
        candidate = np.tanh(a_n + W_n @ (r * h[t - 1]))
        h[t] = (1 - z[t]) * candidate + z[t] * h[t - 1]  # h(t) = (1 − z(t))∘n(t) + z(t)∘h(t−1)
    return z[1:], h[1:]


def gru_rows(stacked):  # r, z and the candidate of the GRU have the weights of o, f and g
    i, f, g, o = np.split(stacked, 4)
    return np.concatenate([o, f, g])
'''
VARIANTS = """
_, f_full, _, _, c_full, _ = lstm(fed, U, W, b)
_, f_peephole, _, _, c_peephole, _ = lstm(fed, U, W, b, P)
_, f_coupled, _, _, c_coupled, _ = lstm(fed, U, W, b, variant="coupled gates")
c_no_forget_gate = lstm(fed, U, W, b, variant="no forget gate")[4]
z_gru, h_gru = gru(fed, gru_rows(U), gru_rows(W), gru_rows(b))
table |= {"full": c_full[:, unit], "no_forget_gate": c_no_forget_gate[:, unit],
          "coupled_gates": c_coupled[:, unit], "peephole": c_peephole[:, unit], "gru": h_gru[:, unit],
          "f_full": f_full[:, unit], "f_peephole": f_peephole[:, unit],
          "f_coupled_gates": f_coupled[:, unit], "z_gru": z_gru[:, unit]}
"""

TEXT_ANSWER = """
# softmax: the probability of the character that comes
p = np.exp(y - y.max(axis=1, keepdims=True))
p = p[np.arange(len(text) - 1), numbers[1:]] / p[:-1].sum(axis=1)
table |= {"y": np.append(p, np.nan), "d": np.full(len(text), np.nan)}
"""
