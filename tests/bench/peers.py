"""The peers a page is measured against: its model and figures on a bare Bokeh server, and on Panel as it comes.

python tests/bench/peers.py bare gated_cec w 5301
python tests/bench/peers.py stock gated_cec w 5302
"""

import sys
from pathlib import Path

import panel as pn
import panel.auth
from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.models import Slider
from bokeh.server.server import Server
from bokeh.server.views.ws import WSHandler
from panel.reactive import Syncable

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.app.pages import classes

STOCK_DEBOUNCE = 50  # milliseconds, Panel's default


def build(stem: str):
    """Model and view of a page, in their start state."""
    model_class, view_class = classes(stem)
    model = model_class()
    view = view_class(model)
    view.refresh()
    return model, view


def slider_settings(model, parameter: str) -> dict:
    found = model.param[parameter]
    return {
        "start": found.bounds[0],
        "end": found.bounds[1],
        "step": found.step or 1,
        "value": getattr(model, parameter),
    }


def bare(stem: str, parameter: str, port: int) -> None:
    """Bokeh alone, with no-delay on its websocket: the floor."""
    open_websocket = getattr(WSHandler.open, "__wrapped__", WSHandler.open)

    def without_delay(handler, *args, **settings):
        handler.set_nodelay(True)
        return open_websocket(handler, *args, **settings)

    WSHandler.open = without_delay

    def page(doc):
        model, view = build(stem)
        slider = Slider(**slider_settings(model, parameter))

        def moved(attribute, old, new):
            setattr(model, parameter, new)
            view.refresh()

        slider.on_change("value", moved)
        doc.add_root(slider)
        for card in view.cards:
            for strip in card.strips:
                doc.add_root(strip.plot)

    server = Server({"/": Application(FunctionHandler(page))}, port=port)
    server.start()
    server.io_loop.start()


def stock(stem: str, parameter: str, port: int) -> None:
    """Panel as it comes: its debounce, its websocket, a column of a slider and the figures."""
    WSHandler.open = getattr(WSHandler.open, "__wrapped__", WSHandler.open)
    Syncable._debounce = STOCK_DEBOUNCE

    def page():
        model, view = build(stem)
        kind = pn.widgets.IntSlider if isinstance(getattr(model, parameter), int) else pn.widgets.FloatSlider
        slider = kind(**slider_settings(model, parameter))

        def moved(event):
            setattr(model, parameter, event.new)
            view.refresh()

        slider.param.watch(moved, "value")
        return pn.Column(slider, *[strip.plot for card in view.cards for strip in card.strips])

    pn.serve({"page": page}, port=port, show=False, title="stock")


if __name__ == "__main__":
    kind, stem, parameter, port = sys.argv[1:5]
    build(stem)  # imported here, outside a session: inside one, the page would serve itself
    {"bare": bare, "stock": stock}[kind](stem, parameter, int(port))
