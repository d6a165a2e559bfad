"""Sliders and their kin, made from a model's parameters and dressed like the rest of the page; built once for all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import param
from bokeh.models import Checkbox, CustomJSTickFormatter, InlineStyleSheet, Select, Slider, TextInput
from bokeh.models.widgets import Widget

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from app.shell.text import Text

# A hyphen is no minus sign.
MINUS = 'return String(Number(tick.toFixed(4))).replace("-", "−")'
STYLE = (Path(__file__).parents[1] / "static" / "control.css").read_text(encoding="utf-8")


def control(model: PageModel, name: str) -> Widget:
    """The widget for one parameter, named `control-<name>`. It knows no session: the browser reads and sets it."""
    parameter = model.parameters()[name]
    look = {
        "name": f"control-{name}",
        "stylesheets": [InlineStyleSheet(css=STYLE)],
        "sizing_mode": "stretch_width",
        "margin": 0,
        "tags": ["logarithmic"] if name in model.logarithmic else [],
    }
    make = next(maker for kind, maker in MAKERS if isinstance(parameter, kind))
    return make(parameter, shown(model, name, getattr(model, name)), look)


def shown(model: PageModel, name: str, value: Any) -> Any:
    """The value of a control for a parameter's value: the same, and a sequence as text."""
    parameter = model.parameters()[name]
    return parameter.encode(model.sequence(name).tolist()) if isinstance(parameter, Sequence) else value


def _text_field(parameter: param.Parameter, value: str, look: dict) -> Widget:
    return TextInput(title=parameter.label, value=value, **look)


def _checkbox(parameter: param.Parameter, value: bool, look: dict) -> Widget:
    return Checkbox(label=parameter.label, active=value, **look)


def _select(parameter: param.Selector, value: str, look: dict) -> Widget:
    return Select(title=parameter.label, value=value, options=list(parameter.objects), **look)


def _slider(parameter: param.Number, value: float, look: dict) -> Widget:
    low, high = parameter.softbounds or parameter.bounds  # an address may go further than the slider
    whole = isinstance(parameter, param.Integer)
    step = parameter.step or (1 if whole else 0.01)
    if low < 0 and not whole:
        number = CustomJSTickFormatter(code=MINUS)
    else:
        number = "0" if whole else "0[.]00" if step >= 0.01 else "0[.]0000"
    # The value stands beside the label; a bubble would cover it.
    return Slider(
        title=parameter.label, start=low, end=high, value=value, step=step, format=number, tooltips=False, **look
    )


MAKERS: tuple[tuple[type, Callable[[Any, Any, dict], Widget]], ...] = (
    (Sequence, _text_field),
    (Text, _text_field),
    (param.Boolean, _checkbox),
    (param.Selector, _select),
    (param.Number, _slider),
)
