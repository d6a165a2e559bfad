"""Slow, literal references: one textbook line per code line, plain numbers, nothing imported from the engine.

Sequences go in and come out as lists. Index 0 is step 1, and everything before step 1 is zero.
The functions only add, multiply and compare, so they work with float, complex, Fraction or Decimal alike.
"""

from decimal import Decimal, localcontext
from math import comb


def hardlim(net):
    return 1 if net >= 0 else 0


def parity_network(bits, U, W, b, V, b_out, activation):
    """Two hidden units with feedback, one output (Eq. 12.36 gives the weights); lists of net, h, output net, output."""
    nets, hidden, output_nets, outputs = [], [], [], []
    h = [0, 0]
    for x in bits:
        net = [U[n] * x + W[n][0] * h[0] + W[n][1] * h[1] + b[n] for n in (0, 1)]
        h = [activation(net[0]), activation(net[1])]
        output_net = V[0] * h[0] + V[1] * h[1] + b_out
        nets.append(net)
        hidden.append(h)
        output_nets.append(output_net)
        outputs.append(activation(output_net))
    return nets, hidden, output_nets, outputs


def parity(bits):
    """1 where the number of ones so far is odd."""
    return [sum(bits[: t + 1]) % 2 for t in range(len(bits))]


def product_2x2(A, B):
    return [[A[i][0] * B[0][j] + A[i][1] * B[1][j] for j in (0, 1)] for i in (0, 1)]


def spectral_norm_2x2(A):
    """Square root of the largest root of s^2 - (sum of squares) s + det^2 = 0, in Decimal."""
    squares = sum(A[i][j] ** 2 for i in (0, 1) for j in (0, 1))
    determinant = A[0][0] * A[1][1] - A[0][1] * A[1][0]
    return ((squares + (squares**2 - 4 * determinant**2).sqrt()) / 2).sqrt()


def parity_jacobians(bits, U, W, b, V, b_out, steepness, digits=120):
    """Norms of dh(t)/dh(t-1), and log10 norms of dh(T)/dh(t), with `digits` decimal digits; lists of Decimal."""
    with localcontext() as context:
        context.prec = digits
        context.Emin, context.Emax = -(10**9), 10**9
        U, b, V = ([Decimal(float(v)) for v in vector] for vector in (U, b, V))
        W = [[Decimal(float(v)) for v in row] for row in W]
        k = Decimal(float(steepness))

        def logistic(net):
            return 1 / (1 + (-k * net).exp())

        _, hidden, _, _ = parity_network(bits, U, W, b, V, Decimal(float(b_out)), logistic)
        steps = [[[k * h[i] * (1 - h[i]) * W[i][j] for j in (0, 1)] for i in (0, 1)] for h in hidden]
        product, logs = [[Decimal(1), Decimal(0)], [Decimal(0), Decimal(1)]], []
        for jacobian in reversed(steps):
            logs.append(spectral_norm_2x2(product).log10())
            product = product_2x2(product, jacobian)
        return [spectral_norm_2x2(jacobian) for jacobian in steps], logs[::-1]


def carousel(x, i, f, o, w, c0):
    """c(t) = i(t) x(t) + w f(t) c(t-1); y(t) = o(t) c(t)."""
    c, y, previous = [], [], c0
    for t in range(len(x)):
        previous = i[t] * x[t] + w * f[t] * previous
        c.append(previous)
        y.append(o[t] * previous)
    return c, y


def carousel_product(f, w, t):
    """Product of w f(j) for j = t+1 ... T, where t is a step counted from 1."""
    product = w**0
    for j in range(t, len(f)):
        product = product * w * f[j]
    return product


def gamma_line(x, alpha, taps):
    """a_k(t) = alpha a_{k-1}(t-1) + (1 - alpha) a_k(t-1), a_0 = x; one list of taps per step."""
    rows = [[0] * taps]
    for t in range(1, len(x)):
        feeding = [x[t - 1], *rows[t - 1]]
        rows.append([alpha * feeding[k] + (1 - alpha) * rows[t - 1][k] for k in range(taps)])
    return rows


def gamma_loss(x, d, alpha, nudge=None):
    """Sum of (d(t) - a(t))^2 for one gamma element; `nudge` is added to a(t), to differentiate by it."""
    nudge = nudge or [0] * len(x)
    loss, a, earlier_x = 0, 0, 0
    for t in range(len(x)):
        a = alpha * earlier_x + (1 - alpha) * a + nudge[t]
        earlier_x = x[t]
        loss = loss + (d[t] - a) ** 2
    return loss


def gamma_impulse(alpha, lag, tap):
    """C(t-1, k-1) alpha^k (1-alpha)^(t-k), exact for a Fraction alpha."""
    return comb(lag - 1, tap - 1) * alpha**tap * (1 - alpha) ** (lag - tap) if lag >= tap else 0 * alpha


def column_sum(W, s):
    """W^T s."""
    return [sum(W[i][j] * s[i] for i in range(len(W))) for j in range(len(W[0]))]


def recurrent_network(x, U, W, b, h0, f):
    """a(t) = U x(t) + W h(t-1) + b, h(t) = f(a(t)); x is a list of input vectors; lists of a and h."""
    nets, states = [], []
    h = h0
    for x_t in x:
        a = []
        for i in range(len(b)):
            net = b[i]
            for j in range(len(x_t)):
                net = net + U[i][j] * x_t[j]
            for j in range(len(h)):
                net = net + W[i][j] * h[j]
            a.append(net)
        h = [f(net) for net in a]
        nets.append(a)
        states.append(h)
    return nets, states


def recurrent_gradients(x, U, W, b, h0, f, slope, explicit, window):
    """Each explicit(t) on its own: back through the copies of steps t, t-1, ... t-window+1, adding at each of them.

    Lists of dU, dW, db, dh0 and dF_dh, where dF_dh(t) adds up what arrives at h(t).
    """
    nets, states = recurrent_network(x, U, W, b, h0, f)
    n, m = len(b), len(x[0])
    dU = [[0] * m for _ in range(n)]
    dW = [[0] * n for _ in range(n)]
    db, dh0 = [0] * n, [0] * n
    dF_dh = [[0] * n for _ in x]
    for origin in range(len(x)):
        arriving = explicit[origin]
        for t in range(origin, max(origin - window, -1), -1):
            earlier = states[t - 1] if t > 0 else h0
            for i in range(n):
                dF_dh[t][i] = dF_dh[t][i] + arriving[i]
            s = [slope(nets[t][i]) * arriving[i] for i in range(n)]
            for i in range(n):
                db[i] = db[i] + s[i]
                dU[i] = [dU[i][j] + s[i] * x[t][j] for j in range(m)]
                dW[i] = [dW[i][j] + s[i] * earlier[j] for j in range(n)]
            arriving = column_sum(W, s)
            if t == 0:
                dh0 = [dh0[j] + arriving[j] for j in range(n)]
    return dU, dW, db, dh0, dF_dh


def matrix_product(A, B):
    return [[sum(A[i][k] * B[k][j] for k in range(len(B))) for j in range(len(B[0]))] for i in range(len(A))]


def matrix_powers(W, n_powers):
    """W^0, W^1, ... as lists of rows."""
    powers = [[[int(i == j) for j in range(len(W))] for i in range(len(W))]]
    for _ in range(n_powers - 1):
        powers.append(matrix_product(W, powers[-1]))
    return powers


def linear_network(x, W, U, h0):
    """h(t) = W h(t-1) + U x(t)."""
    rows, h = [], h0
    for value in x:
        h = [sum(W[i][j] * h[j] for j in range(len(h))) + U[i] * value for i in range(len(h))]
        rows.append(h)
    return rows


def one_unit(w, b, n_steps, h0, exp):
    """h(t) = logistic(w h(t-1) + b); list of h(0) ... h(T)."""
    h = [h0]
    for _ in range(n_steps):
        h.append(1 / (1 + exp(-(w * h[-1] + b))))
    return h


def omega(dF_dc, jacobians, sqrt):
    """Sum over t of (|dF/dc(t+1) dc(t+1)/dc(t)| / |dF/dc(t+1)| - 1)^2; list of ratios and the sum."""
    ratios, total = [], 0
    for t in range(len(dF_dc) - 1):
        later, jacobian = dF_dc[t + 1], jacobians[t + 1]
        earlier = [sum(later[i] * jacobian[i][j] for i in range(len(later))) for j in range(len(later))]
        ratios.append(sqrt(sum(v**2 for v in earlier)) / sqrt(sum(v**2 for v in later)))
        total = total + (ratios[-1] - 1) ** 2
    return ratios, total


class Ledger:
    """Counts products, and the most numbers that were kept at one time."""

    def __init__(self):
        self.multiply_adds = 0
        self.stored_numbers = 0

    def times(self, a, b):
        self.multiply_adds += 1
        return a * b

    def keeps(self, *nested):
        def leaves(values):
            return sum(leaves(value) for value in values) if isinstance(values, list) else 1

        self.stored_numbers = max(self.stored_numbers, leaves(list(nested)))


def counted_step(x_t, U, W, b, h, ledger):
    """a(t) = U x(t) + W h(t-1) + b."""
    a = []
    for i in range(len(b)):
        net = b[i]
        for j in range(len(x_t)):
            net = net + ledger.times(U[i][j], x_t[j])
        for j in range(len(h)):
            net = net + ledger.times(W[i][j], h[j])
        a.append(net)
    return a


def counted_backward(x, U, W, b, h0, f, slope, explicit, ledger, copies):
    """dF/da(t) = f' dF/dh(t), dF/dh(t-1) = explicit + W^T dF/da(t); the gradient as rows of [dU | dW | db].

    With `copies` each step keeps its own gradient, to be added up in the end. `slope` gives f' from the state, so that
    only the states have to be kept.
    """
    n, m = len(b), len(x[0])
    states, h = [], h0
    for x_t in x:
        h = [f(net) for net in counted_step(x_t, U, W, b, h, ledger)]
        states.append(h)
    gradients = [[[0] * (m + n + 1) for _ in range(n)] for _ in range(len(x) if copies else 1)]
    dF_dh = explicit[-1]
    for t in range(len(x) - 1, -1, -1):
        ledger.keeps(states, dF_dh, gradients)
        gradient = gradients[t if copies else 0]
        inputs = x[t] + (states[t - 1] if t > 0 else h0)
        s = [ledger.times(slope(states[t][i]), dF_dh[i]) for i in range(n)]
        for i in range(n):
            for j in range(m + n):
                gradient[i][j] = gradient[i][j] + ledger.times(s[i], inputs[j])
            gradient[i][-1] = gradient[i][-1] + s[i]
        if t > 0:
            dF_dh = [explicit[t - 1][j] + sum(ledger.times(W[i][j], s[i]) for i in range(n)) for j in range(n)]
    if not copies:
        return gradients[0]
    total = [[sum(copy[i][j] for copy in gradients) for j in range(m + n + 1)] for i in range(n)]
    ledger.keeps(states, dF_dh, gradients, total)
    return total


def counted_rtrl(x, U, W, b, h0, f, slope, explicit, ledger):
    """dh_i(t)/dweight = f' (explicit part + sum over k of W_ik dh_k(t-1)/dweight); rows of [dU | dW | db]."""
    n, m = len(b), len(x[0])
    weights = [(unit, j) for unit in range(n) for j in range(m + n + 1)]
    table = [[0] * n for _ in weights]
    gradient, h = [[0] * (m + n + 1) for _ in range(n)], h0
    for t in range(len(x)):
        inputs = [*x[t], *h, 1]
        h = [f(net) for net in counted_step(x[t], U, W, b, h, ledger)]
        for row, (unit, j) in enumerate(weights):
            earlier, later = table[row], []
            for i in range(n):
                inner = inputs[j] if i == unit else 0
                for k in range(n):
                    inner = inner + ledger.times(W[i][k], earlier[k])
                later.append(ledger.times(slope(h[i]), inner))
                gradient[unit][j] = gradient[unit][j] + ledger.times(explicit[t][i], later[i])
            table[row] = later
        ledger.keeps(h, table, gradient)
    return gradient
