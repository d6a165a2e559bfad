"""The diagrams: one loop with its factor, the unit on the cliff, the two-unit map, and four loops together."""

import numpy as np

from app.parts.diagram import Diagram
from app.parts.numbers import plain, power
from engine import cliff, rnn
from lessons.vanishing import topics
from lessons.vanishing.model import Vanishing
from lessons.vanishing.words import beside, beside_one


def drawn(m: Vanishing) -> Diagram:
    """The diagram of the present topic."""
    if m.topic == "vanishing":
        return network_loop(several=m.n_units > 1, cell=m.form == "cell")
    return {"exploding": cliff_unit, "chaos": two_units, "side by side": four_loops}[m.topic]()


def network_loop(*, several: bool, cell: bool) -> Diagram:
    """x through u into a sum, f, and back through a delay and w; in the cell form f stands in the loop."""
    who, weight = ("n units", "W") if several else ("one unit", "w")
    state = "c" if cell else "h"
    d = Diagram(
        640,
        176,
        f"The input x enters a sum, and the state {state} of {who} comes back to the sum through a "
        f"delay and the weight {weight}; below, the factor of one step and the product so far.",
    )
    d.arrow((64, 56), (178, 56))
    d.label(120, 46, "U" if several else "", "weight", live="u")
    if cell:
        d.arrow((220, 56), (448, 56))
        d.arrow((400, 56), (400, 122), (333, 122))
        d.delay(400, 90)
        d.box("", 285, 105, 48, 34, "f")
        d.arrow((285, 122), (200, 122), (200, 78))
        d.label(192, 112, "", "weight", live="w", anchor="end")
    else:
        d.arrow((220, 56), (283, 56))
        d.label(251, 46, "a(t)", "note")
        d.box("", 285, 39, 48, 34, "f")
        d.arrow((333, 56), (448, 56))
        d.arrow((400, 56), (400, 122), (200, 122), (200, 78))
        d.delay(400, 90)
        d.label(300, 114, "", "weight", live="w")
    d.unit("x", 42, 56, "input", label="x")
    d.operator(200, 56)
    d.unit("h", 472, 56, "state", label=state)
    d.label(309, 30 if not cell else 96, "", "weight", live="slope")
    d.label(270, 162 if cell else 148, "", "value gradient", live="factor")
    d.label(578, 46, "|product| to T", "note")
    d.label(578, 66, "", "value gradient", live="product")
    d.label(632, 124, "", "note", live="size", anchor="end")
    return d


def cliff_unit() -> Diagram:
    """One unit that feeds on itself, its gradient, the clipping, and the step that follows."""
    d = Diagram(
        640,
        176,
        "A single unit c feeds back through the logistic function, a delay and the weight w; the "
        "bias b enters the sum. The gradient of the loss passes a clipping stage, then changes w, b.",
    )
    d.arrow((12, 50), (118, 50))
    d.label(12, 40, "", "value state", live="b", anchor="start")
    d.operator(140, 50)
    d.arrow((160, 50), (258, 50))
    d.arrow((220, 50), (220, 112), (203, 112))
    d.delay(220, 81)
    d.box("", 165, 96, 38, 32, "f")
    d.arrow((165, 112), (140, 112), (140, 72))
    d.label(132, 100, "", "weight", live="w", anchor="end")
    d.unit("c", 280, 50, "state", label="c", value="above")
    d.label(172, 146, "", "value gradient", live="factor")
    d.arrow((302, 50), (448, 50))
    d.label(374, 40, "", "value state", live="loss")
    d.label(374, 74, "", "value gradient", live="norm")
    d.box("clip", 450, 29, 76, 42, "clip")
    d.label(500, 95, "", "note", live="clip.words")
    d.arrow((526, 50), (558, 50), role="gradient")
    d.label(564, 36, "next", "note", anchor="start")
    d.label(564, 56, "", "value state", live="next.w", anchor="start")
    d.label(564, 76, "", "value state", live="next.b", anchor="start")
    d.label(560, 132, "|product| to T", "note")
    d.label(560, 152, "", "value gradient", live="product")
    return d


def two_units() -> Diagram:
    """Both units of the map with their four weights."""
    d = Diagram(
        640,
        176,
        "Two units feed back to themselves and to each other with four weights; beside them the two "
        "starts A and B with their present states and the distance between them.",
    )
    for k, x, side in ((1, 120, -1), (2, 300, 1)):
        d.arrow((x + side * 14, 70), (x + side * 14, 34), (x + side * 62, 34), (x + side * 62, 88), (x + side * 24, 88))
        d.label(x + side * 62, 106, "", "weight", live=f"W{k}{k}")
        d.unit(f"h{k}", x, 88, "state", label=f"h{'₁₂'[k - 1]}")
    d.arrow((140, 78), (280, 78))
    d.arrow((280, 98), (140, 98))
    d.label(210, 70, "", "weight", live="W21")
    d.label(210, 116, "", "weight", live="W12")
    for y, name in ((52, "A"), (88, "B")):
        d.label(430, y, name, "note", anchor="start")
        d.label(450, y, "", "value state", live=f"{name}.state", anchor="start")
    d.label(430, 124, "distance", "note", anchor="start")
    d.label(512, 124, "", "value gradient", live="distance", anchor="start")
    d.label(210, 160, "", "note", live="gain")
    return d


FILLED = ("tanh", "carousel")  # of the four: the others are there for their factors


def four_loops() -> Diagram:
    """The tanh and the linear network, the carousel and an LSTM with what each does to the gradient per step."""
    d = Diagram(
        700,
        166,
        "Four loops fed by the same input: a tanh network, a linear network with the same weights, "
        "a carousel with a forget gate, and an LSTM; below each, its factor per step.",
    )
    for name, x, label, state in (
        ("tanh", 96, "tanh network", "h"),
        ("linear", 270, "linear, same W", "h"),
        ("carousel", 444, "carousel", "c"),
        ("lstm", 618, "LSTM", "c"),
    ):
        d.label(x, 22, label, "note")
        d.arrow((x - 76, 62), (x - 24, 62))
        d.arrow((x + 22, 62), (x + 64, 62), (x + 64, 114), (x, 114), (x, 86))
        d.delay(x + 36, 114)
        d.label(x - 76, 54, "x", "note", anchor="start")
        d.unit(name if name in FILLED else "", x, 62, "state", label=state, value="")
        d.label(x - 8, 108, "", "weight", live=f"{name}.weight", anchor="end")
        d.label(x, 148, "", f"value {'forget-gate' if state == 'c' else 'gradient'}", live=f"{name}.factor")
    return d


def live(m: Vanishing, t: int) -> dict[str, dict]:
    """The numbers and fills of the present topic's diagram at step t."""
    show = {"vanishing": _live_loop, "exploding": _live_cliff, "chaos": _live_map, "side by side": _live_loops}
    shown = show[m.topic](m, t)
    # finer than the eye, and without the noise that a slider leaves in the last digits
    return shown | {"level": {name: round(float(level), 4) for name, level in shown["level"].items()}}


def _live_loop(m: Vanishing, t: int) -> dict[str, dict]:
    r, k = m.result, t - 1
    state, slopes = r.state[k, 0], rnn.derivative(topics.differentiated(r.a, r.form)[k], r.activation)
    one = m.one_unit
    letter = "h" if r.form == "hidden" else "c"
    factor = f"{'f′·w' if one else f'‖∂{letter}({t})/∂{letter}({t - 1})‖'} = {plain(r.factor[k], 3)}"
    slope = f"f′ = {plain(slopes[0], 3)}" if one else f"f′: mean {plain(slopes.mean(), 3)}"
    return {
        "text": {
            "x.value": plain(r.x[k], 3),
            "h.value": plain(state, 3),
            "slope": slope,
            "u": f"u = {plain(m.u)}" if one else "U",
            "w": f"w = {plain(m.w)}" if one else f"W, ρ = {plain(r.rho, 3)}",
            "factor": factor,
            "product": power(r.log10_product[k]),
            "size": "" if one else f"{m.n_units} units, σₘₐₓ = {plain(r.sigma, 3)}",
        },
        "level": {"x": abs(r.x[k]), "h": _share(state, r.state[:, 0])},
    }


def _share(value: float, all_values: np.ndarray) -> float:
    """How full a unit is, 0 to 1."""
    return float(abs(value) / max(np.abs(all_values).max(), 1e-9))


def _live_cliff(m: Vanishing, t: int) -> dict[str, dict]:
    r, k = m.result, t - 1
    w, b = float(r.params.W[0, 0]), float(r.params.b[0])
    g = cliff.gradient(w, b, n_steps=m.n_steps)
    norm = float(np.hypot(g.dF_dw, g.dF_db))
    cut = m.clip and norm > m.threshold
    length = m.learning_rate * (m.threshold / norm if cut else 1.0)
    words = f"to θ = {plain(m.threshold)}" if cut else "nothing to cut" if m.clip else "switched off"
    return {
        "text": {
            "w": f"w = {plain(w, 3)}",
            "b": f"b = {plain(b, 3)}",
            "c.value": plain(r.a[k, 0], 3),
            "factor": f"f′·w = {plain(r.factor[k], 3)}",
            "loss": f"F = {plain(g.loss, 3)}",
            "norm": f"‖g‖ = {beside(norm, m.threshold)}",
            "clip.words": words,
            "product": power(r.log10_product[k]),
            "next.w": plain(w - length * g.dF_dw, 4),
            "next.b": plain(b - length * g.dF_db, 4),
        },
        "level": {"c": float(r.h[k, 0])},
        "on": {"clip": cut},
    }


def _live_map(m: Vanishing, t: int) -> dict[str, dict]:
    r = m.result
    a, b = r.runs[0][t], r.runs[1][t]
    weights = {name: plain(getattr(m, name), 3) for name in ("W11", "W12", "W21", "W22")}
    return {
        "text": {
            **weights,
            "h1.value": plain(a[0], 3),
            "h2.value": plain(a[1], 3),
            "A.state": f"({plain(a[0], 3)}, {plain(a[1], 3)})",
            "B.state": f"({plain(b[0], 3)}, {plain(b[1], 3)})",
            "distance": power(r.log10_distance[t]),
            "gain": f"all weights times {plain(m.gain)}" if m.gain != 1 else "units: start A",
        },
        "level": {"h1": abs(a[0]), "h2": abs(a[1])},
    }


def _live_loops(m: Vanishing, t: int) -> dict[str, dict]:
    r, k = m.result, min(t, m.horizon) - 1
    lag = max(m.horizon - 1, 1)
    rates = {name: f"× {beside_one(10 ** (values[0] / lag))} per step" for name, values in r.log10_products.items()}
    rates["linear, same W"] = f"ρ = {plain(r.rho, 3)}"
    weight = f"w = {plain(m.w, 3)}" if m.n_units == 1 else "W"
    return {
        "text": {
            "tanh.weight": weight,
            "linear.weight": weight,
            "carousel.weight": f"f = {plain(m.forget)}",
            "lstm.weight": "f(t)",
            "tanh.factor": rates["tanh network"],
            "linear.factor": rates["linear, same W"],
            "carousel.factor": rates["carousel"],
            "lstm.factor": rates["LSTM"],
        },
        "level": {"tanh": _share(r.h[k, 0], r.h[:, 0]), "carousel": _share(r.carousel[k], r.carousel)},
    }
