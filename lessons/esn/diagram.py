"""The network's picture: input, reservoir and readout on the left, eigenvalues and the unit circle on the right.

The cloud shows a few dozen units and the strongest connections between them. The eigenvalues are drawn once for the
matrix as it was drawn, at spectral radius 1; the live kind `transform` scales and shifts them with ρ and the leak.
"""

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import short
from lessons.esn.cloud import CLOUD, RADIUS, Shown, draw_cloud
from lessons.esn.digits import apart
from lessons.esn.echo_words import is_loopless, power
from lessons.esn.results import Echo, Recipe, Result, Traced, WithReadout
from lessons.esn.settings import Settings
from lessons.esn.words import FITTED

WIDTH, HEIGHT = 660, 196
PLANE, REACH = (556, 92), 84  # middle and half width of the complex plane, in pixels
INPUT, OUTPUT, BOTTOM = 34, 358, 182  # places from left to right, and the height of the way back
MOST_UNITS = 36  # in the cloud
FINISHED = 4  # the last step of the recipe

# Live names that give away the distance of two starts, for the page that hides it while the reader predicts.
TELL_DISTANCE = ("distance",)


def key(result: Result, unit: int = 1) -> tuple:
    """What the shapes depend on; ρ, scales and leak only move or light what is drawn."""
    now, reservoir = result.traced.settings, result.traced.reservoir
    draw = (now.n_units, now.density, now.topology, now.weights, now.late, now.delay, now.seed)
    # at ρ = 0 all eigenvalues are 0, whatever the matrix
    return (type(result).__name__, draw, now.spectral_radius > 0, reservoir.W_in.shape[1],
            reservoir.W_fb is not None, _n_outputs(result), _shown(result, unit))  # fmt: skip


def diagram(result: Result, unit: int = 1) -> Diagram:
    """The picture; of a large reservoir the first units stand for all, and the shown one is always among them."""
    n = result.traced.settings.n_units
    d = Diagram(
        WIDTH,
        HEIGHT,
        f"Left: inputs and a bias drive a reservoir of {n} units, which {_end(result)}. Right: "
        "the eigenvalues of W in the complex plane, with the unit circle.",
    )
    shown = _shown(result, unit)
    _inputs(d, result.traced.reservoir.W_in.shape[1] - 1)
    draw_cloud(d, result.traced.unit, shown)
    if isinstance(result, Echo):
        _two_starts(d, result.traced.reservoir.W_fb)
    else:
        _readout(d, result, _n_outputs(result))
    _plane(d, result.traced)
    return d


def _end(result: Result) -> str:
    return "is run from two starts" if isinstance(result, Echo) else "a readout V weighs into the output"


def _n_outputs(result: Result) -> int:
    return 0 if isinstance(result, Echo) else result.y.shape[1]


def _shown(result: Result, unit: int) -> Shown:
    """The first units; where the shown one is not among them it takes the last place."""
    n = result.traced.settings.n_units
    few, wanted = min(n, MOST_UNITS), min(unit, n) - 1
    return (*range(few - 1), max(few - 1, wanted))


# Shapes


def _inputs(d: Diagram, n_inputs: int) -> None:
    heights = {0: [], 1: [70], 2: [38, 94]}[n_inputs]
    for j, y in enumerate(heights):
        name = "x" if n_inputs == 1 else f"x{j + 1}"
        d.unit(name, INPUT, y, "input", label="x" if n_inputs == 1 else "x" + "₁₂"[j], radius=15, value="above")
        d.arrow((INPUT + 16, y), _edge(INPUT, y), role="input", name=name)
    bias = 150 if n_inputs else CLOUD[1]
    d.unit("bias", INPUT, bias, "input", label="1", radius=12, value="")
    d.arrow((INPUT + 13, bias), _edge(INPUT, bias), role="input", name="bias")
    d.label(INPUT, bias + 28, "bias", "note")


def _edge(x: float, y: float) -> tuple[float, float]:
    """Where a line from here towards the middle of the cloud meets it."""
    dx, dy = CLOUD[0] - x, CLOUD[1] - y
    share = 1 - (RADIUS + 3) / np.hypot(dx, dy)
    return round(x + share * dx, 1), round(y + share * dy, 1)


def _readout(d: Diagram, result: WithReadout, n_outputs: int) -> None:
    heights = [CLOUD[1]] if n_outputs == 1 else [70, 132]
    for k, y in enumerate(heights):
        name = "y" if n_outputs == 1 else f"y{k + 1}"
        d.unit(name, OUTPUT, y, "state", label="y" if n_outputs == 1 else "y" + "₁₂"[k], radius=17, value="above")
        start, end = _edge(OUTPUT, y), (OUTPUT - 19, y)
        path = "M{},{}L{},{}".format(*start, *end)
        for lit, dash in (("trained", ""), ("untrained", ' stroke-dasharray="4 4"')):
            d.parts.append(f'<g class="part muted" data-on="{lit}"><path class=edge d="{path}"{dash} '
                           "marker-end=url(#head) /></g>")  # fmt: skip
    d.label(306, 78 if n_outputs == 1 else 106, "V", "unit-label")
    if result.traced.reservoir.W_fb is not None:
        _feedback(d, heights[-1] + 17)
        for y in heights[:-1]:  # around the outputs below
            d.arrow((OUTPUT + 17, y), (OUTPUT + 34, y), (OUTPUT + 34, BOTTOM), (OUTPUT, BOTTOM), head=False)


def _two_starts(d: Diagram, W_fb: np.ndarray | None) -> None:
    """The distance in the place of an output; what would be fed back is then the target."""
    top = 70 if W_fb is None else 40
    d.label(OUTPUT, top, "distance of", "note")
    d.label(OUTPUT, top + 17, "two starts", "note")
    d.label(OUTPUT, top + 40, "", "value state", live="distance")
    if W_fb is None:
        return
    n_outputs = W_fb.shape[1]
    for k in range(n_outputs):
        x = OUTPUT + 34 * k
        d.unit(f"d{k + 1}", x, 134, "target", label="d" if n_outputs == 1 else "d" + "₁₂"[k], radius=14, value="")
        if k:
            d.arrow((x, 148), (x, BOTTOM), (OUTPUT, BOTTOM), head=False)
    d.label(OUTPUT, 112, "the target", "note")
    _feedback(d, 148)


def _feedback(d: Diagram, low: float) -> None:
    """The way back below the cloud, one step late."""
    d.arrow((OUTPUT, low), (OUTPUT, BOTTOM), (CLOUD[0], BOTTOM), (CLOUD[0], CLOUD[1] + RADIUS + 3))
    d.delay(310, BOTTOM)
    d.parts.append(f'<text x=252 y={BOTTOM - 8} class=unit-label text-anchor=middle>W'
                   '<tspan dy=4>fb</tspan></text>')  # fmt: skip


def _plane(d: Diagram, traced: Traced) -> None:
    """Eigenvalues as dots of fixed size; those outside the unit circle show the alarm's colour from below."""
    (x, y), rho = PLANE, traced.settings.spectral_radius
    drawn = traced.eigenvalues / rho if rho > 0 else traced.eigenvalues
    dots = "".join(f"M{value.real:.3f},{value.imag:.3f}h0" for value in drawn)
    wide = 6 if len(drawn) <= 30 else 4.2 if len(drawn) <= 150 else 3
    fixed = "vector-effect=non-scaling-stroke"
    use = "<use href=#eigenvalues data-transform={} style='stroke:var(--{});stroke-opacity:{}' />".format
    d.parts.append(
        f"<defs><path id=eigenvalues d='{dots}' {fixed} fill=none stroke-width={wide} stroke-linecap=round />"
        "<clipPath id=unit-disc><circle r=1 data-transform=circle /></clipPath></defs>"
        f"<path d='M{x - REACH},{y}h{2 * REACH}M{x},{y - REACH}v{2 * REACH}' style='stroke:var(--edge)' />"
        f"<circle r=1 data-transform=circle {fixed} style='fill:none;stroke:var(--ink);stroke-width:1.5' />"
        f"{use('own', 'muted', 0.35)}{use('effective', 'alarm', 1)}"
        f"<g clip-path=url(#unit-disc)>{use('effective', 'state', 1)}</g>"
        "<text class=note data-transform=one>1</text>"
    )
    d.label(x - REACH - 28, 16, "", "value state", live="rho", anchor="start")
    d.label(x - REACH - 28, HEIGHT - 8, "", "note", live="faint", anchor="start")
    d.label(x + REACH, y - 6, "Re", "note")
    d.label(x + 12, y - REACH + 5, "Im", "note")


# Live values


def live(result: Result, t: int, unit: int = 1, recipe: int = FINISHED) -> dict[str, dict]:
    """Values at step t, with the shown unit ringed; before the third step of the recipe there is no output."""
    traced = result.traced
    row, chosen = min(t, len(traced.states)) - 1, min(unit, traced.states.shape[1])
    ran = recipe > 1 or not isinstance(result, Recipe)
    h, shown = traced.states[row] if ran else np.zeros(traced.states.shape[1]), _shown(result, unit)
    level = {f"u{j + 1}{'+' if h[j] > 0 else '-'}": round(min(abs(float(h[j])), 1.0), 3) for j in shown if h[j]}
    on = {f"ring{j + 1}": j + 1 == chosen for j in shown}
    on["bias"] = bool(traced.reservoir.W_in[:, 0].any())
    text = {"unit": f"unit {chosen}: {_brief(h[chosen - 1]) if ran else '–'}"} | _plane_text(traced)
    _live_inputs(traced, row, ran, text, level, on)
    if isinstance(result, Echo):
        text["distance"] = power(result.log10_distance[row])
        level |= _teacher(traced, row)
    else:
        _live_outputs(result, row, recipe, text, level, on)
    return {"text": text, "level": level, "on": on, "transform": transforms(traced.settings)}


def _live_inputs(traced: Traced, row: int, ran: bool, text: dict, level: dict, on: dict) -> None:
    m = traced.reservoir.W_in.shape[1] - 1
    level["bias"] = float(ran and on["bias"])
    for j in range(m):
        name, x = "x" if m == 1 else f"x{j + 1}", float(traced.x[row, j])
        text[f"{name}.value"] = _brief(x) if ran else "–"
        level[name] = round(min(abs(x), 1.0), 3) if ran else 0.0
        on[name] = bool(traced.reservoir.W_in[:, 1 + j].any())


def _teacher(traced: Traced, row: int) -> dict[str, float]:
    """How full the targets are that will be fed back."""
    if traced.reservoir.W_fb is None:
        return {}
    d = np.nan_to_num(traced.d)
    full = np.abs(d[row]) / (np.abs(d).max() or 1.0)
    return {f"d{k + 1}": round(float(value), 3) for k, value in enumerate(full)}


def _live_outputs(result: WithReadout, row: int, recipe: int, text: dict, level: dict, on: dict) -> None:
    fitted = recipe >= FITTED
    on |= {"trained": fitted, "untrained": not fitted}
    n = result.y.shape[1]
    # the fill is measured by the target, so that a wild output is full and no more
    scale = float(np.abs(np.nan_to_num(result.traced.d)).max()) or 1.0
    for k in range(n):
        name, y = "y" if n == 1 else f"y{k + 1}", float(result.y[row, k])
        text[f"{name}.value"] = _brief(y) if fitted else ""
        level[name] = round(min(abs(y) / scale, 1.0), 3) if fitted and np.isfinite(y) else 0.0


def transforms(settings: Settings) -> dict[str, str]:
    """CSS transforms of what is drawn in the complex plane, from units of its own to pixels."""
    (x, y), rho, leak = PLANE, settings.spectral_radius, settings.leak_rate
    unit = REACH / max(1.25, 1.05 * rho)
    place = "translate({:.2f}px,{:.2f}px)".format
    return {"circle": f"{place(x, y)} scale({unit:.3f})", "one": place(x + unit + 3, y + 13),
            "own": f"{place(x, y)} scale({rho * unit:.3f})",
            "effective": f"{place(x + (1 - leak) * unit, y)} scale({leak * rho * unit:.3f})"}  # fmt: skip


def _plane_text(traced: Traced) -> dict[str, str]:
    few = "" if traced.complete else f"the {len(traced.eigenvalues)} largest"
    faint = "faint: without leak" if traced.settings.leak_rate < 1 else ""
    rho = 0 if is_loopless(traced) else traced.settings.spectral_radius
    return {"rho": f"ρ = {apart(rho, 1)}", "faint": ", ".join(filter(None, (few, faint)))}


def _brief(value: float) -> str:
    return short(float(value)) if np.isfinite(value) else "no number"
