"""A matrix as colours, with a colour bar: logarithms of gradients on a scale whose middle is 10⁰ = 1."""

import numpy as np
from bokeh.models import ColorBar, ColumnDataSource, FixedTicker, Image, LinearColorMapper

from app.parts.colours import HEATS, LIGHT
from app.parts.figures import chart
from app.parts.picture import Picture
from app.parts.plots import FONT, Strip


class Heatmap:
    """One image in a chart. `show` replaces the matrix and where it lies; NaN stays blank."""

    def __init__(
        self,
        name: str,
        title: str,
        *,
        x_label: str,
        y_label: str,
        legend: str,
        reach: float = 6.0,
        height: int = 320,
        palette: str = "gradient",
    ):
        """`legend` names the values, `reach` is the largest absolute value that still has a colour of its own.

        `palette` is a name in `colours.HEATS`.
        """
        self.strip: Strip = chart(
            name, title, x_label=x_label, y_label=y_label, x_limits=(0, 1), y_limits=(0, 1), height=height
        )
        self.mapper = LinearColorMapper(
            low=-reach, high=reach, nan_color="#00000000", palette=HEATS[palette][0], tags=[palette]
        )
        self.source = ColumnDataSource({"image": [np.zeros((1, 1))], "x": [0], "y": [0], "dw": [1], "dh": [1]})
        plot = self.strip.plot
        plot.add_glyph(self.source, Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self.mapper))
        plot.add_layout(_colour_bar(self.mapper, legend, reach), "right")

    def show(
        self,
        picture: Picture,
        values: np.ndarray,
        x: tuple[float, float],
        y: tuple[float, float],
    ) -> None:
        """Draw `values` (rows along y from below, columns along x) over the given spans."""
        low, high = picture.get(self.mapper, "low"), picture.get(self.mapper, "high")
        # Half the bytes of float64, and the eye sees no difference.
        image = np.ascontiguousarray(np.clip(values, low, high), dtype=np.float32)
        spans = {"x": [x[0]], "y": [y[0]], "dw": [x[1] - x[0]], "dh": [y[1] - y[0]]}
        picture.put(self.source, {"image": [image]} | spans)
        picture.change(self.strip.plot.x_range, start=x[0], end=x[1])
        picture.change(self.strip.plot.y_range, start=y[0], end=y[1])


def _colour_bar(mapper: LinearColorMapper, legend: str, reach: float) -> ColorBar:
    """The scale at the right, with five numbers."""
    return ColorBar(
        color_mapper=mapper,
        title=legend,
        width=9,
        margin=4,
        padding=4,
        ticker=FixedTicker(ticks=[-reach, -reach / 2, 0, reach / 2, reach]),
        background_fill_color=None,
        bar_line_color=None,
        major_tick_line_color=None,
        major_label_text_color=LIGHT["muted"],
        major_label_text_font=FONT,
        major_label_text_font_size="11px",
        title_text_color=LIGHT["muted"],
        title_text_font=FONT,
        title_text_font_size="11px",
        title_text_font_style="normal",
    )
