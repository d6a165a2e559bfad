"""What only the LSTM page plots: all units over time, the text below, and keys to lines that share an axis."""

from html import escape
from typing import NamedTuple

import numpy as np
from bokeh.models import BoxAnnotation, Text

from app.parts.charts import empty, finite, whole_steps
from app.parts.colours import LIGHT
from app.parts.figures import Stack
from app.parts.heatmap import Heatmap
from app.parts.numbers import css, plain
from app.parts.picture import Picture
from app.parts.plots import Strip
from app.parts.ranges import tidy
from lessons.lstm.model import Lstm
from lessons.lstm.topics import Gradient, Variants

NAMES = {
    "i": "input gate i",
    "f": "forget gate f",
    "g": "candidate g",
    "o": "output gate o",
    "c": "cell c",
    "h": "output h",
}
ROLES = {"i": "input_gate", "f": "forget_gate", "g": "candidate", "o": "output_gate", "c": "state", "h": "state"}
SHOWN_CHARACTERS = 80  # more would run into each other
TEXT_WIDTH = 530  # pixels for all characters on a laptop
ADVANCE = 0.62  # width of a monospace letter, by its height
STRONGEST_TINT = 36  # per cent of the role's colour: letters stay readable on it in both themes
MONOSPACE = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class GateHeat:
    """One quantity of all units over time; the band is the time cursor, the box encloses the unit that is shown."""

    def __init__(self) -> None:
        self.heat = Heatmap(
            "heat",
            "All units over time",
            x_label="time step t",
            y_label="unit",
            legend="",
            reach=1,
            height=230,
            palette="state",
        )
        self.strip = self.heat.strip
        self.strip.timed = True
        plot = self.strip.plot
        self.bar = plot.right[0]
        plot.add_layout(
            BoxAnnotation(
                left=0.5,
                right=1.5,
                fill_color=None,
                line_color=LIGHT["muted"],
                line_width=1,
                level="overlay",
                name="heat-band",
            )
        )
        self.row = BoxAnnotation(
            left=0.5,
            right=1.5,
            bottom=0.5,
            top=1.5,
            fill_color=None,
            level="overlay",
            line_color=LIGHT["state"],
            line_width=2,
        )
        plot.add_layout(self.row)
        whole_steps(self.strip)
        plot.left[0].ticker.update(desired_num_ticks=5, min_interval=1)

    def show(self, m: Lstm, picture: Picture) -> None:
        values = getattr(m.traced.run, m.heat).T
        n_units, n_steps = values.shape
        low, high = (0.0, 1.0) if m.heat in "ifo" else (-1.0, 1.0)
        if m.heat == "c":
            largest = max(1e-12, float(np.abs(np.clip(np.nan_to_num(values), -1e6, 1e6)).max()))
            high = float(tidy(largest) * np.ceil(largest / tidy(largest)))
            low = -high
        picture.change(self.heat.mapper, low=low, high=high, tags=[ROLES[m.heat]])
        picture.change(self.bar.ticker, ticks=[low, (low + high) / 2, high])
        picture.change(self.bar, title=NAMES[m.heat])
        picture.change(self.strip.plot, height=int(np.clip(80 + 9 * n_units, 130, 330)))
        self.heat.show(picture, finite(values), (0.5, n_steps + 0.5), (0.5, n_units + 0.5))
        picture.change(self.row, right=n_steps + 0.5, bottom=m.shown_unit - 0.5, top=m.shown_unit + 0.5)


class TextStrip:
    """The characters that are read, each at its time step."""

    def __init__(self, stack: Stack) -> None:
        self.strip: Strip = stack.strip("text", "text", "input", title="Text", height=30, kind="none", at=(2,))
        self.source = empty("t", "character")
        self.glyph = Text(
            x="t",
            y=0.4,
            text="character",
            text_font={"value": MONOSPACE},
            text_color=LIGHT["input"],
            text_align="center",
            text_baseline="alphabetic",
            text_font_size="14px",
        )
        self.strip.plot.add_glyph(self.source, self.glyph)

    def show(self, m: Lstm, picture: Picture) -> None:
        shown = [character.replace("\n", "↵") for character in m.text[: m.n_steps]]
        size = int(np.clip(TEXT_WIDTH / (ADVANCE * len(shown)), 10, 14))
        picture.change(self.glyph, text_font_size=f"{size}px")
        picture.put(self.source, {"t": np.arange(1.0, len(shown) + 1), "character": shown})


class Line(NamedTuple):
    """A line of the gradient strip: what it shows, and how it looks."""

    column: str
    role: str
    dash: str
    width: float
    name: str  # HTML
    meaning: str


LINES = (
    Line("cell", "gradient", "solid", 2.5, "∂c(T)/∂c(k)", "exact, from cell to cell by all paths"),
    Line("hidden", "gradient", "dashed", 2.0, "∂h(T)/∂h(k)", "exact, from output to output"),
    Line("forget", "forget_gate", "dashdot", 2.0, "f(T) ··· f(k+1)", "product of the forget gates of the unit shown"),
    Line("truncated", "gradient", "dotted", 2.0, "∂h(T)/∂c(k), truncated", "only along the cell's own delay (1997)"),
    Line("vanilla", "muted", "dashed", 2.0, "∂h(T)/∂h(k), RNN", "an untrained tanh network of the same size"),
)
STROKES = {
    "solid": "",
    "dashed": " stroke-dasharray='7 4'",
    "dotted": " stroke-dasharray='2 3'",
    "dashdot": " stroke-dasharray='6 3 2 3'",
}


def lines_table(m: Lstm) -> str:
    """A key to the five lines with their values at the cursor."""
    k, r = m.at, m.result
    if not isinstance(r, Gradient):
        return ""
    rows = "".join(_line_row(line, float(getattr(r, line.column)[k - 1])) for line in LINES)
    exact = float(r.truncated_exact[k - 1])
    rows += _line_row(Line("", "", "", 0, "∂h(T)/∂c(k)", "exact; not plotted: what the truncated one leaves out is "
                                                        "the difference"), exact)  # fmt: skip
    head = f"<th>line</th><th class=steady>size at k = {k}</th><th class=wide></th>"
    return f"<table class=stacked><tr>{head}</tr>{rows}</table>"


def _line_row(line: Line, log10: float) -> str:
    sample = (
        (
            f"<svg width=34 height=10 aria-hidden=true><path d='M1 5h32' stroke='var(--{css(line.role)})' "
            f"stroke-width='{line.width}' fill=none{STROKES[line.dash]} /></svg> "
        )
        if line.role
        else ""
    )
    return f"<tr><td>{sample}{line.name}</td><td>{size(log10)}</td><td class=wide>{line.meaning}</td></tr>"


def size(log10: float) -> str:
    """A size from its logarithm, which need not fit a float."""
    if log10 == -np.inf:
        return "0"
    return plain(10.0**log10, 3) if abs(log10) < 300 else f"10<sup>{log10:.0f}</sup>".replace("-", "−")


def reading(m: Lstm) -> str:
    """The text, each character tinted by the shown unit's chosen quantity, and the one under the cursor framed."""
    values = getattr(m.traced.run, m.heat)[:, m.shown_unit - 1]
    largest = max(1e-9, float(np.abs(values).max()))
    spans = []
    for t, (character, value) in enumerate(zip(m.text[: m.n_steps], values, strict=False), 1):
        share = round(STRONGEST_TINT * abs(value) / largest)
        style = f"background:color-mix(in srgb,var(--{css(ROLES[m.heat])}) {share}%,transparent)"
        style += ";text-decoration:underline" if value < 0 else ""
        style += ";outline:2px solid var(--input)" if t == m.at else ""
        spans.append(f"<span style='{style}'>{escape(character).replace(chr(10), '↵<br>')}</span>")
    says = f"the stronger the tint, the larger {NAMES[m.heat]} of unit {m.shown_unit}; underlined where negative"
    mark = " Below, ▼ stands at the character that does come." if m.says_characters else ""
    return f"<p class=reading>{''.join(spans)}</p><p class=help>Here {says}. “heatmap of” chooses another.{mark}</p>"


# Name, equation, and what it takes over from the LSTM with all gates.
RELATIVES = (
    ("full", "c = f·c(t−1) + i·g", "all gates"),
    ("no forget gate", "c = c(t−1) + i·g", "1997; nothing is ever dropped"),
    ("peephole", "i, f see c(t−1), o sees c(t)", "the same weights and three peepholes a unit{drawn}"),
    ("coupled gates", "c = f·c(t−1) + (1 − f)·g", "the input gate's own weights have no use"),
    ("GRU", "h = z·h(t−1) + (1 − z)·n", "z has the weights of f, n those of g, r those of o"),
)


def relatives(m: Lstm) -> str:
    """A key to the variants with their values at the cursor."""
    k, unit, r = m.at - 1, m.shown_unit - 1, m.result
    if not isinstance(r, Variants):
        return ""
    drawn = ", drawn from the seed" if m.traced.params.P is None else ""
    rows = ""
    for name, equation, shares in RELATIVES:
        run = r.runs[name]
        state = (run.h if name == "GRU" else run.c)[k, unit]
        keeps = run.z[k, unit] if name == "GRU" else 1.0 if name == "no forget gate" else run.f[k, unit]
        rows += (f"<tr><td>{name}</td><td><b>{plain(state, 3)}</b></td><td class=forget-gate>{plain(keeps, 3)}</td>"
                 f"<td class=wide>{equation}</td><td class=wide>{shares.format(drawn=drawn)}</td></tr>")  # fmt: skip
    heads = "".join(f"<th>{head}</th>" for head in ("", f"at t = {k + 1}", "keeps"))
    last = "<th class=wide>state</th><th class=wide>with the same</th>"
    return f"<table class='stacked five'><tr>{heads}{last}</tr>{rows}</table>"
