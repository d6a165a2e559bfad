"""What the gamma page's plots have in common: a line or points for each tap, plain lines, and ranges around 0."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, MultiLine, Scatter

from app.parts.colours import LIGHT
from app.parts.picture import Picture
from app.parts.plots import Strip


def line_per_tap(strip: Strip, source: ColumnDataSource, x: str, y: str, role: str, width: float = 2) -> None:
    """One line per tap, paler down the line."""
    lines = MultiLine(xs=x, ys=y, line_color=LIGHT[role], line_width=width, line_alpha="fade")
    strip.plot.add_glyph(source, lines)


def points(strip: Strip, source: ColumnDataSource, x: str, y: str, role: str = "state", **look: Any) -> None:
    """Dots in the colour of `role`; `look` is the glyph's own."""
    look = {"fill_color": LIGHT[role], "line_color": LIGHT[role], "size": 9} | look
    strip.plot.add_glyph(source, Scatter(x=x, y=y, **look))


def drop_dots(strip: Strip) -> None:
    """Lines only: dots would hide the paler or dashed lines beside them."""
    strip.plot.renderers = [drawn for drawn in strip.plot.renderers if not isinstance(drawn.glyph, Scatter)]


def fit_strip(picture: Picture, strip: Strip, values: np.ndarray) -> None:
    """The range of a plot around all values and 0."""
    picture.fit(strip.plot.y_range, values.ravel(), include=(0, 0.02))
