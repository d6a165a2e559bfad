"""The card on which the network learns: the loss as far as it has been followed, and what has been found."""

import json

import numpy as np
from bokeh.models import Line, Scatter

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart, rule
from app.parts.numbers import plain
from app.parts.picture import Picture
from engine import parity
from lessons.parity.learning import BY_HAND, EACH, LEARNED, N_BITS, N_UPDATES, STAGES, course
from lessons.parity.model import Parity

GUESSING = 0.25  # the mean squared error of an output that is always one half


def verdict(weights: parity.ParityWeights) -> str:
    """Whether hard switches with these weights keep the parity of every sequence."""
    n_bits = parity.shortest_failure(weights)
    if not n_bits:
        return (
            "With hard switches these weights are right for every sequence, however long: two switches have only four "
            "states, and all that can come about were tried."
        )
    given = "a single bit" if n_bits == 1 else f"a sequence of {n_bits} bits"
    return f"With hard switches these weights are wrong already for {given}."


def invitation(m: Parity) -> str:
    start = json.dumps({"origin": LEARNED, "learned_steps": 0})
    return (
        f"<p>Eleven random numbers from the seed, soft switches, and all {2**N_BITS} sequences of {N_BITS} bits: "
        f"{N_UPDATES} updates by gradient. Some starts find the parity, most do not.</p>"
        f"<p><button data-set='{start}'>Start from seed {m.seed}</button></p>"
    )


def report(m: Parity) -> str:
    """How far the training is and what it has found, with buttons to go on."""
    stage, loss = m.learned_steps, course(m.seed).loss
    now, top = float(loss[stage * EACH]), m.parameters()["seed"].bounds[1]
    buttons = [
        ("To the end", {"learned_steps": STAGES}, stage < STAGES),
        ("Next start", {"seed": (m.seed + 1) % (top + 1)}, True),
        ("Back to weights set by hand", {"origin": BY_HAND}, True),
    ]
    html = " ".join(
        f"<button data-set='{json.dumps(values)}'{'' if possible else ' disabled'}>{text}</button>"
        for text, values, possible in buttons
    )
    when = "before the first update" if not stage else f"after {stage * EACH} of {N_UPDATES} updates"
    off = " The perturbation is left out here." if m.perturbation else ""
    return (
        f"<p>Seed {m.seed}, {when}: the loss is {plain(now, 3)}; an output of one half throughout has {GUESSING}.</p>"
        f"<p>{verdict(m.weights(perturbed=False))}{off}</p><p>{html}</p>"
    )


class LearningChart:
    """The loss of one training, drawn as far as it has been followed."""

    def __init__(self) -> None:
        self.curve, self.here = empty("update", "loss"), empty("update", "loss")
        self.strip = chart(
            "learning",
            "Loss over the updates (dashed: an output of one half)",
            x_label="update",
            y_label="log₁₀ of the loss",
            x_limits=(0, 1.03 * N_UPDATES),  # room for the dot at the end
            y_limits=(-2, 0),
            height=200,
            ticks=4,
        )
        rule(self.strip.plot, float(np.log10(GUESSING)))
        look = {"line_color": LIGHT["state"], "line_width": 2}
        self.strip.plot.add_glyph(self.curve, Line(x="update", y="loss", **look))
        dot = Scatter(x="update", y="loss", size=12, fill_color=LIGHT["band"], **look)
        self.strip.plot.add_glyph(self.here, dot)

    def show(self, m: Parity, picture: Picture) -> None:
        every = 4  # more points would lie closer than the pixels
        loss = np.log10(course(m.seed).loss[::every])
        n = m.learned_steps * EACH // every
        update = every * np.arange(loss.size)
        picture.put(self.curve, {"update": update[: n + 1], "loss": loss[: n + 1]})
        picture.put(self.here, {"update": update[n : n + 1], "loss": loss[n : n + 1]})
        picture.fit(self.strip.plot.y_range, loss, include=(-2, 0), pad=0.05)
