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
from app.shell import address, lessons
from tests.app.pages import classes

STOCK_DEBOUNCE = 50  # milliseconds, Panel's default


def build(page: str):
    """Model and view of a page, in the state of its query if it has one."""
    stem, _, query = page.partition("?")
    model_class, view_class = classes(stem)
    model = model_class()
    presets = {preset.name: preset.values for preset in lessons.load(stem).presets}
    address.apply_preset(model, presets, next(iter(presets)))
    if address.restore(model, presets, dict(parse_qsl(query))):
        raise ValueError(f"{query} is not a state of {stem}")
    view = view_class(model)
    view.refresh()
    return model, view


def shown_plots(view) -> list:
    """The plots of the cards that the page would show."""
    hidden = view.hidden_cards()
    return [strip.plot for card in view.cards if card.key not in hidden for strip in card.strips]


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
        model, view = build(where)
        slider = Slider(**slider_settings(model, parameter))

        def moved(attribute, old, new):
            setattr(model, parameter, new)
            view.refresh()

        slider.on_change("value", moved)
        doc.add_root(slider)
        for plot in shown_plots(view):
            doc.add_root(plot)

    server = Server({"/": Application(FunctionHandler(page))}, port=port)
    server.start()
    server.io_loop.start()


def stock(where: str, parameter: str, port: int) -> None:
    """Panel as it comes: its debounce, its websocket, a column of a slider and the figures."""
    WSHandler.open = getattr(WSHandler.open, "__wrapped__", WSHandler.open)
    Syncable._debounce = STOCK_DEBOUNCE

    def page():
        model, view = build(where)
        kind = pn.widgets.IntSlider if isinstance(getattr(model, parameter), int) else pn.widgets.FloatSlider
        slider = kind(**slider_settings(model, parameter))

        def moved(event):
            setattr(model, parameter, event.new)
            view.refresh()

        slider.param.watch(moved, "value")
        return pn.Column(slider, *shown_plots(view))

    pn.serve({"page": page}, port=port, show=False, title="stock")


if __name__ == "__main__":
    kind, where, parameter, port = sys.argv[1:5]
    build(where)  # imported here, outside a session: inside one, the page would serve itself
    {"bare": bare, "stock": stock}[kind](where, parameter, int(port))
