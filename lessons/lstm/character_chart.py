"""How likely a character model takes each character to come next, with the one that does come marked."""

import numpy as np
from bokeh.models import FixedTicker, Scatter, VBar

from app.parts.charts import empty
from app.parts.colours import LIGHT
from app.parts.figures import chart
from app.parts.picture import Picture
from app.parts.plots import Strip
from engine import network, tasks
from lessons.lstm.diagram import read, shown_character
from lessons.lstm.model import Lstm

ABOVE = 0.07  # distance of the mark from its bar


class CharacterChart:
    """One bar for each character of the alphabet."""

    def __init__(self) -> None:
        n = len(tasks.ALPHABET)
        self.bars = empty("place", "p")
        self.next = empty("place", "p", "above")
        strip = chart("next-character", "", x_label="next character (␣ space, ↵ line end)",
                      y_label="probability p", x_limits=(-0.7, n - 0.3), y_limits=(0, 1.12), height=190)  # fmt: skip
        names = {k: shown_character(character) for k, character in enumerate(tasks.ALPHABET)}
        strip.plot.below[0].update(ticker=FixedTicker(ticks=list(names)), major_label_overrides=names)
        strip.plot.left[0].ticker = FixedTicker(ticks=[0, 0.25, 0.5, 0.75, 1])
        bar = VBar(x="place", top="p", bottom=0, width=0.72, fill_color=LIGHT["state"], line_color=None)
        strip.plot.add_glyph(self.bars, bar)
        strip.plot.add_glyph(self.next, VBar(x="place", top="p", bottom=0, width=0.9, fill_color=None, line_width=2,
                                             line_color=LIGHT["target"], line_dash="dashed"))  # fmt: skip
        strip.plot.add_glyph(self.next, Scatter(x="place", y="above", marker="inverted_triangle", size=11,
                                                fill_color=LIGHT["target"], line_color=LIGHT["target"]))  # fmt: skip
        self.strips: list[Strip] = [strip]

    def show(self, m: Lstm, picture: Picture, t: int) -> None:
        """The distribution after character t; at the end of the text nothing is marked."""
        y = m.traced.y
        if y is None or y.shape[1] != len(tasks.ALPHABET):
            picture.put(self.bars, {"place": [], "p": []})
            picture.put(self.next, {"place": [], "p": [], "above": []})
            return
        p = np.nan_to_num(network.softmax(y[t - 1 : t])[0])
        comes = [tasks.ALPHABET.index(read(m)[t])] if t < m.n_steps else []
        picture.put(self.bars, {"place": np.arange(len(p)), "p": p})
        picture.put(self.next, {"place": comes, "p": p[comes], "above": p[comes] + ABOVE})
