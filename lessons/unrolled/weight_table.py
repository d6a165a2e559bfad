"""The table of all weights of lesson 4: each editable, with its derivative three ways and a finite difference."""

import numpy as np

from app.parts.numbers import plain
from lessons.unrolled.model import EPSILON, METHODS, SHARED, Unrolled
from lessons.unrolled.words import SUBSCRIPTS, pretty

DIGITS = 5
KINK = 1e-3  # a net input nearer to 0 may change its sign while a weight is moved by ε


def html(model: Unrolled) -> str:
    names = model.names()
    found = np.array([[*(model.derivative(name, of) for of in METHODS), model.difference(name)] for name in names])
    heads = "".join(f"<th>{head}</th>" for head in ("weight", "value", *METHODS, "difference of F"))
    rows = "".join(_row(model, name, values) for name, values in zip(names, found, strict=True))
    return f"<table><tr>{heads}</tr>{rows}</table>{_agreement(found)}{_kink(model, found)}"


def _row(model: Unrolled, name: str, values: np.ndarray) -> str:
    chosen = " data-chosen" if name == model.chosen else ""
    label = f'<span style="padding-left:24px">{pretty(name)}</span>'
    if name in SHARED:
        checked = " checked" if chosen else ""
        pick = f'<input type=radio name=weight data-pick=\'{{"weight": "{name}"}}\'{checked}>'
        label = f"<label>{pick} {pretty(name)}</label>"
    low, high = model.param[name].bounds
    field = (
        f'<input type=number data-set={name} value="{getattr(model, name):.6g}" step=0.05 min={low} max={high} '
        f'aria-label="{pretty(name)}">'
    )
    cells = "".join(f"<td>{plain(value, DIGITS)}</td>" for value in values)
    return f"<tr{chosen}><td>{label}</td><td>{field}</td>{cells}</tr>"


def _agreement(found: np.ndarray) -> str:
    """How far the three methods and the finite difference are apart."""
    three, checked = found[:, :3], found[:, 3]
    apart = float(np.ptp(three, axis=1).max())
    off = float(np.abs(three[:, 0] - checked).max())
    equal = "The three are equal to the last digit."
    differ = f"The three differ by at most <b>{plain(apart, 2)}</b>, from the order of their sums."
    return (
        f"<p class=help>{differ if apart else equal} The last "
        f"column uses no derivative at all: [F(w + ε) − F(w − ε)] / 2ε with ε = {plain(EPSILON, 1)}; "
        f"it is off by at most <b>{plain(off, 2)}</b>.</p>"
    )


def _kink(model: Unrolled, found: np.ndarray) -> str:
    """Why the finite difference is wrong where ReLU has no derivative."""
    a = np.abs(model.result.run.a)
    step, unit = np.unravel_index(a.argmin(), a.shape)
    off = np.abs(found[:, 0] - found[:, 3])
    if model.activation != "relu" or a[step, unit] > KINK or not (off > 1e-4 * np.abs(found).max()).any():
        return ""
    where = f"a{str(unit + 1).translate(SUBSCRIPTS)}({step + 1}) = {plain(model.result.run.a[step, unit], 2)}"
    return (
        f"<p class=help>At {where} ReLU has a kink: its slope is 0 on the left and 1 on the right. The difference of "
        "F sees both sides, the other columns take 0 at 0, so they need not agree there.</p>"
    )
