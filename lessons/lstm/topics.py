"""What the LSTM page computes for each of its topics: one engine run, and the plotted columns."""

from typing import Any, NamedTuple

import numpy as np

from engine import gradients, gru, lstm, network, rnn, tasks
from lessons.lstm.inputs import N_CHARACTERS
from lessons.lstm.parameters import LstmParameters
from lessons.lstm.training import Snapshot

GRU_FROM = (3, 1, 2)  # rows r, z, n of the GRU are the LSTM's rows o, f, g


class Traced(NamedTuple):
    """The layer that the page shows, on the input that reaches it. Row t of the arrays is step t + 1."""

    x: np.ndarray  # (T, m) the network's input
    inputs: np.ndarray  # (T, m_layer) the shown layer's input: x, or h of the layer below
    params: lstm.LstmParams  # of the shown layer, n units
    variant: str  # one of lstm.VARIANTS; peepholes show in params.P
    run: lstm.LstmRun  # (T, n) each
    V: np.ndarray | None  # (k, n_last) readout; None for the single cell
    b_out: np.ndarray | None  # (k,)
    y: np.ndarray | None  # (T, k)
    d: np.ndarray  # (T,) what the task asks for; NaN where it asks for nothing

    @property
    def outputs(self) -> np.ndarray:
        """(T, k) y of a network that has a readout. Raises ValueError for one that has none."""
        if self.y is None:
            raise ValueError("this network has no readout, so it has no outputs")
        return self.y


class Gates(NamedTuple):
    traced: Traced


class Gradient(NamedTuple):
    """log10 of the sizes of derivatives of the last step by step k, at [k-1]."""

    traced: Traced
    cell: np.ndarray  # (T,) dc(T)/dc(k), exact
    hidden: np.ndarray  # (T,) dh(T)/dh(k), exact
    forget: np.ndarray  # (T,) f(T)...f(k+1) of the unit shown
    truncated: np.ndarray  # (T,) dh(T)/dc(k) through the cell's own delay only
    truncated_exact: np.ndarray  # (T,) dh(T)/dc(k), exact
    vanilla: np.ndarray  # (T,) dh(T)/dh(k) of a tanh RNN of the same size on the same input


class Variants(NamedTuple):
    """The same input, and where they share parameters the same weights."""

    traced: Traced
    runs: dict[str, Any]  # by name: "full", "no forget gate", "peephole", "coupled gates" -> LstmRun; "GRU" -> GruRun


class TrainingShown(NamedTuple):
    traced: Traced  # the LSTM in training on a probe sequence of the task
    snapshot: Snapshot  # of the training, that this belongs to


Shown = Gates | Gradient | Variants | TrainingShown


def traced(m: LstmParameters, shown: network.Network | None) -> Traced:
    """A network on the present input; None stands for the single cell or the random layer, without a readout."""
    fed = m.fed()
    if shown is None:
        params, variant = m.own_params()
        run = lstm.run(fed, params, variant=variant)
        return Traced(fed, fed, params, variant, run, None, None, None, m.targets())
    run, k = network.run(fed, shown), m.shown_layer - 1
    layer = shown.layers[k]
    variant = layer.options.get("variant", "full")
    return Traced(fed, run.inputs[k], layer.params, variant, run.layers[k], shown.V, shown.b_out, run.y, m.targets())


def says_characters(m: LstmParameters, now: Traced) -> bool:
    """Whether the outputs are one number per character."""
    return m.is_text and now.y is not None and now.y.shape[1] == N_CHARACTERS


def trained_updates(r: Shown) -> int:
    """Updates of the LSTM in training that is shown; 0 where another network is."""
    return len(r.snapshot.histories["lstm"].loss) if isinstance(r, TrainingShown) else 0


def gradient(m: LstmParameters, now: Traced) -> Gradient:
    """How much of the last step's derivative arrives at each step of the shown layer."""
    inputs, params, settings = now.inputs, now.params, {"variant": now.variant}
    n_inputs, n_units = inputs.shape[1], now.run.c.shape[1]
    forget = lstm.forget_products(now.run.f)[:, m.shown_unit - 1]
    vanilla = rnn.initial(n_units, n_inputs, np.random.default_rng(m.seed))
    return Gradient(
        now,
        cell=lstm.lag_norms(inputs, params, **settings),
        hidden=lstm.lag_norms(inputs, params, output="h", state="h", **settings),
        forget=forget,
        truncated=lstm.lag_norms(inputs, params, output="h", through="cec", **settings),
        truncated_exact=lstm.lag_norms(inputs, params, output="h", **settings),
        vanilla=gradients.lag_norms(inputs, vanilla),
    )


def peepholes(params: lstm.LstmParams, seed: int) -> np.ndarray:
    """(3, n) the layer's own peepholes, or random ones where it has none."""
    if params.P is not None:
        return params.P
    n_units, n_inputs = params.W.shape[1], params.U.shape[1]
    return np.asarray(lstm.initial(n_units, n_inputs, np.random.default_rng(seed), peepholes=True).P)


def variants(m: LstmParameters, now: Traced) -> Variants:
    """All variants of the shown layer on its input, with its own weights as far as they go."""
    plain = now.params._replace(P=None)
    runs = {name: lstm.run(now.inputs, plain, variant=name) for name in lstm.VARIANTS}
    runs["peephole"] = lstm.run(now.inputs, plain._replace(P=peepholes(now.params, m.seed)))
    runs["GRU"] = gru.run(now.inputs, gru_params(plain))
    return Variants(now, runs)


def gru_params(params: lstm.LstmParams) -> gru.GruParams:
    """A GRU with the LSTM's weights: update gate = forget gate (both keep), candidate = candidate, reset = output gate.

    The LSTM's input gate has no counterpart, since a GRU writes 1 − z.
    """
    n = params.W.shape[1]

    def rows(stacked: np.ndarray) -> np.ndarray:
        return np.concatenate([stacked[gate * n : (gate + 1) * n] for gate in GRU_FROM])

    return gru.GruParams(rows(params.U), rows(params.W), rows(params.b))


def columns(m: LstmParameters, r: Shown) -> dict[str, np.ndarray]:
    """All plotted columns of the present topic by name, (T,) each."""
    now = r.traced
    x, mark = m.inputs()
    found = {"x": x, "mark": mark} if m.uses_x else {}
    if not m.uses_mark:
        found.pop("mark", None)
    if isinstance(r, Variants):
        return found | _variant_columns(r, m.shown_unit - 1)
    gates = {name: getattr(now.run, name)[:, m.shown_unit - 1] for name in ("i", "f", "g", "o", "c", "h")}
    if isinstance(r, Gradient):
        lines = {name: getattr(r, name) for name in ("cell", "hidden", "forget", "truncated", "vanilla")}
        return found | {"f": gates["f"], "c": gates["c"]} | lines
    if isinstance(r, TrainingShown):
        gates = {name: gates[name] for name in ("f", "c")}
    return found | gates | ({"y": answer(m, now), "d": now.d} if now.y is not None else {})


def _variant_columns(r: Variants, unit: int) -> dict[str, np.ndarray]:
    found = {name.replace(" ", "_"): r.runs[name].c[:, unit] for name in r.runs if name != "GRU"}
    forget = {f"f_{name.replace(' ', '_')}": r.runs[name].f[:, unit] for name in ("full", "peephole", "coupled gates")}
    return found | {"gru": r.runs["GRU"].h[:, unit]} | forget | {"z_gru": r.runs["GRU"].z[:, unit]}


def answer(m: LstmParameters, now: Traced) -> np.ndarray:
    """The plotted output y, (T,): the first one, or with text the probability given to the character that comes."""
    if not says_characters(m, now):
        return now.outputs[:, 0]
    following = tasks.encode(m.text.ljust(m.n_steps)[: m.n_steps])[1:]
    return np.append(network.softmax(now.outputs)[np.arange(len(following)), following], np.nan)
