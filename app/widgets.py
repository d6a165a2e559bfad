"""Sliders and their kin, made from a model's parameters and dressed like the rest of the page."""

import panel as pn
import param

from app.model import PageModel
from app.sequence import Sequence

STYLE = """
:host{width:100%;margin:0!important;--knob:var(--state)}
.bk-input-group{width:100%;gap:3px}
.bk-input-group label,.bk-slider-title,label{font:13px/1.35 var(--font);color:var(--ink);display:flex;
 justify-content:space-between;margin:0;padding:0}
.bk-slider-value{font-weight:650;font-variant-numeric:tabular-nums}
.noUi-target{background:var(--line);border:0;box-shadow:none;height:4px;border-radius:2px;margin:13px 9px 8px!important}
.noUi-horizontal .noUi-handle{width:18px;height:18px;top:-7px;right:-9px;border-radius:50%;border:0;
 background:var(--knob);box-shadow:0 0 0 3px var(--card);cursor:grab}
.noUi-handle:focus-visible{outline:3px solid var(--input);outline-offset:3px}
.noUi-handle::before,.noUi-handle::after{display:none}
.noUi-connect,.noUi-connects{background:var(--line)}
.noUi-connect{background:var(--knob)!important}
input[type=text],input[type=number],select,textarea,.bk-input{font:14px var(--font);color:var(--ink);
 background:var(--card);border:1px solid var(--edge);border-radius:7px;padding:6px 8px;
 width:100%;box-sizing:border-box;height:34px}
select:focus-visible,input:focus-visible,textarea:focus-visible,.bk-btn:focus-visible{
 outline:3px solid var(--input)!important;outline-offset:1px}
select{background-image:none!important;appearance:auto!important}
label span,.bk-input-group span{font-size:13px}
input[type=checkbox]{accent-color:var(--state);width:17px;height:17px;margin:0 8px 0 0}
.bk-spin-wrapper{width:100%}
"""


def control(model: PageModel, name: str) -> pn.widgets.Widget:
    """The widget for one parameter, linked both ways and named `control-<name>` for the template."""
    parameter = model.param[name]
    settings = {"stylesheets": [STYLE], "sizing_mode": "stretch_width", "margin": 0}
    if isinstance(parameter, Sequence):
        return _sequence_text(model, name, settings)
    kinds = {
        param.Boolean: pn.widgets.Checkbox,
        param.Selector: pn.widgets.Select,
        param.Integer: pn.widgets.IntSlider,
        param.Number: pn.widgets.FloatSlider,
    }
    kind = next(widget for base, widget in kinds.items() if isinstance(parameter, base))
    if kind is pn.widgets.Select:
        settings["description"] = None  # the template shows it as a tooltip, like every other control's
    if kind is pn.widgets.FloatSlider:
        settings |= {"step": parameter.step or 0.01, "format": "0[.]00"}
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
        if list(values) != model.sequence(name).tolist():
            model.param.update(**{name: values, "n_steps": max(len(values), model.param.n_steps.bounds[0])})

    show()
    model.param.watch(show, [name, "n_steps"])
    field.param.watch(read, "value")
    return field
