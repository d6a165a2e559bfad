"""The Python scripts that compute the tables of the ESN page again, by topic, with NumPy alone."""

import numpy as np

from app.shell.export import PACKED, array, joined, literal, wrapped
from engine import series, signals
from lessons.esn import script_draw
from lessons.esn import script_lines as lines
from lessons.esn.columns import COLLECTED, FITTED, USED, line_units
from lessons.esn.parameters import EsnParameters
from lessons.esn.results import Echo, FreeRun, Memory, Recipe, Result, Traced
from lessons.esn.settings import TASKS, Settings, given_input

TINY = -140  # log10 of a distance whose square is 0


def source(m: EsnParameters, r: Result) -> str:
    """Lines that leave the plotted columns in a dict `table`."""
    now = r.traced
    s = now.settings
    blocks = [_head(m, r), *_fed(now)]
    if not (isinstance(r, Recipe) and m.done < COLLECTED):
        blocks += ["\n".join(part.strip("\n") for part in script_draw.connections(s)), *script_draw.step(s)]
        blocks += _body(r, m.done)
    if len(now.d) < s.n_steps:
        blocks.append(f"table = {{name: np.concatenate([column, np.full({s.n_steps} - len(column), np.nan)])\n"
                      "         for name, column in table.items()}")  # fmt: skip
    return joined(blocks)


def _body(r: Result, done: int) -> list[str]:
    """The lines of the topic; `done` steps of the recipe are shown."""
    s = r.traced.settings
    if isinstance(r, Echo):
        drive = _drive(r.traced, teacher=len(r.traced.d), when="at each step")
        is_tiny = (r.log10_distance < TINY).any() and np.isfinite(r.log10_distance).any()
        distance = lines.TINY_DISTANCE if is_tiny else lines.DISTANCE
        return [_run(s), drive, lines.ECHO.format(seed=s.seed, distance=distance)]
    if isinstance(r, Memory):
        values = {"ridge": s.ridge, "washout": r.traced.washout, "n_train": r.traced.n_train}
        capacity = lines.CAPACITY.format(first=max(200, s.max_lag), seed=s.seed, max_lag=s.max_lag)
        said = lines.MEMORY.format(**values).strip("\n") + "\n" + _said(1, residual=True)
        return [lines.FIT, _run(s), _drive(r.traced), said, capacity]
    return _learned(r, done)


def _head(m: EsnParameters, r: Result) -> str:
    s = r.traced.settings
    found = [f'table = {{"t": np.arange(1, {s.n_steps} + 1)}}']
    if isinstance(r, Echo):
        found.insert(0, f"unit = {m.shown_unit - 1}  # the one that is shown, counted from 0")
    if isinstance(r, FreeRun) or (isinstance(r, Echo) and np.isinf(r.log10_distance).any()):
        found.append('np.seterr(divide="ignore")  # log10 of 0 is −inf')
    if len(r.traced.d) < s.n_steps and s.task == "NARMA-10":
        found.append('np.seterr(over="ignore", invalid="ignore")  # the target runs away')
    return "\n".join(found)


# Input and target


def _fed(now: Traced) -> list[str]:
    """x (T, m) and d (T, k)."""
    s, n_steps = now.settings, len(now.d)
    x = given_input(s)
    values = {"seed": s.seed, "period": s.period, "length": len(x) + _knows_next(now)}
    before = []
    if s.task == "sunspots":
        before = [lines.SUNSPOTS.format(numbers=" ".join(f"{number:g}" for number in series.sunspots()[1]))]
    elif s.task.startswith("Mackey-Glass"):
        tau = int(s.task.split()[1])
        before = [
            lines.MACKEY_GLASS.format(tau=tau, values=array(signals.mackey_glass(len(x) + _knows_next(now), tau)))
        ]
    made, column = lines.ROWS[s.task].format(**values), ", None" if s.n_channels == 1 else ""
    if _knows_next(now):
        found = [f"series = {made}", f"x = series[:-1{column}]  # (T, m)"]
    else:
        found = [f"x = {made}{'[:, None]' if column else ''}  # (T, m)"]
    if s.signal == "drawn":
        found.append(wrapped(f"x[:, 0] = np.array({literal(x[:, 0])})"))
    if s.topic != "free run":
        found.append('table |= {"x": x[:, 0]' + (', "x2": x[:, 1]}' if s.n_channels == 2 else "}"))
    found += _asked(now)
    if n_steps < len(x):
        found.append(f"x, d = x[:{n_steps}], d[:{n_steps}]  # the target runs away after them")
    return [*before, "\n".join(found)]


def _asks_next(s: Settings) -> bool:
    return s.topic not in ("memory", "free run") and TASKS[s.task].target is None


def _knows_next(now: Traced) -> bool:
    """Whether the target of the last step comes from the series itself."""
    return _asks_next(now.settings) and bool(np.isfinite(now.d[-1]).all())


def _asked(now: Traced) -> list[str]:
    """Lines that set d (T, k)."""
    s = now.settings
    if s.topic == "echo" and not s.has_feedback:
        return []
    if s.topic == "free run":
        return ["d, x = x, np.empty((len(x), 0))  # the task's signal is what the output should be; nothing comes in"]
    if _asks_next(s):
        if _knows_next(now):
            return [f"d = series[1:{', None' if s.n_channels == 1 else ''}]  # x(t + 1)"]
        return ["d = np.vstack([x[1:], np.full((1, x.shape[1]), np.nan)])  # x(t + 1)"]
    target = lines.DELAYED if s.topic == "memory" else lines.TARGETS.get(s.task, lines.DELAYED)
    found = [target.format(lag=s.lag, n_bits=min(s.n_bits, len(now.d)))]
    unknown = np.flatnonzero(np.isnan(now.d[:, 0]))
    return [*found, f"d[{unknown[0]}:] = np.nan  # it runs away"] if unknown.size else found


# Run and readout


def _run(s: Settings) -> str:
    delay = script_draw.delay(s)
    history = f"[np.zeros(n)] * {delay - 1} + [start]" if delay > 1 else "[start]"
    return lines.RUN.format(history=history, delay=delay)


def _drive(now: Traced, *, teacher: int = 0, when: str = "while it learns") -> str:
    """Lines that set W_in, W_fb and the drive of every step, with the teacher's part in the first steps."""
    s = now.settings
    found = [*script_draw.others(s), "drive = x @ W_in[:, 1:].T + W_in[:, 0]  # W_in [1; x(t)], (T, n)"]
    if s.has_feedback and teacher:
        d = "np.nan_to_num(d)" if np.isnan(now.d).any() else "d"
        found.append(lines.TEACHER.format(n_train=teacher, d=d, when=when))
    return "\n".join(found)


def _learned(r: Recipe | FreeRun, done: int) -> list[str]:
    """Lines of the run, the readout and the new data."""
    now = r.traced
    s, delay = now.settings, script_draw.delay(now.settings)
    recursive = s.learning == "recursive" and s.topic != "free run"
    own = recursive and s.feedback_from == "own" and s.has_feedback
    at_once = not recursive and not s.has_feedback  # all steps are run before anything is learned
    values = {
        **s._asdict(),
        "ridge": s.ridge,
        "washout": now.washout,
        "n_train": now.n_train,
        "delay": delay,
        "ran": len(now.d) if at_once else now.n_train,
        "history": f"[np.zeros(n)] * {delay}" if delay > 1 else "[np.zeros(n)]",
        "own": " + (W_fb * back).sum(axis=1)" if own else "",
        "back": "y[n_train - 1]" if own else "np.nan_to_num(d[n_train - 1])",
    }
    found = [_drive(now, teacher=0 if own else now.n_train)]
    if at_once:
        found[0] += "\n" + lines.DRIVEN.format(**values).strip("\n")
        found += [lines.RIDGE.format(**values).rstrip("\n") + "\ny = Z @ V.T"] if done >= FITTED else []
    else:
        found += _learned_before(r, values, recursive=recursive)
    return [*found, _shown(r, done, delay)]


def _learned_before(r: Recipe | FreeRun, values: dict[str, object], *, recursive: bool) -> list[str]:
    """Lines of a readout that the new data need, or that was learned step by step; the run included."""
    has_feedback, finite = r.traced.settings.has_feedback, np.isfinite(r.V).all()
    found = (
        [lines.ONLINE.format(**values)] if recursive else [lines.DRIVEN.format(**values), lines.RIDGE.format(**values)]
    )
    if finite and has_feedback:
        found.append(f"{PACKED}\n{lines.PAGE_V.format(V=array(r.V)).strip()}")
    if not recursive:
        found[-1] = found[-1].rstrip("\n") + "\ny = np.zeros(d.shape)\ny[:n_train] = Z @ V.T"
    if finite and has_feedback:
        return [*found, lines.FREE.format(**values)]
    Z = f"np.column_stack([np.ones(len(x) - n_train), history[{values['delay']} + n_train :], x[n_train:]])"
    return [*found, lines.GO_ON.format(y=f"{Z} @ V.T" if finite else "np.nan  # V is not finite")]


def _shown(r: Recipe | FreeRun, done: int, delay: int) -> str:
    """Lines that fill the table."""
    s = r.traced.settings
    if isinstance(r, FreeRun):
        return _said(s.n_channels, residual=False) + lines.LOG_ERROR
    units = ", ".join(f'"u{k}": states[:, {unit}]' for k, unit in enumerate(line_units(r), 1))
    found = [f"states = np.array(history[{delay}:])  # (T, n)", f"table |= {{{units}}}"]
    if FITTED <= done < USED:
        found.append("y[n_train:] = np.nan  # the new data come with the last step of the recipe")
    if done >= FITTED:
        found.append(_said(s.n_channels, residual=True))
    if done == USED and np.isfinite(r.error_new):
        found.append(lines.NEW_ERROR.strip("\n"))
    return "\n".join(found)


def _said(n_channels: int, *, residual: bool) -> str:
    """The lines of the table with outputs and targets."""
    names = ["", "2"][:n_channels]
    pairs = [f'"{name}{number}": {name}[:, {k}]' for name in "yd" for k, number in enumerate(names)]
    found = [f"table |= {{{', '.join(pairs)}}}"]
    if residual:
        off = "y[:, 0] - d[:, 0]" if n_channels == 1 else "np.abs(y - d).max(axis=1)"
        found.append(f'table["residual"] = {off}')
    return "\n".join(found)
