"""The script that computes the table of the unrolled network again, with the engine alone."""

from app.shell.export import literal
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import Result


def lines(m: UnrolledParameters, r: Result) -> str:
    """Lines that compute the table again with the engine."""
    w, last = r.weights, m.loss_at == "last step"
    array, index = r.chosen[0], [int(digit) - 1 for digit in r.chosen[1:]]
    entry = {"W": ", ".join(map(str, index)), "U": f"{index[0]}, 0", "b": f"{index[0]}"}[array]
    rows = ",\n              ".join(literal(column) for column in r.d.T)
    at = f'at="{m.loss_at.split()[0]}"'
    loss = f"gradients.sum_squared_error(run.h, d, {at})"
    states = [f'"h{j + 1}": run.h[:, {j}]' for j in range(m.n_units)]
    if m.output_layer:
        loss = f"gradients.output_layer(run.h, {w['V'].tolist()}, {w['b_out'].tolist()}, d, {at})"
        states += ['"y": loss.y[:, 0]', '"d": d[:, 0]']
    else:
        states += [f'"d{j + 1}": d[:, {j}]' for j in range(m.n_units)]
    return f"""
import numpy as np

from engine import gradients, rnn

x = np.array({literal(r.x)})
d = np.array([{rows}]).T  # (T, k)
params = rnn.RnnParams(U=np.array({w["U"].tolist()}), W=np.array({w["W"].tolist()}), b=np.array({w["b"].tolist()}))
network = {{"h0": np.array({w["h0"].tolist()}), "activation": "{m.activation}"}}

run = rnn.run(x, params, **network)
loss = {loss}
copies = gradients.unrolled(x, params, loss.explicit, **network)
term = copies.d{array}_per_copy[:, {entry}]  # what each copy adds to dF/d{r.chosen}
sizes = np.abs(term)
{"d[:-1] = np.nan  # the loss does not look at these" if last else "# the loss looks at all targets"}
table = {{"t": np.arange(1, len(x) + 1), "x": x, {", ".join(states)},
         "dF_dh": copies.dF_dh[:, {m.unit}], "s": copies.dF_da[:, {m.unit}], "term": term,
         "sum": np.cumsum(term[::-1])[::-1], "share": sizes / (sizes.sum() or 1.0)}}
"""
