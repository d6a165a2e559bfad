"""The Python scripts that compute the tables of the LSTM page again, by topic."""

import numpy as np

from app.shell.export import literal
from lessons.lstm.networks import HAND_SET
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.topics import Shown, Traced, says_characters, trained_updates
from lessons.lstm.training import BATCH_SIZE

GRADIENT = """
settings = {{"variant": {variant!r}}}
vanilla = rnn.initial({n_units}, fed.shape[1], np.random.default_rng({seed}))
table |= {{"f": run.f[:, unit], "c": run.c[:, unit],
          "cell": lstm.lag_norms(fed, params, **settings),
          "hidden": lstm.lag_norms(fed, params, output="h", state="h", **settings),
          "forget": lstm.forget_products(run.f)[:, unit],
          "truncated": lstm.lag_norms(fed, params, output="h", through="cec", **settings),
          "vanilla": gradients.lag_norms(fed, vanilla)}}
"""
VARIANTS = """
plain = params._replace(P=None)
peephole = plain._replace(P={peepholes})
full = lstm.run(fed, plain)
no_forget_gate = lstm.run(fed, plain, variant="no forget gate")
peephole = lstm.run(fed, peephole)
coupled_gates = lstm.run(fed, plain, variant="coupled gates")


def gru_rows(stacked):  # rows r, z, n of the GRU from the LSTM's rows o, f, g
    i, f, g, o = np.split(stacked, 4)
    return np.concatenate([o, f, g])


other = gru.run(fed, gru.GruParams(*(gru_rows(stacked) for stacked in plain[:3])))
table |= {{"full": full.c[:, unit], "no_forget_gate": no_forget_gate.c[:, unit],
          "coupled_gates": coupled_gates.c[:, unit], "peephole": peephole.c[:, unit], "gru": other.h[:, unit],
          "f_full": full.f[:, unit], "f_peephole": peephole.f[:, unit],
          "f_coupled_gates": coupled_gates.f[:, unit], "z_gru": other.z[:, unit]}}
"""
TEXT_ANSWER = """following = tasks.encode(text)[1:]
probability = network.softmax(net.y)[np.arange(len(following)), following]
table |= {"y": np.append(probability, np.nan), "d": np.full(len(fed), np.nan)}"""


def source(m: LstmParameters, r: Shown) -> str:
    """Lines that leave the plotted columns in a dict `table`."""
    parts = [_head(m), _input(m), _network(m, r)]
    if m.topic == "gradient":
        parts.append(GRADIENT.format(variant=r.traced.variant, n_units=m.n_shown_units, seed=m.seed))
    elif m.topic == "variants":
        parts.append(VARIANTS.format(peepholes=_peepholes(m, r.traced)))
    else:
        parts.append(_gates(m, r.traced))
    return "\n".join(parts)


def _head(m: LstmParameters) -> str:
    used = {"gates": [], "gradient": ["gradients", "rnn"], "variants": ["gru"], "training": ["training"]}[m.topic]
    used = [*used, "lstm"]
    if m.is_text:
        used.append("tasks")
    if m.has_readout:
        used.append("network")
    if m.has_readout and m.topic != "training":
        used.append(_origin(m)[0])
    return f"""
import numpy as np

from engine import {", ".join(sorted(used))}

unit = {m.shown_unit - 1}  # counted from 0
"""


def _input(m: LstmParameters) -> str:
    if m.is_text:
        text = m.text.ljust(m.n_steps)[: m.n_steps]
        return f"""text = {text!r}
fed = tasks.one_hot(tasks.encode(text), len(tasks.ALPHABET))
table = {{"t": np.arange(1, len(fed) + 1)}}"""
    x, mark = m.inputs()
    lines = [f"x = np.array({literal(x)})"]
    if m.uses_mark:
        lines += [
            f"mark = np.array({literal(mark)})",
            f"fed = np.zeros((len(x), {m.n_inputs}))",
            "fed[:, 0], fed[:, 1] = x, mark",
        ]
    else:
        lines += ["fed = x[:, np.newaxis]"]
    marked = ', "mark": mark' if m.uses_mark else ""
    return "\n".join([*lines, f'table = {{"t": np.arange(1, len(x) + 1), "x": x{marked}}}'])


def _origin(m: LstmParameters) -> tuple[str, str]:
    """The module that has the shown network, and the call that gives it."""
    shown = m.shown_network
    if shown in HAND_SET:
        return "hand_set", f"hand_set.make({HAND_SET[shown]!r}).network"
    if shown == "uploaded":
        return "weights", f"weights.load({m.upload_name!r})"
    return "trained", f"trained.load({shown!r})"


def _network(m: LstmParameters, r: Shown) -> str:
    if m.topic == "training":
        return f"""
{_trained_here(m, trained_updates(r))}
net = network.run(fed, trainer.network)
run, params = net.layers[0], trainer.network.layers[0].params"""
    if m.has_readout:
        k = m.shown_layer - 1
        below = f"\nfed = net.inputs[{k}]" if k else ""
        return f"""
shown = {_origin(m)[1]}
net = network.run(fed, shown)
run, params = net.layers[{k}], shown.layers[{k}].params{below}"""
    return f"""
{_own_params(m)}
run = lstm.run(fed, params, variant={r.traced.variant!r})"""


def _trained_here(m: LstmParameters, n_updates: int) -> str:
    settings = (
        f"lag={m.lag}, n_units={m.n_units}, learning_rate={m.learning_rate!r}, method={m.method!r},\n"
        f"    clip={m.clip!r}, seed={m.seed}, forget_bias={m.forget_bias!r}, batch_size={BATCH_SIZE}"
    )
    return f"""trainer = training.recall_trainer(
    "lstm", {settings})
for _ in range({n_updates}):
    trainer.step()"""


def _own_params(m: LstmParameters) -> str:
    if not m.one_cell:
        peepholes = ", peepholes=True" if m.variant == "peephole" else ""
        return f"""rng = np.random.default_rng({m.seed})
params = lstm.initial({m.n_units}, 2, rng, forget_bias={m.forget_bias!r}{peepholes})"""
    U, W, b, P = m.cell_params()
    peepholes = "" if P is None else f",\n                         P=np.array({P.tolist()})"
    return f"""# rows: input gate, forget gate, candidate, output gate; columns of U: x, mark
params = lstm.LstmParams(U=np.array({U.tolist()}),
                         W=np.array({W.tolist()}), b=np.array({b.tolist()}){peepholes})"""


def _peepholes(m: LstmParameters, now: Traced) -> str:
    if now.params.P is not None:
        return "params.P"
    return f"lstm.initial({m.n_shown_units}, fed.shape[1], np.random.default_rng({m.seed}), peepholes=True).P"


def _gates(m: LstmParameters, now: Traced) -> str:
    names = ("f", "c") if m.topic == "training" else ("i", "f", "g", "o", "c", "h")
    lines = ["table |= {" + ", ".join(f'"{name}": run.{name}[:, unit]' for name in names) + "}"]
    if says_characters(m, now):
        lines.append(TEXT_ANSWER)
    elif m.has_readout:
        d = now.d
        written = "np.full(len(fed), np.nan)" if np.isnan(d).all() else f"np.array({_with_gaps(d)})"
        lines.append(f'table |= {{"y": net.y[:, 0], "d": {written}}}')
    return "\n".join(lines)


def _with_gaps(values: np.ndarray) -> str:
    """Numbers as Python source, with np.nan where there are none."""
    return "[" + ", ".join("np.nan" if np.isnan(value) else repr(float(value)) for value in values) + "]"
