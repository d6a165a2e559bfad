"""The two meanings of leak: two units with the same α answer a step, one keeps 1 − α of the old and one keeps α."""

import numpy as np
from bokeh.models import Line

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart
from app.parts.picture import Picture
from engine import gamma
from lessons.gamma.model import Gamma

STEPS = 30
# Where the unit that keeps α grows without bound, the plot shows its first steps.
FLOOR = -4


class LeakChart:
    """Both answers in one plot."""

    def __init__(self) -> None:
        self.answers = empty("lag", "solid", "dashed")
        self.strip = chart(
            "leak",
            "Answers to a step",
            x_label="steps after the step",
            y_label="h",
            height=180,
            x_limits=(0, STEPS),
            y_limits=(-0.15, 2.15),
        )
        for column, role, dash in (("solid", "state", "solid"), ("dashed", "muted", "dashed")):
            look = {"line_color": LIGHT[role], "line_width": 2.5, "line_dash": dash}
            self.strip.plot.add_glyph(self.answers, Line(x="lag", y=column, **look))

    def show(self, m: Gamma, picture: Picture) -> None:
        # These units answer at once, the gamma element one step later.
        solid, dashed = (gamma.run(np.ones(STEPS + 2), share)[1:, 0] for share in (m.alpha, 1 - m.alpha))
        lag = np.arange(STEPS + 1)
        picture.put(self.answers, {"lag": lag, "solid": solid, "dashed": np.clip(dashed, 4 * FLOOR, None)})
        picture.fit(self.strip.plot.y_range, solid, np.maximum(dashed, FLOOR), include=(0, 1), pad=0.05)

    def blank(self, picture: Picture) -> None:
        """Nothing, while the reader predicts."""
        picture.put(self.answers, {name: [] for name in self.answers.data})
