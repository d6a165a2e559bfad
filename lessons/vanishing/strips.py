"""The plots over the time steps: how each is made, which of them a topic shows, and how far they reach."""

from typing import Any

import numpy as np

from app.parts.figures import Stack, rule
from app.parts.picture import Picture
from app.parts.plots import Strip
from lessons.vanishing.parameters import VanishingParameters

# From top to bottom, by topic.
SHOWN = {
    "vanishing": ("x", "h", "factor", "log10_product"),
    "exploding": ("log10_product",),
    "chaos": ("h", "log10_distance"),
    "side by side": ("x", "h", "carousel"),
}
PRODUCT_HEIGHTS = {"exploding": 76}  # low where another card has the main picture


class TimeStrips:
    """`strips` by name; `ratio` stands on a card of its own."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        own = [self._input(), *self._state_and_factor(), self._product(), self._distance(), self._carousel()]
        self.strips = {strip.name: strip for strip in own}
        for column, style in (("bound", "dashed"), ("prediction", "dotted")):
            stack.trace(self.strips["log10_product"], column, "muted", kind="line", dash=style, pin=False)
        for name, column in (("h", "h_other"), ("log10_distance", "log10_expected")):
            stack.trace(self.strips[name], column, "muted", kind="line", dash="dashed", pin=False)
        self.ratio = self._ratio()

    def _input(self) -> Strip:
        return self.stack.strip(
            "x",
            "x",
            "input",
            title="Input x(t)",
            edits="x",
            hint="click or drag to edit",
            limits=(-1.3, 1.3),
            at=(-1, 0, 1),
        )

    def _state_and_factor(self) -> tuple[Strip, Strip]:
        strip = self.stack.strip
        return (
            strip("h", "h", "state", title="State", height=50, at=(0, 1)),
            strip(
                "factor",
                "factor",
                "gradient",
                title="Factor of each step",
                height=56,
                kind="bar",
                limits=(0, 1.2),
                at=(0, 1),
            ),
        )

    def _product(self) -> Strip:
        return self.stack.strip(
            "log10_product",
            "log₁₀",
            "gradient",
            height=104,
            kind="line",
            ticks=4,
            last=True,
            title="log₁₀ of the product from step t to the last step T",
            predicts="log10_product",
            axis_label="step t (dashed (γσₘₐₓ)ᵀ⁻ᵗ, dotted ρᵀ⁻ᵗ)",
        )

    def _distance(self) -> Strip:
        return self.stack.strip(
            "log10_distance",
            "log₁₀",
            "gradient",
            height=84,
            title="log₁₀ of the distance between A and B",
            kind="line",
            ticks=3,
            last=True,
            axis_label="step t (dashed: by the Lyapunov exponent)",
        )

    def _carousel(self) -> Strip:
        return self.stack.strip(
            "carousel",
            "c",
            "state",
            title="State of the carousel",
            height=56,
            last=True,
            at=(0, 1),
            axis_label="time step t",
        )

    def _ratio(self) -> Strip:
        strip = self.stack.strip(
            "ratio",
            "ratio",
            "gradient",
            title="Ratio of error sizes, t + 1 to t",
            height=76,
            kind="bar",
            ticks=3,
            last=True,
            axis_label="time step t",
        )
        rule(strip.plot, 1, "width")
        return strip

    def arrange(self, m: VanishingParameters, picture: Picture, exponent: float) -> None:
        """The strips of the present topic, and the state's name; exponent: Lyapunov's, where there is one."""
        for strip in self.stack.strips:
            # three digits run into each other on a phone
            picture.change(_axis(strip, "below").ticker, desired_num_ticks=12 if m.n_steps < 100 else 7)
        dashed = " (dashed: by the Lyapunov exponent)" if exponent > 0 else ""
        picture.change(_axis(self.strips["log10_distance"], "below"), axis_label=f"step t{dashed}")
        heights = {"log10_product": PRODUCT_HEIGHTS[m.topic]} if m.topic in PRODUCT_HEIGHTS else {}
        shown = [self.strips[name] for name in SHOWN[m.topic]]
        self.stack.show(picture, list(self.strips.values()), shown, heights)
        cell = m.topic == "exploding" or (m.topic == "vanishing" and m.form == "cell")
        several = m.topic == "chaos" or not m.one_unit
        name = ("c" if cell else "h") + ("₁" if several else "")
        picture.change(_axis(self.strips["h"], "left"), axis_label=name)

    def fit(self, m: VanishingParameters, picture: Picture, columns: dict[str, np.ndarray]) -> None:
        """Every axis around its values."""
        ranges = {name: strip.plot.y_range for name, strip in self.strips.items()}
        low, high = m.input_limits
        picture.change(ranges["x"], start=1.3 * low, end=1.3 * high)
        picture.change(_axis(self.strips["x"], "left").ticker, ticks=[low, 0, high])
        reach = {
            "h": picture.fit(ranges["h"], columns["h"], columns["h_other"], include=(0, 0.2)),
            "carousel": picture.fit(ranges["carousel"], columns["carousel"], include=(0, 1)),
            "factor": picture.fit(
                ranges["factor"], columns["factor"], include=(-1, 0) if (columns["factor"] < 0).any() else (0, 1)
            ),
        }
        for name, limits in reach.items():
            picture.change(_axis(self.strips[name], "left").ticker, ticks=_outer_ticks(*limits))
        picture.fit(self.ratio.plot.y_range, columns["ratio"], include=(0, 1.2), pad=0.05)
        picture.fit(ranges["log10_distance"], columns["log10_distance"], include=(-2, 0.5), pad=0.05)
        if m.concealed:
            # how far down it goes is part of the answer
            picture.fit(ranges["log10_product"], include=(-0.45 * m.n_steps, 0.5), pad=0.05)
        else:
            picture.fit(ranges["log10_product"], *_in_reach(columns), include=(-1, 0), pad=0.08)


def _axis(strip: Strip, side: str) -> Any:
    """The axis on the left or below."""
    return getattr(strip.plot, side)[0]


def _outer_ticks(start: float, end: float, pad: float = 0.18) -> list[float]:
    """Zero and the tidy bounds that `fit` rounded to: a low strip has no room for more."""
    margin = (end - start) * pad / (1 + 2 * pad)
    bounds = (start + margin, end - margin)
    far = [round(bound, 9) for bound in bounds if abs(bound) > 0.3 * (bounds[1] - bounds[0])]
    return sorted([0.0, *far])


def _in_reach(columns: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The product, and of bound and prediction what is not too far from it to share an axis."""
    product = columns["log10_product"]
    known = product[np.isfinite(product)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    reach = max(2.0, high - low)
    return [product, *(np.clip(columns[name], low - reach, high + reach) for name in ("bound", "prediction"))]
