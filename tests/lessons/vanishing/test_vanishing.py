"""The page of lesson 5 without a browser, against closed forms and plain NumPy that share no code with it."""

import re
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from bokeh.document import Document

from app.shell import lessons
from app.shell.page import Page
from lessons.vanishing import topics
from lessons.vanishing.charts import impulse_response
from lessons.vanishing.model import TOPICS, Vanishing
from lessons.vanishing.view import VanishingView
from tests.app import pages

PRESETS = [preset.name for preset in lessons.load("vanishing").presets]
FUNCTIONS = {
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "logistic": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0).astype(float)),
    "identity": (lambda a: a, np.ones_like),
}


def make(**arguments) -> Page:
    return Page(Vanishing(), VanishingView, Document(), {name: str(value) for name, value in arguments.items()})


def model_at(**arguments) -> Vanishing:
    """The model alone, for what no figure is needed for."""
    return pages.model_at("vanishing", **arguments)


def text(html: str) -> str:
    """Plain text of a line of numbers, with powers written the way Python reads them."""
    html = re.sub(r"·10<sup>([^<]*)</sup>", r"e\1", html)
    html = re.sub(r"<sup>([^<]*)</sup>", r"**\1", html)
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("−", "-").replace("²", "**2").strip()


def value(expression: str) -> float:
    """A sum, product, power or call as it stands on the page, worked out."""
    expression = expression.replace("·", "*").replace("√", "sqrt").strip()
    functions = {"tanh": np.tanh, "sqrt": np.sqrt, "σ": FUNCTIONS["logistic"][0]}
    return float(eval(expression, {"__builtins__": {}}, functions))


def literal_run(x, W, U, b, activation, form):
    """States and one-step Jacobians by plain loops, from a state of 0."""
    f, slope = FUNCTIONS[activation]
    state, states, jacobians = np.zeros(len(b)), [], []
    for fed in x:
        if form == "hidden":
            a = U[:, 0] * fed + W @ state + b
            jacobians.append(np.diag(slope(a)) @ W)
            state = f(a)
        else:
            jacobians.append(W @ np.diag(slope(state)))
            state = W @ f(state) + U[:, 0] * fed + b
        states.append(state)
    return np.array(states), jacobians


# What the presets promise


def test_the_linear_unit_of_the_chapter():
    for preset in ("eq-12-32", "eq-12-34"):
        table = model_at(preset=preset).table()
        np.testing.assert_allclose(10 ** table["log10_product"], 0.5 ** np.arange(9, -1, -1), rtol=1e-12)
        np.testing.assert_array_equal(table["factor"], 0.5)
    np.testing.assert_array_equal(model_at(preset="eq-12-32").table()["h"], 0.5 ** np.arange(10))


def test_the_saturating_unit_settles_where_the_fixed_point_is():
    table = model_at(preset="eq-12-35").table()
    h = 0.9
    for _ in range(200):
        h = np.tanh(1 + h)
    assert table["h"][-1] == pytest.approx(h, abs=1e-9)
    assert table["factor"][-1] == pytest.approx(1 - h * h, rel=1e-7)
    assert table["log10_product"][0] == pytest.approx(np.log10(np.abs(table["factor"][1:])).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("preset", "rho", "sigma", "left"),
    [
        ("sigma-below", (0, 0.98), (0.98, 0.98), (-400, 99 * np.log10(0.98))),
        ("sigma-above", (0, 0.999), (1.05, 1.05), (-400, -1)),
        ("saturated", (1.3, 1.3), (1.3, 99), (-400, -1)),
        ("orthogonal", (1, 1), (1, 1), (0, 0)),
        ("explosion", (1.1, 1.1), (1.1, 99), (99 * np.log10(1.1), 30)),
        ("symmetric-modes", (0.95, 0.95), (0.95, 0.95), (59 * np.log10(0.95), 59 * np.log10(0.95))),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 77])
def test_matrix_presets_keep_their_promise_for_any_seed(preset, rho, sigma, left, seed):
    model = model_at(preset=preset, seed=seed)
    W = model.result.params.W
    for size, (low, high) in (
        (np.abs(np.linalg.eigvals(W)).max(), rho),
        (np.linalg.norm(W, 2), sigma),
        (model.table()["log10_product"][0], left),
    ):
        assert low - 1e-8 <= size <= high + 1e-8


def test_the_cliff_throws_the_plain_descent_away_and_the_clipped_one_arrives():
    clipped, free = model_at(preset="loss-cliff").result.descents
    steps = np.hypot(np.diff(free.w), np.diff(free.b))
    assert steps.max() > 2 and free.loss[-1] > free.loss[0]
    assert np.hypot(np.diff(clipped.w), np.diff(clipped.b)).max() <= 0.2 * 0.5 + 1e-12
    assert clipped.loss[85:].max() < 0.02 < clipped.loss[84] and len(clipped.loss) == 121
    later = model_at(preset="loss-cliff", descent_steps=200).result.descents[0].loss
    assert later[85:].max() < 0.02


def test_chaos_parts_the_starts_and_a_basin_boundary_does_too():
    for preset, exponent in (("chaos", 1), ("basins", -1)):
        model = model_at(preset=preset)
        distance = model.table()["log10_distance"]
        assert distance[0] < -5 and distance[-20:].max() > -0.5
        assert np.sign(model.result.exponent) == exponent and model.result.part


def test_side_by_side_only_the_carousel_keeps_the_gradient_whatever_the_seed():
    for seed in (1, 5):
        products = model_at(preset="side-by-side", seed=seed).result.log10_products
        assert products["tanh network"][0] < -10 and products["carousel"][0] == 0
    half = model_at(preset="side-by-side", forget=0.99).result.log10_products["carousel"]
    np.testing.assert_allclose(half, np.arange(199, -1, -1) * np.log10(0.99), atol=1e-10)


def test_side_by_side_the_lstm_has_the_gradient_of_its_cell_by_the_chain_rule():
    model = model_at(preset="side-by-side", n_units=3, horizon=100, forget_bias=1.0)
    U, W, b, _ = topics.lstm_weights(model)
    sigma = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    h = c = np.zeros(3)
    jacobians, direct = [], []
    for x in model.result.x:
        a = U[:, 0] * x + W @ h + b
        i, f, g, o = sigma(a[:3]), sigma(a[3:6]), np.tanh(a[6:9]), sigma(a[9:])
        dc_dh = (i * (1 - i) * g)[:, None] * W[:3] + (f * (1 - f) * c)[:, None] * W[3:6]
        dc_dh += (i * (1 - g**2))[:, None] * W[6:9]
        c = f * c + i * g
        slope = o * (1 - np.tanh(c) ** 2)
        dh_dh = slope[:, None] * dc_dh + (o * (1 - o) * np.tanh(c))[:, None] * W[9:]
        jacobians.append(np.block([[dh_dh, np.diag(slope * f)], [dc_dh, np.diag(f)]]))
        direct.append(np.vstack([np.diag(slope), np.eye(3)]))
        h = o * np.tanh(c)
    product, expected = np.eye(6), []
    for jacobian, start in zip(jacobians[::-1], direct[::-1], strict=True):
        expected.append(np.log10(np.linalg.norm((product @ start)[3:], 2)))
        product = product @ jacobian
    np.testing.assert_allclose(model.result.log10_products["LSTM"], expected[::-1], atol=1e-9)


# The numbers plotted


@pytest.mark.parametrize("form", ["hidden", "cell"])
@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("n_units", [1, 5])
def test_table_against_plain_loops(form, activation, n_units):
    settings = {"form": form, "activation": activation, "n_units": n_units}
    m = model_at(**settings, n_steps=15, signal="noise", bias=0.3, size=1.2, w=-0.8)
    table = m.table()
    U, W, b = m.result.params
    states, jacobians = literal_run(table["x"], W, U, b, activation, form)
    np.testing.assert_allclose(table["h"], states[:, 0], rtol=1e-12, atol=1e-14)
    sizes = [J[0, 0] if n_units == 1 else np.linalg.norm(J, 2) for J in jacobians]
    np.testing.assert_allclose(table["factor"], sizes, rtol=1e-10, atol=1e-14)
    product, logs = np.eye(n_units), [0.0]
    for J in jacobians[:0:-1]:
        product = product @ J
        with np.errstate(divide="ignore"):
            logs.append(np.log10(np.linalg.norm(product, 2)))
    np.testing.assert_allclose(table["log10_product"], logs[::-1], atol=1e-9)
    gamma = 0.25 if activation == "logistic" else 1
    lags = np.arange(14, -1, -1)
    np.testing.assert_allclose(table["bound"], lags * np.log10(gamma * np.linalg.norm(W, 2)), atol=1e-10)
    np.testing.assert_allclose(table["prediction"], lags * np.log10(np.abs(np.linalg.eigvals(W)).max()), atol=1e-10)


@pytest.mark.parametrize("form", ["hidden", "cell"])
def test_omega_against_its_definition(form):
    model = model_at(n_units=4, activation="tanh", form=form, signal="sine", n_steps=12, size=1.4)
    W = model.result.params.W
    a = model.result.a
    slopes = 1 - np.tanh(a) ** 2
    error, ratios = slopes[-1], [np.nan]
    for t in range(11, 0, -1):
        earlier = error @ (W * slopes[t - 1])
        ratios.append(np.linalg.norm(earlier) / np.linalg.norm(error))
        error = earlier
    np.testing.assert_allclose(model.table()["ratio"], ratios[::-1], rtol=1e-9)
    assert model.result.omega.total == pytest.approx(np.nansum((np.array(ratios) - 1) ** 2))


def test_heatmap_has_the_plotted_product_as_its_last_row_and_stays_affordable():
    page = make(preset="sigma-below")
    image = page.view.heat.source.data["image"][0]
    shown = np.clip(page.model.table()["log10_product"], -6, 6)
    np.testing.assert_allclose(image[-1], shown, rtol=1e-6)
    assert np.isnan(image[0, 1:]).all()
    for n_units, n_steps in ((1, 200), (16, 200), (64, 200), (64, 30)):
        every = make(n_units=n_units, n_steps=n_steps).view.heat_every
        assert 1 <= every <= 3 and (n_steps / every) ** 2 * n_units**3 < 1.4e9


def test_lag_chart_shows_one_power_twice_for_a_linear_unit():
    source = make(preset="negative-weight").view.lags.source.data
    powers = (-0.63) ** np.arange(11)
    np.testing.assert_allclose(source["response"], powers, rtol=1e-12)
    np.testing.assert_allclose(source["gradient"], powers, rtol=1e-12)
    saturated = make(preset="eq-12-35")
    first = np.tanh(1)
    response = [first]
    for _ in range(19):
        response.append(np.tanh(response[-1]))
    np.testing.assert_allclose(impulse_response(saturated.model.result), response, rtol=1e-12)


def test_modes_fall_by_their_eigenvalues():
    page = make(preset="symmetric-modes")
    W = page.model.result.params.W
    values = sorted(np.linalg.eigvalsh(W), key=abs, reverse=True)
    for line, eigenvalue in zip(page.view.modes.source.data["sizes"], values, strict=True):
        falls = np.diff(line)[np.isfinite(np.diff(line))]
        np.testing.assert_allclose(falls, np.log10(abs(eigenvalue)), atol=1e-9)


def test_two_unit_map_literally():
    model = model_at(preset="chaos", gain=0.9, b1=0.1, n_steps=30)
    W = 0.9 * np.array([[-2.4, -2.5], [6.7, 5.8]])
    a, b = np.array([0.3, 0.2]), np.array([0.3 + 1e-6, 0.2])
    for t in range(30):
        a, b = (np.tanh(W @ start + [0.1, 0]) for start in (a, b))
        assert model.table()["h"][t] == pytest.approx(a[0], abs=1e-6)
        assert model.table()["log10_distance"][t] == pytest.approx(np.log10(np.linalg.norm(a - b)), abs=0.02)


# Numbers that add up


def terms(lines: list[str]) -> list[tuple[float, float]]:
    """Pairs of neighbouring sides of every line that is an arithmetic equation: `= 1·2 + 3 = 5` gives (5, 5)."""
    found = []
    for line in lines:
        sides = []
        for side in text(line).split(": ")[-1].split("="):
            try:
                sides.append(value(side))
            except (SyntaxError, NameError, TypeError):  # a side in symbols
                sides.append(None)
        found += [(a, b) for a, b in pairwise(sides) if a is not None and b is not None]
    return found


@pytest.mark.parametrize("preset", PRESETS)
def test_every_equation_on_the_page_holds(preset):
    page = make(preset=preset)
    for share in (0.0, 0.5, 1.0):
        t = max(1, round(share * page.model.n_steps))
        pairs = [pair for block in page.view.numbers(t) for pair in terms(block.lines)]
        assert len(pairs) >= (1 if preset in ("side-by-side", "rescaling") else 3), t
        for left, right in pairs:
            assert left == pytest.approx(right, rel=3e-3, abs=1e-12), t


@pytest.mark.parametrize("form", ["hidden", "cell"])
@pytest.mark.parametrize("n_units", [1, 3])
def test_step_block_gives_state_and_factor(form, n_units):
    page = make(form=form, n_units=n_units, activation="tanh", signal="constant", bias=0.2, w=0.7, n_steps=12)
    for t in (1, 5, 12):
        lines = [text(line) for line in page.view.numbers(t)[0].lines]
        sums = next(after for line, after in pairwise(lines) if re.match(r"[ac]1?\(", line))
        table = page.model.table()
        state = page.model.result.a[t - 1, 0]
        assert value(sums.split("=")[1]) == pytest.approx(state, rel=2e-3, abs=1e-3)
        shown = [line for line in lines if re.search(r"∂[hc]", line)] + [lines[-1]]
        last = shown[0].split("=")[-1] if n_units > 1 else shown[-1].split("=")[-1]
        assert value(last) == pytest.approx(table["factor"][t - 1], rel=1e-3)


def test_product_block_writes_few_factors_out_and_many_as_dots():
    page = make(preset="eq-12-35")
    lines = [text(line) for line in page.view.numbers(17)[1].lines]
    assert value(lines[1].lstrip("= ")) == pytest.approx(value(lines[2].lstrip("= ")), rel=2e-3)
    assert "…" in text(page.view.numbers(2)[1].lines[1])
    assert "-21.07" in text(page.view.numbers(1)[1].lines[3])
    assert "empty product" in page.view.numbers(20)[1].note


def test_sizes_beyond_the_range_of_floats_are_written_as_powers():
    page = make(n_steps=200, w=0.01)
    shown = " ".join(text(line) for line in page.view.numbers(1)[1].lines)
    assert "10**-398.0" in shown
    assert "10⁻³⁹⁸" in page.model.sentence() and "10⁻³⁹⁸" in page.view.live(1)["text"]["product"]


def test_descent_block_names_the_next_step():
    page = make(preset="loss-cliff", clip="true", descent_steps=24)
    after = model_at(preset="loss-cliff", clip="true", descent_steps=25).result.descents[0]
    lines = [text(line) for line in page.view.numbers(1)[0].lines]
    assert value(lines[-2].split("=")[-1]) == pytest.approx(after.w[-1], abs=2e-3)
    assert value(lines[-1].split("=")[-1]) == pytest.approx(after.b[-1], abs=2e-3)


def test_rescaled_fifth_term_is_not_the_slides():
    blocks = make(preset="rescaling").view.numbers(1)
    lines = [text(line) for line in next(block for block in blocks if block.title == "Rescaling").lines]
    assert value(lines[1].lstrip("= ")) == 1.1111
    assert value(lines[2].split("=")[-1]) == pytest.approx(1e-4 / 1.1111, rel=2e-3)


def omega_lines(**arguments) -> str:
    blocks = make(**arguments).view.numbers(3)
    return " ".join(text(line) for block in blocks if block.title.startswith("Ω") for line in block.lines)


def test_omega_is_not_praised_where_no_error_arrives():
    assert "not defined: no error leaves" in omega_lines(activation="relu", w=2, bias=-2, n_steps=10)
    cut = omega_lines(w=0, n_steps=10)
    assert "t ≥ 9 = 1" in cut and "not defined from t = 8 back" in cut
    assert omega_lines(w=1, n_steps=10).endswith("sum over all t = 0")


def test_a_verdict_on_a_size_of_one_is_not_left_to_rounding():
    for seed in range(1, 6):
        notes = " ".join(block.note for block in make(preset="orthogonal", seed=seed).view.numbers(1))
        assert "is 1: no step can stretch" in notes and "must vanish" not in notes


def test_rounding_errors_are_shown_as_zero():
    blocks = make(preset="orthogonal").view.numbers(1)
    lines = " ".join(text(line) for block in blocks for line in block.lines if block.title.startswith(("Ω", "From")))
    assert "log₁₀ of its size = 0" in lines and not re.search(r"e-(1[2-9]|[2-9]\d)", lines)


def test_a_negative_exponent_promises_nothing_about_the_way_to_the_attractor():
    page = make(preset="basins")
    page._update()
    assert np.isnan(page.view.stack.source.data["log10_expected"]).all()
    block = page.view.numbers(80)[-1]
    assert "expected" not in " ".join(block.lines) and "near the attractor only" in block.note
    chaos = model_at(preset="chaos")
    expected = chaos.table()["log10_expected"]
    slope = np.diff(expected[np.isfinite(expected)])
    np.testing.assert_allclose(slope, chaos.result.exponent / np.log(10), atol=1e-12)
    assert np.nanmax(expected) <= np.log10(2 * np.sqrt(2)) and np.isnan(expected[-1])


@pytest.mark.parametrize("horizon", [100, 200, 500])
def test_side_by_side_the_player_walks_the_networks_own_steps(horizon):
    page = make(preset="side-by-side", horizon=horizon, n_steps=10)
    assert page.model.n_steps == min(horizon, 200)
    block = page.view.numbers(1)[0]
    assert f"lag {horizon - 1}" in block.title and (f"run {horizon} steps" in block.note) == (horizon > 200)


def test_a_few_units_can_be_computed_by_hand():
    page = make(n_units=4, activation="tanh", signal="constant", bias=0.2, n_steps=12)
    lines = [text(line) for line in page.view.numbers(7)[0].lines]
    received = sum(value(line.lstrip("=+ ")) for line in lines[1:5])
    assert received == pytest.approx(value(lines[5].lstrip("= ")), abs=2e-3)
    W = page.model.result.params.W
    rows = [text(line) for line in page.view.numbers(7)[2].lines if "row" in text(line)]
    np.testing.assert_allclose([eval(row.split(": ")[1]) for row in rows], W, rtol=1e-3, atol=1e-4)
    assert repr(float(W[1, 2])) in page.model.script()


# Words, hiding, topics


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"preset": "eq-12-32"}, "halves every step"),
        ({"w": 1}, "keeps its size"),
        ({"w": 2}, "doubles every step"),
        ({"w": -0.63}, "turns its sign"),
        ({"w": 0}, "no gradient leaves"),
        ({"n_steps": 20, "activation": "relu", "signal": "drawn", "x": "1*10,-2,1*9"}, "nothing arrives before t = 11"),
        ({"preset": "eq-12-35"}, "7.78 % of its size one step on"),
        ({"preset": "sigma-below"}, "must vanish"),
        ({"preset": "sigma-above"}, "allows growth, yet"),
        ({"preset": "saturated"}, "would make the gradient grow, but saturated units weaken it"),
        ({"preset": "eq-12-35", "w": -2}, "makes |w| = 2 into less"),
        ({"preset": "orthogonal"}, "keeps its size (factor 1)"),
        ({"preset": "explosion"}, "grows"),
        ({"preset": "rescaling"}, "the fifth is still 10⁻⁴ of the first"),
        ({"preset": "loss-cliff", "descent_steps": 0}, "Take steps of descent"),
        ({"preset": "loss-cliff", "clip": "true", "threshold": 0.1, "descent_steps": 60}, "swings across the edge"),
        ({"preset": "loss-cliff"}, "the longest gradient on the way has length 13.9"),
        ({"preset": "loss-cliff", "clip": "true"}, "cut to 0.5 at 15 steps"),
        ({"preset": "chaos"}, "the map is chaotic"),
        ({"preset": "basins"}, "a boundary of two basins"),
        ({"preset": "basins"}, "near the attractor small distances are multiplied by"),
        ({"preset": "chaos", "gain": 0.1}, "settle at the same attractor"),
        ({"preset": "side-by-side"}, "carousel 1"),
    ],
)
def test_the_sentence_says_what_is_to_be_seen(arguments, said):
    assert said in model_at(**arguments).sentence()


def test_relu_cut_agrees_with_the_first_step_that_is_reached():
    page = make(n_steps=20, activation="relu", signal="drawn", x="1*10,-2,1*9")
    product = page.model.table()["log10_product"]
    assert np.isneginf(product[:10]).all() and np.isfinite(product[10:]).all()
    assert np.isnan(page.view.stack.source.data["log10_product"][:10]).all()


def test_explanation_counts_the_factors():
    model = model_at(preset="negative-weight")
    assert model.explain("log10_product", 1) == (
        "From t = 1 to 11 there are 10 factors of size 0.63: 10 · log₁₀ 0.63 = −2.007. "
        "A negative w turns the product's sign at every step, but not its size."
    )
    assert "the product is 1" in model.explain("log10_product", 11)
    assert "log₁₀ of the size of their product" in model_at(preset="sigma-above").explain("log10_product", 3)


def test_nothing_gives_the_answer_away_while_it_is_being_predicted():
    page = make()
    page.predict()
    page._update()
    frame, data = page.frame(), page.view.stack.source.data
    for column in ("log10_product", "bound", "prediction", "ratio"):
        assert np.isnan(data[column]).all(), column
    assert frame["live"]["text"]["product"] == "?" and not frame["numbers"] and not frame["sentence"]
    assert {"lags", "heat", "omega", "spectrum"} <= set(frame["hidden"])
    limits = page.view.strips["log10_product"].plot.y_range
    before = limits.start, limits.end
    page.model.w = 0.9
    page.changed(type("Event", (), {"name": "w"}))
    assert (limits.start, limits.end) == before and limits.start < -4
    page.cancel()
    page._update()
    assert (limits.start, limits.end) != before


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_shows_its_own_controls_cards_and_strips(topic):
    page = make(topic=topic)
    frame = page.frame()
    shown = set(page.view.controls + page.view.more) - set(frame["unused"])
    own = {"vanishing": "activation", "exploding": "clip", "chaos": "gain", "side by side": "horizon"}
    assert {name for name in own.values() if name in shown} == {own[topic]} and "topic" in shown
    cards = {card.key for card in page.view.cards} - set(frame["hidden"])
    assert {"vanishing": "heat", "exploding": "cliff", "chaos": "phase", "side by side": "side"}[topic] in cards
    visible = [name for name, strip in page.view.strips.items() if strip.plot.visible]
    plotted = page.model.table()
    for name in visible:
        assert np.isfinite(page.view.stack.source.data[name]).any() and name in plotted
    assert page.view.strips[visible[-1]].plot.below[0].visible


def test_diagram_is_drawn_anew_when_the_topic_changes_and_only_then():
    page = make()
    page._update()
    page.model.w = 0.7
    assert page.frame()["diagram"] == ""
    page.model.topic = "chaos"
    assert "<svg" in page.frame()["diagram"]
    names = re.findall('data-text="([^"]*)"', page.diagram.svg())
    assert set(names) <= set(page.frame()["live"]["text"]) | {"h1.label", "h2.label"}


@pytest.mark.parametrize("topic", TOPICS)
def test_every_live_label_of_the_diagram_has_a_value(topic):
    for extra in ({}, {"n_units": 4}, {"form": "cell"}):
        page = make(topic=topic, **extra)
        drawn = {name for name in re.findall('data-text="([^"]*)"', page.diagram.svg()) if not name.endswith(".label")}
        live = set(page.view.live(3)["text"])
        assert {name for name in drawn - live if not name.endswith(".value")} == set()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("end", [0, 1])
def test_every_corner_is_drawn(topic, end):
    page = make(topic=topic)
    model = page.model
    for name in model.state_parameters():
        parameter = model.param[name]
        if name in ("cursor", "x", "topic") or not hasattr(parameter, "bounds"):
            continue
        before = getattr(model, name)
        setattr(model, name, parameter.bounds[end])
        page._stale = True
        page._update()
        frame = page.frame()
        assert frame["sentence"] and frame["numbers"], name
        assert "nan" not in frame["sentence"] and "not a number" not in frame["numbers"], name
        setattr(model, name, before)


def test_an_explosion_is_clipped_and_explained():
    page = make(w=2, n_steps=60, signal="constant")
    notice = page.frame()["notices"][0]
    step = int(re.search(r"From t = (\d+)", notice).group(1))
    h = 2.0 ** np.arange(1, 61) - 1
    assert h[step - 1] > 1e6 >= h[step - 2] and "|w| = 2" in notice
    assert max(page.view.stack.source.data["h"]) == 1e6


def test_painting_starts_from_the_signal_that_is_shown():
    page = make(preset="eq-12-34")
    page.edit("x", {"3": 0.25})
    assert page.model.signal == "drawn"
    assert page.model.sequence("x").tolist() == [1, 1, 0.25, 1, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("topic", TOPICS)
def test_script_works_for_settings_no_preset_has(topic):
    page = make(topic=topic, n_units=3, matrix="orthogonal", scaled_by="largest singular value", size=1.1, form="cell",
                activation="logistic", signal="sine", clip="false", descent_steps=3, horizon=100,
                n_steps=120)  # fmt: skip
    space: dict = {}
    exec(page.model.script(), space)
    assert list(space["table"]) == list(page.model.table())
    for name, wanted in page.model.table().items():
        np.testing.assert_array_equal(space["table"][name], wanted, err_msg=name)


# Challenges


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        ("vanishes_though_large", {"n_units": 1, "w": 2, "activation": "tanh", "signal": "constant", "n_steps": 60}),
        ("vanishes_though_large", {"n_units": 4, "size": 1.4, "activation": "tanh", "bias": 2, "matrix": "identity"}),
        ("vanishes_though_large", {"n_units": 4, "size": 1.6}),
        ("keeps_the_gradient", {"n_units": 8, "matrix": "orthogonal", "size": 1, "activation": "tanh", "n_steps": 99}),
        ("keeps_the_gradient", {"n_units": 8, "matrix": "orthogonal", "size": 1, "activation": "identity",
                                "n_steps": 100}),
        ("keeps_the_gradient", {"n_units": 8, "matrix": "orthogonal", "size": 1, "activation": "tanh", "u": 0,
                                "n_steps": 100}),
        ("keeps_the_gradient", {"n_units": 8, "size": 0.9, "activation": "tanh", "n_steps": 100}),
        ("survives_the_cliff", {"preset": "loss-cliff"}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "descent_steps": 19}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "threshold": 0.1, "descent_steps": 60}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "threshold": 10}),
        ("survives_the_cliff", {"preset": "loss-cliff", "clip": "true", "start_w": 3, "start_b": -1.5}),
    ],
)  # fmt: skip
def test_challenges_refuse_what_misses_the_point(check, arguments):
    verdict = getattr(model_at(**arguments), check)()
    assert not verdict.passed and verdict.reason.endswith(".")


def test_challenges_accept_other_ways_than_the_stored_one():
    cliff = model_at(preset="loss-cliff", clip="true").survives_the_cliff()
    assert cliff.passed, cliff.reason
    page = make(n_units=2, matrix="identity", size=1, activation="tanh", u=0.02, n_steps=150)
    assert page.model.keeps_the_gradient().passed, page.model.keeps_the_gradient().reason
