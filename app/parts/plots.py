"""A plot in the house's dress, and what a page must know of it: its place on a card, its name, what the hand can do."""

from dataclasses import dataclass, field

from bokeh.models import BasicTicker, CustomJSTickFormatter, Grid, LinearAxis, NoOverlap, Plot, Range1d

from app.parts.colours import LIGHT

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MATH_FONT = "Georgia, 'Times New Roman', serif"
LEFT_BORDER = 78
AXIS_HEIGHT = 34
# Tick labels of at most five characters: a longer one would push its plot out of line with the others.
SHORT_NUMBERS = """
const size = Math.abs(tick)
const text = size && size < 1e-3 ? tick.toExponential(0)
  : size >= 1e6 ? tick / 1e6 + "M"
  : size >= 1e4 ? tick / 1e3 + "k"
  : String(Number(tick.toPrecision(3)))
return text.replaceAll("-", "−")
"""


@dataclass
class Strip:
    """One plot of a stack or one chart: what the page needs to place, name, edit and export it."""

    name: str
    title: str
    plot: Plot
    height: int = 0  # without the time axis, in pixels
    label: str = ""
    edits: str = ""  # the sequence parameter that a click or drag on the plot sets
    paints: str = ""  # the column that a stroke changes at once, where it is not the strip's own
    predicts: str = ""  # the trace that the reader can be asked to predict here
    binary: bool = False  # a prediction drawn here snaps to 0 and 1
    timed: bool = True  # x is the time axis: the plot carries the cursor
    hint: str = ""
    columns: list[str] = field(default_factory=list)  # what its traces draw


@dataclass
class Card:
    """A titled group of plots on the stage."""

    title: str
    strips: list[Strip] = field(default_factory=list)
    help: str = ""
    key: str = ""
    player: str = ""  # a whole-number parameter that the card plays, pauses and steps
    wide: bool = True  # False: the card's plots stand side by side where there is room
    table: bool = False  # the view's `tables` has HTML for this card's key
    leads: bool = False  # while it is shown it stands before the stack


def base_plot(name: str, height: int, x_range: Range1d, y_range: Range1d) -> Plot:
    """An empty plot with the house's margins and no toolbar."""
    return Plot(
        name=name,
        height=height,
        x_range=x_range,
        y_range=y_range,
        sizing_mode="stretch_width",
        toolbar_location=None,
        min_border_left=LEFT_BORDER,
        min_border_right=14,
        min_border_top=6,
        min_border_bottom=4,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
    )


def add_axis(
    plot: Plot,
    side: str,
    label: str = "",
    *,
    ticks: int = 3,
    colour: str = LIGHT["muted"],
    tickers=None,
    visible: bool = True,
) -> LinearAxis:
    """A quiet axis; `side` is left (with a hairline grid) or below."""
    axis = LinearAxis(
        ticker=tickers or BasicTicker(desired_num_ticks=ticks, num_minor_ticks=0),
        axis_line_color=None,
        major_tick_line_color=None,
        minor_tick_line_color=None,
        major_label_text_color=LIGHT["muted"],
        major_label_text_font=FONT,
        major_label_text_font_size="11px",
        major_label_policy=NoOverlap(min_distance=3),
        axis_label=label or None,
        axis_label_text_color=colour,
        axis_label_text_font=FONT,
        axis_label_text_font_style="normal",
        axis_label_text_font_size="12px",
        visible=visible,
        axis_label_standoff=4,
    )
    if side == "left":
        axis.formatter = CustomJSTickFormatter(code=SHORT_NUMBERS)
    plot.add_layout(axis, side)
    if side == "left":
        plot.add_layout(Grid(axis=axis, dimension=1, grid_line_color=LIGHT["line"]))
    return axis
