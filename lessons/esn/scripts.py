"""The Python scripts that compute the tables again, by topic."""

import numpy as np

from app.shell.export import literal
from lessons.esn.columns import COLLECTED, FITTED, USED, line_units
from lessons.esn.drawn import SPARSE_FROM
from lessons.esn.parameters import EsnParameters
from lessons.esn.results import Echo, FreeRun, Recipe, Result, Traced
from lessons.esn.settings import MIDDLE, REACH, TASKS, Settings, given_input

# The generated rows of each task, n of them.
ROWS = {
    "delayed copy": "np.round(np.random.default_rng([{seed}, 1]).uniform(-1, 1, n), 2)",
    "parity": "np.where(np.random.default_rng([{seed}, 1]).uniform(-1, 1, n) < 0, -1.0, 1.0)",
    "sine": "series.sine(n, {period})",
    "Mackey-Glass 17": f"(signals.mackey_glass(n, 17) - {MIDDLE}) / {REACH}",
    "Mackey-Glass 30": f"(signals.mackey_glass(n, 30) - {MIDDLE}) / {REACH}",
    "NARMA-10": "np.round(signals.narma_input(n, np.random.default_rng([{seed}, 1])), 2)",
    "figure of eight": "signals.figure_eight(n, {period})",
    "sunspots": "series.scaled(series.sunspots()[1])[:n]",
    "pulse": "series.impulse(n)",
    "silence": "np.zeros(n)",
}
TARGETS = {"delayed copy": "signals.delayed(x[:, 0], {lag})", "parity": "signals.parity_of_last(x[:, 0], {n_bits})",
           "NARMA-10": "signals.narma10(x[:, 0])"}  # fmt: skip
ECHO = """
starts = np.random.default_rng([{seed}, 2]).uniform(-1, 1, (2, {n_units}))
runs = reservoir.two_starts(x, network, starts=starts, leak_rate={leak_rate!r}{teacher})
table |= {{"h": runs.first[:, unit], "h_other": runs.second[:, unit], "log10_distance": runs.log10_distance}}
print(f"log10 of the distance after the last step: {{runs.log10_distance[-1]:.4g}}")
"""
MEMORY = """
states = reservoir.run(x, network, leak_rate={leak_rate!r})
V = reservoir.fit_ridge(x[rows], states[rows], d[rows], {ridge!r})
y = reservoir.outputs(x, states, V)
alone = network._replace(W_in=network.W_in[:, :2])  # the first input only
capacity = reservoir.memory_capacity(alone, {max_lag}, leak_rate={leak_rate!r}, rng=np.random.default_rng([{seed}, 3]))
print(f"memory capacity over {max_lag} lags: {{capacity.total:.4g}}")
"""
RIDGE = """
states = reservoir.run(x[:n_train], network, leak_rate={leak_rate!r}{teacher})
V = reservoir.fit_ridge(x[rows], states[rows], d[rows], {ridge!r})
y = reservoir.outputs(x[:n_train], states, V)
"""
RECURSIVE = """
learned = reservoir.learn_online(x[:n_train], d[:n_train], network, ridge={ridge!r}, forgetting={forgetting!r},
                                 feedback={feedback_from!r}, leak_rate={leak_rate!r}, washout=rows.start)
states, V, y = learned.states, learned.V, learned.y
"""
GO_ON = """new = reservoir.run(x[n_train:], network, leak_rate={leak_rate!r}, h0={h0})
states = np.concatenate([states, new])
y = np.concatenate([y, reservoir.outputs(x[n_train:], new, V)])
"""
GO_ON_ALONE = """new = reservoir.free_run(network, V, len(x) - n_train, h0={h0}, y0={y0}[n_train - 1],
                         leak_rate={leak_rate!r}, x=x[n_train:])
states, y = np.concatenate([states, new.states]), np.concatenate([y, new.y])
"""
LOG_ERROR = """
with np.errstate(divide="ignore"):
    table["log_error"] = np.log10(np.abs(y - d).max(axis=1))
strays = np.flatnonzero(~(np.abs(y - d).max(axis=1)[n_train:] <= 0.05 * np.ptp(d, axis=0).max()))
held = strays[0] if strays.size else len(d) - n_train
print(f"The free run stays within a tenth of half the range for {held} of {len(d) - n_train} steps.")
"""
NEW_ERROR = """
new = np.arange(n_train, len(d))
new = new[np.isfinite(d[new]).all(axis=1)]
print(f"NMSE on new data: {reservoir.normalised_error(y[new], d[new]):.4g}")
"""
LEARNING_FAILED = """new = reservoir.run(x[n_train:], network, leak_rate={leak_rate!r}, h0={h0})
states = np.concatenate([states, new])
y = np.concatenate([y, np.full((len(x) - n_train, y.shape[1]), np.nan)])  # V is not finite
"""


def source(m: EsnParameters, r: Result) -> str:
    now = r.traced
    s = now.settings
    parts = [_head(m.shown_unit, s), _fed(now), _network(s), _body(r, m.done)]
    if len(now.d) < s.n_steps:
        parts.append(f"table = {{name: np.concatenate([column, np.full({s.n_steps} - len(column), np.nan)])\n"
                     "         for name, column in table.items()}")  # fmt: skip
    return "\n".join(parts)


def _body(r: Result, done: int) -> str:
    """The lines of the topic; `done` steps of the recipe are shown."""
    if isinstance(r, Recipe):
        return _recipe(r, done)
    if isinstance(r, FreeRun):
        return _free_run(r)
    template = ECHO if isinstance(r, Echo) else MEMORY
    return template.format(**_values(r.traced.settings)) + ("" if isinstance(r, Echo) else _said(1, residual=True))


def _values(s: Settings) -> dict[str, object]:
    """What the templates may ask for."""
    teacher = ", teacher=np.nan_to_num(d)" if s.has_feedback else ""
    h0 = "states[-1]" if s.late == 0 else f"np.concatenate([np.zeros(({s.delay}, {s.n_units})), states])[-{s.delay}:]"
    own = s.learning == "recursive" and s.feedback_from == "own" and s.topic != "free run"
    return {**s._asdict(), "ridge": s.ridge, "n_bits": s.n_bits, "teacher": teacher, "h0": h0,
            "y0": "y" if own else "d"}  # fmt: skip


def _head(unit: int, s: Settings) -> str:
    return f"""
import numpy as np

from engine import reservoir, series, signals

unit = {unit - 1}  # counted from 0
table = {{"t": np.arange(1, {s.n_steps} + 1)}}
"""


def _fed(now: Traced) -> str:
    """x (T, m) and d (T, k)."""
    s, n_steps = now.settings, len(now.d)
    x = given_input(s)
    lines = [f"n = {len(x)}{' + 1' if _knows_next(now) else ''}", f"values = {ROWS[s.task].format(**_values(s))}"]
    if s.n_channels == 1:
        lines.append("values = values[:, np.newaxis]")
    lines.append(f"x = values[:{len(x)}].copy()")
    if s.signal == "drawn":
        lines.append(f"x[:, 0] = np.array({literal(x[:, 0])})")
    if s.topic != "free run":
        lines.append('table |= {"x": x[:, 0]' + (', "x2": x[:, 1]}' if s.n_channels == 2 else "}"))
    lines += _asked(now)
    if n_steps < len(x):
        lines.append(f"x, d = x[:{n_steps}], d[:{n_steps}]  # the target runs away after them")
    if s.topic != "echo":
        lines.append(f"n_train, rows = {now.n_train}, slice({now.washout}, {now.n_train})")
    return "\n".join(lines)


def _asks_next(s: Settings) -> bool:
    return s.topic not in ("memory", "free run") and TASKS[s.task].target is None


def _knows_next(now: Traced) -> bool:
    """Whether the target of the last step comes from the series itself."""
    return _asks_next(now.settings) and bool(np.isfinite(now.d[-1]).all())


def _asked(now: Traced) -> list[str]:
    """Lines that set d (T, k)."""
    s = now.settings
    if s.topic == "free run":
        return ["d, x = x, np.empty((len(x), 0))"]
    if _asks_next(s):
        return ["d = values[1:]" if _knows_next(now) else "d = np.vstack([x[1:], np.full((1, x.shape[1]), np.nan)])"]
    target = TARGETS["delayed copy"] if s.topic == "memory" else TARGETS.get(s.task, TARGETS["delayed copy"])
    lines = [f"d = {target.format(**_values(s))}[:, np.newaxis]"]
    unknown = np.flatnonzero(np.isnan(now.d[:, 0]))
    return [*lines, f"d[{unknown[0]}:] = np.nan  # it runs away"] if unknown.size else lines


def _network(s: Settings) -> str:
    sparse = ", sparse=True" if s.n_units > SPARSE_FROM else ""
    feedback = s.feedback_scaling if s.has_feedback else 0.0
    bias_only = "\nnetwork = network._replace(W_in=network.W_in[:, :1])" if s.topic == "free run" else ""
    return f"""
drawn = reservoir.draw({s.n_units}, {s.n_channels}, n_outputs={s.n_channels}, density={s.density!r},
                       topology={s.topology!r}, weights={s.weights!r}, late={s.late!r}, delay={s.delay},
                       rng=np.random.default_rng({s.seed}){sparse})
network = reservoir.scaled(drawn, spectral_radius={s.spectral_radius!r}, input_scaling={s.input_scaling!r},
                           bias_scaling={s.bias_scaling!r}, feedback_scaling={feedback!r}){bias_only}"""


def _recipe(r: Recipe, done: int) -> str:
    s = r.traced.settings
    values, recursive = _values(s), s.learning == "recursive"
    if recursive:
        learned = RECURSIVE.format(**values)
    else:
        learned = RIDGE.format(**values | {"teacher": ", teacher=d[:n_train]" if s.has_feedback else ""})
    lines = [learned, _rest(r).format(**values)]
    if done >= COLLECTED:
        units = ", ".join(f'"u{k}": states[:, {unit}]' for k, unit in enumerate(line_units(r), 1))
        lines.append(f"table |= {{{units}}}")
    if FITTED <= done < USED:
        lines.append("y[n_train:] = np.nan  # the new data come with the last step of the recipe")
    if done >= FITTED:
        lines.append(_said(s.n_channels, residual=True))
    if done == USED and np.isfinite(r.error_new):
        lines.append(NEW_ERROR)
    return "\n".join(lines)


def _free_run(r: FreeRun) -> str:
    s = r.traced.settings
    values = _values(s)
    learned = RIDGE.format(**values | {"teacher": ", teacher=d[:n_train]" if s.has_feedback else ""})
    return f"{learned}{_rest(r).format(**values)}{_said(s.n_channels, residual=False)}{LOG_ERROR}"


def _rest(r: Recipe | FreeRun) -> str:
    """How the run goes on after training."""
    if not np.isfinite(r.V).all():
        return LEARNING_FAILED
    return GO_ON_ALONE if r.traced.settings.has_feedback else GO_ON


def _said(n_channels: int, *, residual: bool) -> str:
    """The lines of the table with outputs and targets."""
    names = ["", "2"][:n_channels]
    pairs = [f'"{name}{number}": {name}[:, {k}]' for name in "yd" for k, number in enumerate(names)]
    lines = [f"table |= {{{', '.join(pairs)}}}"]
    if residual:
        off = "y[:, 0] - d[:, 0]" if n_channels == 1 else "np.abs(y - d).max(axis=1)"
        lines.append(f'table["residual"] = {off}')
    return "\n".join(lines)
