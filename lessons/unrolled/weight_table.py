"""The table of all weights: each editable, with its derivative three ways and a finite difference."""

import numpy as np

from app.parts.numbers import plain
from lessons.unrolled.parameters import UnrolledParameters
from lessons.unrolled.results import EPSILON, METHODS, Result
from lessons.unrolled.weights import BOUNDS, SHARED, SUBSCRIPTS, pretty

DIGITS = 5
KINK = 1e-3  # a net input nearer to 0 may change its sign while a weight is moved by ε


def html(m: UnrolledParameters, r: Result, found: np.ndarray) -> str:
    """found: (weights, 4) the derivatives, by each method and as a difference."""
    heads = "".join(f"<th>{head}</th>" for head in ("weight", "value", *METHODS, "difference of F"))
    rows = "".join(_row(m, name, name == r.chosen, values) for name, values in zip(m.names(), found, strict=True))
    group = '<div role=radiogroup aria-label="Weight whose terms are shown">'
    return f"{group}<table><tr>{heads}</tr>{rows}</table></div>{_agreement(found)}{_kink(m, r, found)}"


def _row(m: UnrolledParameters, name: str, is_chosen: bool, values: np.ndarray) -> str:
    chosen = " data-chosen" if is_chosen else ""
    label = f'<span style="padding-left:24px">{pretty(name)}</span>'
    if name in SHARED:
        checked = " checked" if chosen else ""
        pick = f'<input type=radio name=weight data-pick=\'{{"weight": "{name}"}}\'{checked}>'
        label = f"<label>{pick} {pretty(name)}</label>"
    field = (
        f'<input type=number data-set={name} value="{getattr(m, name):.6g}" step=0.05 min={BOUNDS[0]} max={BOUNDS[1]} '
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
    last = f"is off by at most <b>{plain(off, 2)}</b>" if off else "has the same digits"
    return (
        f"<p class=help>{differ if apart else equal} The last "
        f"column uses no derivative at all: [F(w + ε) − F(w − ε)] / 2ε with ε = {plain(EPSILON, 1)}; "
        f"it {last}.</p>"
    )


def _kink(m: UnrolledParameters, r: Result, found: np.ndarray) -> str:
    """Why the finite difference is wrong where ReLU has no derivative."""
    a = np.abs(r.run.a)
    step, unit = divmod(int(a.argmin()), a.shape[1])
    off = np.abs(found[:, 0] - found[:, 3])
    if m.activation != "relu" or a[step, unit] > KINK or not (off > 1e-4 * np.abs(found).max()).any():
        return ""
    where = f"a{str(unit + 1).translate(SUBSCRIPTS)}({step + 1}) = {plain(r.run.a[step, unit], 2)}"
    return (
        f"<p class=help>{'At' if r.run.a[step, unit] == 0 else 'Near'} {where} ReLU has a kink: its slope is 0 on the "
        "left of 0 and 1 on the right. The difference of "
        "F sees both sides, the other columns take 0 at 0, so they need not agree there.</p>"
    )
