"""Slow, literal references for the NARX network: one textbook line per code line, nothing imported from the engine.

They only add, multiply and call the activation, so they work with float, complex or Fraction alike.
"""


def narx_network(x, x_before, y_before, weights, f, teacher=None):
    """a(t) = sum of U_j x(t-j) + sum of W_j y(t-j) + b, y(t) = V f(a(t)) + b_out; lists of a and y.

    x_before, y_before: what was before step 1, the last entry the latest; weights: U, W, b, V, b_out as nested lists.
    """
    U, W, b, V, b_out = weights
    xs, fed = [*x_before, *x], list(y_before)
    nets, outputs = [], []
    for t in range(len(x)):
        net = []
        for i in range(len(b)):
            total = b[i]
            for j in range(1, len(U) + 1):
                for m in range(len(xs[0])):
                    total = total + U[j - 1][i][m] * xs[len(x_before) + t - j][m]
            for j in range(1, len(W) + 1):
                for k in range(len(b_out)):
                    total = total + W[j - 1][i][k] * fed[len(y_before) + t - j][k]
            net.append(total)
        h = [f(a) for a in net]
        y = [b_out[k] + sum(V[k][i] * h[i] for i in range(len(b))) for k in range(len(b_out))]
        nets.append(net)
        outputs.append(y)
        fed.append(y if teacher is None else teacher[t])
    return nets, outputs


def all_ways(n_steps, delays):
    """Every way from copy 1 to copy n_steps as a list of copies, found by walking."""
    found, open_ways = [], [[1]]
    while open_ways:
        way = open_ways.pop()
        if way[-1] == n_steps:
            found.append(way)
        open_ways += [[*way, way[-1] + delay] for delay in delays if way[-1] + delay <= n_steps]
    return found
