"""What charts beside the stack have in common: sources, equal scales, whole steps."""

import numpy as np
from bokeh.models import BasicTicker, ColumnDataSource, Plot

from app.parts.picture import Picture
from app.parts.plots import Strip


def empty(*names: str) -> ColumnDataSource:
    """A source whose columns are there before they have values: a hidden plot must find its fields."""
    return ColumnDataSource({name: [] for name in names})


def finite(values: np.ndarray) -> np.ndarray:
    """Values with NaN, which plots leave blank, for whatever is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def round_frame(strip: Strip, reach: float, size: int = 200) -> None:
    """Equal scales on both axes, whatever the width of the window, so that a circle is one."""
    strip.plot.update(sizing_mode=None, width=None, height=None, frame_width=size, frame_height=size)
    for limits in (strip.plot.x_range, strip.plot.y_range):
        limits.update(start=-reach, end=reach)


def square(picture: Picture, plot: Plot, reach: float) -> None:
    """Let both axes reach from -reach to reach."""
    for limits in (plot.x_range, plot.y_range):
        picture.change(limits, start=-reach, end=reach)


def whole_steps(strip: Strip) -> None:
    """Ticks at whole numbers only: there is no half step."""
    strip.plot.below[0].ticker = BasicTicker(desired_num_ticks=6, num_minor_ticks=0, min_interval=1)
