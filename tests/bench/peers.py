"""The peers a page is measured against: its model and figures on a bare Bokeh server, and on Panel as it comes.

python tests/bench/peers.py bare gated_cec w 5301
python tests/bench/peers.py stock "vanishing?n_units=64&n_steps=200" size 5302
"""

import sys
from pathlib import Path
from urllib.parse import parse_qsl

import panel as pn
import panel.auth
from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.models import Slider
from bokeh.server.server import Server
from bokeh.server.views.ws import WSHandler
from panel.reactive import Syncable

sys.path.insert(0, str(Path(__file__).parents[2]))
from app.shell import address, frames, lessons
from app.shell.room import classes

STOCK_DEBOUNCE = 50  # milliseconds, Panel's default


class Session:
    """A session with a model and figures of its own, in the state of the page's query if it has one.

    The site's own figures are built once and shared; `refresh` sets these to what the page would send to its browser.
    """

    def __init__(self, page: str) -> None:
        stem, _, query = page.partition("?")
        model_class, view_class = classes(stem)
        presets = lessons.load(stem).preset_values
        self.model = model_class()
        address.apply_preset(self.model, presets, next(iter(presets)))
        if address.restore(self.model, presets, dict(parse_qsl(query))):
            raise ValueError(f"{query} is not a state of {stem}")
        self.view = view_class()
        plots = [strip.plot for card in self.view.cards for strip in card.strips]
        self.figures = {found.id: found for plot in plots for found in plot.references()}
        self.refresh()

    def refresh(self) -> None:
        picture = frames.figures(self.view, self.model).picture
        for key, columns in picture.columns.items():
            self.figures[key].data = columns
        for key, values in picture.properties.items():
            self.figures[key].update(**values)

    def set(self, parameter: str, value: float) -> None:
        setattr(self.model, parameter, value)
        self.refresh()

    def shown_plots(self) -> list:
        """The plots of the cards that the page would show."""
        hidden = self.view.hidden_cards(self.model)
        return [strip.plot for card in self.view.cards if card.key not in hidden for strip in card.strips]


def slider_settings(model, parameter: str) -> dict:
    found = model.param[parameter]
    return {
        "start": found.bounds[0],
        "end": found.bounds[1],
        "step": found.step or 1,
        "value": getattr(model, parameter),
    }


def bare(where: str, parameter: str, port: int) -> None:
    """Bokeh alone, with no-delay on its websocket: the floor."""
    open_websocket = getattr(WSHandler.open, "__wrapped__", WSHandler.open)

    def without_delay(handler, *args, **settings):
        handler.set_nodelay(True)
        return open_websocket(handler, *args, **settings)

    WSHandler.open = without_delay

    def page(doc):
        session = Session(where)
        slider = Slider(**slider_settings(session.model, parameter))
        slider.on_change("value", lambda attribute, old, new: session.set(parameter, new))
        doc.add_root(slider)
        for plot in session.shown_plots():
            doc.add_root(plot)

    server = Server({"/": Application(FunctionHandler(page))}, port=port)
    server.start()
    server.io_loop.start()


def stock(where: str, parameter: str, port: int) -> None:
    """Panel as it comes: its debounce, its websocket, a column of a slider and the figures."""
    WSHandler.open = getattr(WSHandler.open, "__wrapped__", WSHandler.open)
    Syncable._debounce = STOCK_DEBOUNCE

    def page():
        session = Session(where)
        kind = pn.widgets.IntSlider if isinstance(getattr(session.model, parameter), int) else pn.widgets.FloatSlider
        slider = kind(**slider_settings(session.model, parameter))
        slider.param.watch(lambda event: session.set(parameter, event.new), "value")
        return pn.Column(slider, *session.shown_plots())

    pn.serve({"page": page}, port=port, show=False, title="stock")


if __name__ == "__main__":
    kind, where, parameter, port = sys.argv[1:5]
    Session(where)  # what compiles or is read once is no part of a session
    {"bare": bare, "stock": stock}[kind](where, parameter, int(port))
