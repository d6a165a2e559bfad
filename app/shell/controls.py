"""Sliders and their kin, made from a model's parameters and dressed like the rest of the page."""

from pathlib import Path

import panel as pn
import param
from bokeh.models import CustomJSTickFormatter

from app.shell.model import PageModel
from app.shell.sequence import Sequence
from app.shell.text import Text

# A hyphen is no minus sign.
MINUS = 'return String(Number(tick.toFixed(4))).replace("-", "−")'
STYLE = (Path(__file__).parents[1] / "static" / "control.css").read_text()


def control(model: PageModel, name: str) -> pn.widgets.Widget:
    """The widget for one parameter, linked both ways and named `control-<name>` for the template."""
    parameter = model.param[name]
    settings = {"stylesheets": [STYLE], "sizing_mode": "stretch_width", "margin": 0}
    if isinstance(parameter, Sequence):
        return _sequence_text(model, name, settings)
    if isinstance(parameter, Text):
        return _text(model, name, settings)
    kinds = {
        param.Boolean: pn.widgets.Checkbox,
        param.Selector: pn.widgets.Select,
        param.Integer: pn.widgets.IntSlider,
        param.Number: pn.widgets.FloatSlider,
    }
    kind = next(widget for base, widget in kinds.items() if isinstance(parameter, base))
    if kind is pn.widgets.Select:
        settings["description"] = None  # the template shows it as a tooltip, like every other control's
    if kind in (pn.widgets.FloatSlider, pn.widgets.IntSlider):
        settings["tooltips"] = False  # the value stands beside the label; a bubble would cover it
    if kind is pn.widgets.FloatSlider:
        step = parameter.step or 0.01
        signed = CustomJSTickFormatter(code=MINUS) if parameter.bounds[0] < 0 else None
        settings |= {"step": step, "format": signed or ("0[.]00" if step >= 0.01 else "0[.]0000")}
    return kind.from_param(parameter, **settings)


def _sequence_text(model: PageModel, name: str, settings: dict) -> pn.widgets.TextInput:
    """A text field in which a whole sequence can be pasted; what can't be read changes nothing and is named."""
    parameter = model.param[name]
    field = pn.widgets.TextInput(name=parameter.label, **settings)

    def show(*events) -> None:
        field.value = parameter.encode(model.sequence(name).tolist())

    def read(event) -> None:
        try:
            values = parameter.decode(event.new)
        except (ValueError, OverflowError) as problem:
            model.notify(f"{parameter.label}: {problem}. The sequence is unchanged.")
            show()
            model.param.trigger(name)
            return
        least, most = model.param.n_steps.bounds
        if len(values) < least:
            given = f"{len(values)} of at least {least} steps given"
            model.notify(f"{parameter.label}: {given}; the others are {parameter.fill:g}.")
        if len(values) > most:
            model.notify(f"{parameter.label}: {len(values)} steps given; the first {most} are used.")
        if list(values) != model.sequence(name).tolist():
            model.param.update(**{name: values, "n_steps": min(max(len(values), least), most)})
        pn.state.execute(show, schedule=True)  # after this event: Panel drops an answer given within it

    show()
    model.param.watch(show, [name, "n_steps"])
    field.param.watch(read, "value")
    return field


def _text(model: PageModel, name: str, settings: dict) -> pn.widgets.TextInput:
    """A text field; unknown characters are left out and named, a text of the wrong length changes nothing."""
    parameter = model.param[name]
    field = pn.widgets.TextInput(name=parameter.label, value=getattr(model, name), **settings)

    def show(*events) -> None:
        field.value = getattr(model, name)

    def read(event) -> None:
        try:
            known, unknown = parameter.read(event.new)
            if unknown:
                model.notify(
                    f"{parameter.label}: left out “{unknown}”. Known are “{parameter.alphabet.strip()}”, "
                    "space and line end."
                )
            model.param.update(**{name: known})
        except ValueError as problem:
            model.notify(f"{parameter.label}: {problem}. The text is unchanged.")
            model.param.trigger(name)
        pn.state.execute(show, schedule=True)  # after this event: Panel drops an answer given within it

    model.param.watch(show, name)
    field.param.watch(read, "value")
    return field
