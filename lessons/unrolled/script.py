"""The script that computes the table of the unrolled network again."""

from app.parts import code
from app.shell.export import literal
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result

RUN = """
# a(t) = U x(t) + W h(t-1) + b,   h(t) = f(a(t)): one column of W after the other
a, h, before = np.zeros((T, n)), np.zeros((T, n)), np.zeros((T, n))
for t in range(T):
    before[t] = h[t - 1] if t > 0 else h0
    a[t] = U * x[t] + b
    for j in range(n):
        a[t] += W[:, j] * before[t, j]
    h[t] = [f(value) for value in a[t]]
"""

STATES = """
# e(t) = d(t) - h(t),   F = {sum},   dF/dh(t) explicit = -2 e(t)
e = d - h
{looked}explicit = -2 * e
"""

OUTPUT = """
# y(t) = V h(t) + b_out,   e(t) = d(t) - y(t),   F = {sum},   dF/dh(t) explicit = -2 V^T e(t)
y = h @ V + b_out
e = d[:, 0] - y
{looked}explicit = -2 * np.outer(e, V)
"""

BACK = """
# Back through the copies: dF/dh(t) = explicit(t) + W^T s(t+1),   s(t) = f'(a(t)) dF/dh(t)
dF_dh, s = np.zeros((T, n)), np.zeros((T, n))
for t in reversed(range(T)):
    dF_dh[t] = explicit[t] + (W.T @ s[t + 1] if t + 1 < T else 0)
    s[t] = [slope(value) for value in a[t]] * dF_dh[t]

# What each copy adds to dF/d{chosen}, the sums from the last copy down, and the shares of all sizes.
term = {term}
sizes = np.abs(term)
{unseen}table = {{"t": np.arange(1, T + 1), "x": x, {columns},
         "dF_dh": dF_dh[:, {unit}], "s": s[:, {unit}], "term": term,
         "sum": np.cumsum(term[::-1])[::-1], "share": sizes / (sizes.sum() or 1)}}
"""


def lines(m: UnrolledParameters, r: Result) -> str:
    """Python lines that compute the table."""
    last = m.loss_at == "last step"
    form = OUTPUT if m.output_layer else STATES
    loss = form.format(
        sum="e(T)^2" if last else "sum of e(t)^2",
        looked="e[:-1] = 0  # the loss looks at the last step only\n" if last else "",
    )
    back = BACK.format(
        chosen=r.chosen,
        term=_term(r.chosen),
        unseen="d[:-1] = np.nan  # the loss does not look at these\n" if last else "",
        columns=_columns(m),
        unit=m.unit,
    )
    return "".join([_settings(m, r), code.activation(m.activation), RUN, loss, back])


def _settings(m: UnrolledParameters, r: Result) -> str:
    w = r.weights
    given = {"U": w["U"][:, 0], "W": w["W"], "b": w["b"], "h0": w["h0"]} | ({"V": w["V"][0]} if m.output_layer else {})
    arrays = [f"{name} = np.array({value.tolist()})" for name, value in given.items()]
    if m.output_layer:
        arrays.append(f"b_out = {float(w['b_out'][0])!r}")
    targets = ",\n              ".join(literal(column) for column in r.d.T)
    return "\n".join(
        [
            f"T, n = {m.n_steps}, {m.n_units}",
            f"x = np.array({literal(r.x)})",
            f"d = np.array([{targets}]).T  # targets, one row a step",
            *arrays,
            "",
        ]
    )


def _term(chosen: str) -> str:
    """What a copy adds to the derivative by a weight, as source."""
    array, index = chosen[0], [int(digit) - 1 for digit in chosen[1:]]
    other = {"W": f" * before[:, {index[-1]}]", "U": " * x", "b": ""}[array]
    return f"s[:, {index[0]}]{other}"


def _columns(m: UnrolledParameters) -> str:
    states = [f'"h{j + 1}": h[:, {j}]' for j in range(m.n_units)]
    if m.output_layer:
        return ", ".join([*states, '"y": y', '"d": d[:, 0]'])
    return ", ".join(states + [f'"d{j + 1}": d[:, {j}]' for j in range(m.n_units)])
