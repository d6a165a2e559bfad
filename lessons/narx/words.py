"""What the page says of its plots, by topic."""

import numpy as np

from app.parts.numbers import plain, steps
from app.parts.ranges import LIMIT
from lessons.narx import weights
from lessons.narx.parameters import NarxParameters
from lessons.narx.results import Hand, Plant, Result, Rows, Unfolded


def sentence(m: NarxParameters, r: Result) -> str:
    if isinstance(r, Hand):
        return _hand(m, r)
    if isinstance(r, Rows):
        return _rows(m, r)
    return _plant(m, r) if isinstance(r, Plant) else _unfolded(m, r)


def _pair(values: np.ndarray) -> str:
    return f"[{plain(values[0])}, {plain(values[1])}]"


def _hand(m: NarxParameters, r: Hand) -> str:
    t = m.at
    said = [f"At t = {t} the net input is {_pair(r.run.net[t - 1])} and the output {_pair(r.run.y[t - 1])}."]
    if m.opened:
        off = float(np.abs(r.run.y - r.d).max())
        agree = "exactly what the network says, so both arrangements agree" if off == 0 else "not what the network says"
        said.append(f"The loop is open: the next step hears the teacher’s {_pair(r.d[t - 1])}. The teacher is {agree}.")
    else:
        said.append("The loop is closed: the next step hears this output.")
    if all(getattr(m, name) == value for name, value in weights.BOOK.items()) and t <= 2 and not m.opened:
        same_input = r.x[0].tolist() == weights.INPUT[0].tolist()
        if t == 1 or same_input:
            printed = {1: "[5, −4] and [8, 6]", 2: "[9, 21] and [−5, 32]"}[t]
            said.append(f"The book prints {printed}.")
    return " ".join(said)


def _rows(m: NarxParameters, r: Rows) -> str:
    count, first = int((r.table.steps < m.at).sum()), int(r.table.steps[0])
    width = r.table.inputs.shape[1]
    if not count:
        return f"No row is complete yet: the first needs values {steps(first)} back."
    rows = "One row is" if count == 1 else f"{count} rows are"
    return (
        f"{rows} complete, each with {width} numbers and a target. {r.x.size} samples give "
        f"{r.table.steps.size}: the first {first} only fill the lines."
    )


def _plant(m: NarxParameters, r: Plant) -> str:
    s = r.course.settings
    way = f"in {s.trained_in}" + (f" with teacher noise {plain(s.teacher_noise)}" if s.teacher_noise else "")
    if r.stage == 0:
        said = [f"The network has not learned yet: {s.n_units} units with the weights of seed {s.seed}."]
    else:
        said = [f"Trained {way}, the network errs by {plain(r.errors.opened, 2)} one step ahead."]
    alone = f"Left alone for the whole record it errs by {plain(r.errors.closed, 2)}"
    if not r.errors.closed < r.spread:
        said.append(f"{alone}: it has lost the plant, for always saying the mean errs by {plain(r.spread, 2)}.")
    else:
        said.append(f"{alone}; always saying the mean errs by {plain(r.spread, 2)}.")
    above = int((r.factor > 1).sum())
    if above and not r.opened:
        said.append(
            f"At {above} of {r.factor.size} steps the factor of its loop is above 1: there it makes errors grow."
        )
    return " ".join(said)


def _unfolded(m: NarxParameters, r: Unfolded) -> str:
    n, count = r.x.size, r.ways[-1]
    if r.opened:
        return "The loop is open: no copy hears another, and nothing comes back from the last output."
    ways = "One way leads" if count == 1 else f"{count} ways lead"
    edges = r.fewest[-1]
    said = f"{ways} from copy 1 to copy {n}, the shortest over {edges} edge{'' if edges == 1 else 's'}."
    if r.back[0] == 0:
        return f"{said} A change of y(1) does not reach y({n}): what comes on these ways is 0, or adds up to 0."
    return f"{said} A change of y(1) by a little changes y({n}) by {plain(r.back[0])} times as much."


def divergence(m: NarxParameters, r: Result) -> str:
    """Why values leave the plots, and by which factor they grow."""
    if isinstance(r, Hand) and m.opened:
        return "The loop is open: what leaves the plots is the teacher’s value times weights that are too large."
    if isinstance(r, Hand):
        return f"Nothing in this loop holds the outputs: ReLU passes on all that is positive.{_growth(r.run.y)}"
    if isinstance(r, Unfolded):
        return f"Nothing in this loop holds the outputs: the unit is linear.{_growth(r.run.y)}"
    return "The weights have grown so large that the network’s outputs leave the plots."


def _growth(y: np.ndarray) -> str:
    """By which factor outputs (T, k) grow from step to step, where they are large: a geometric mean."""
    sizes = np.linalg.norm(y, axis=1)
    large = sizes[(sizes > LIMIT / 1e3) & np.isfinite(sizes)]
    if large.size < 3:
        return ""
    # over an even number of steps, since growth may go to and fro
    steps_back = large.size - 1 - (large.size - 1) % 2
    factor = (large[-1] / large[-1 - steps_back]) ** (1 / steps_back)
    return f" From step to step they grow by a factor of about {plain(float(factor), 2)}."


def explain(r: Result, step: int) -> str:
    """How an output of the unfolded network came about."""
    assert isinstance(r, Unfolded)
    w, x = r.params.W[:, 0, 0], r.x[step - 2] if step > 1 else 0.0
    terms = [f"x({step - 1}) = {plain(x)}"]
    for j, weight in enumerate(w, 1):
        heard = r.y[step - 1 - j] if step - j >= 1 else 0.0
        terms.append(f"w{str(j).translate(weights.SUBSCRIPTS)}·y({step - j}) = {plain(weight)}·{_in(heard)}")
    return f"Copy {step} adds {', '.join(terms)}: y({step}) = {plain(r.y[step - 1])}."


def _in(heard: float) -> str:
    text = plain(float(heard))
    return f"({text})" if text.startswith("−") else text
