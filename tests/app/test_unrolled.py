"""The page of the unrolled network without a browser, against complex-step derivatives that share no code with it."""

import re
from html import unescape
from math import cosh, exp, tanh

import numpy as np
import pytest
from bokeh.document import Document

import lessons
from app import timing, url
from app.cost_charts import COUNTS, rate
from app.hand_calculation import blocks
from app.models.unrolled import PLACES, SHARED, Unrolled
from app.pages.unrolled import UnrolledView
from app.shell import Page

LESSON = lessons.load("unrolled")
PRESETS = {preset.name: preset.values for preset in LESSON.presets}
FUNCTIONS = {
    "tanh": np.tanh,
    "logistic": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.where(np.real(a) > 0, a, 0),
    "identity": lambda a: a,
}
RICH = {
    "n_units": "3", "n_steps": "5", "loss_at": "every step", "x": "0.5,-1,0.25,1,0", "d1": "0.3,-0.2,0.5,0,0.1",
    "d2": "-0.4*5", "W12": "-0.7", "W13": "0.2", "W21": "0.9", "W23": "-0.3", "W31": "0.4", "W33": "-0.6", "U3": "-1",
    "b1": "0.1", "b3": "-0.2", "h01": "0.5", "h02": "-0.25", "h03": "1", "V1": "1.5", "V2": "-0.5", "V3": "0.75",
    "b_out": "0.2",
}  # fmt: skip


def make(**arguments) -> Page:
    return Page(Unrolled(), UnrolledView, Document(), {name: str(value) for name, value in arguments.items()})


def model_at(**arguments) -> Unrolled:
    """The model alone, as an address sets it."""
    model = Unrolled()
    url.apply_preset(model, PRESETS, LESSON.presets[0].name)
    assert url.restore(model, PRESETS, {name: str(value) for name, value in arguments.items()}) == []
    return model


def loss(model, name="", copy=0, step=0.0):
    """F, literally, with a complex step added to one weight, in one copy (from 1) or in all (0)."""
    n, T, f = model.n_units, model.n_steps, FUNCTIONS[model.activation]
    values = {weight: complex(getattr(model, weight)) for weight in PLACES}
    h, total = np.array([values[f"h0{i}"] for i in range(1, n + 1)]), 0.0
    if name.startswith("h0"):
        h[int(name[2]) - 1] += step
    for t in range(1, T + 1):
        w = dict(values)
        if name and not name.startswith("h0") and copy in (0, t):
            w[name] += step
        W = np.array([[w[f"W{i}{j}"] for j in range(1, n + 1)] for i in range(1, n + 1)])
        U, b = (np.array([w[f"{kind}{i}"] for i in range(1, n + 1)]) for kind in "Ub")
        h = f(U * model.sequence("x")[t - 1] + W @ h + b)
        if model.loss_at == "last step" and t < T:
            continue
        if model.output_layer:
            y = sum(w[f"V{j + 1}"] * h[j] for j in range(n)) + w["b_out"]
            total = total + (model.sequence("d1")[t - 1] - y) ** 2
        else:
            total = total + sum((model.sequence(f"d{j + 1}")[t - 1] - h[j]) ** 2 for j in range(n))
    return total


def derivative(model, name, copy=0):
    return loss(model, name, copy, 1e-30j).imag / 1e-30


@pytest.mark.parametrize("output_layer", ["false", "true"])
@pytest.mark.parametrize("loss_at", ["last step", "every step"])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_terms_and_gradients_are_those_of_the_loss(activation, loss_at, output_layer):
    model = model_at(**RICH | {"activation": activation, "loss_at": loss_at, "output_layer": output_layer})
    assert model.result.loss.loss == pytest.approx(loss(model).real, rel=1e-12)
    for name in model.names():
        wanted = derivative(model, name)
        for method in ("BPTT", "unrolled", "RTRL"):
            assert model.derivative(name, method) == pytest.approx(wanted, rel=1e-9, abs=1e-12), (name, method)
        assert model.difference(name) == pytest.approx(wanted, rel=1e-5, abs=1e-6)
        if name in SHARED:
            copies = [derivative(model, name, copy) for copy in range(1, 6)]
            np.testing.assert_allclose(model.terms(name), copies, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("weight", ["W11", "W12", "W23", "U2", "b3"])
def test_table_shows_the_chosen_weight(weight):
    model = model_at(**RICH, weight=weight)
    table, terms = model.table(), np.array([derivative(model, weight, copy) for copy in range(1, 6)])
    np.testing.assert_allclose(table["term"], terms, rtol=1e-9)
    np.testing.assert_allclose(table["sum"], [terms[k:].sum() for k in range(5)], rtol=1e-9)
    np.testing.assert_allclose(table["share"], np.abs(terms) / np.abs(terms).sum(), rtol=1e-9)
    np.testing.assert_allclose(
        table["s"], [derivative(model, f"b{weight[1]}", copy) for copy in range(1, 6)], rtol=1e-9
    )


@pytest.mark.parametrize("weight", SHARED)
@pytest.mark.parametrize("output_layer", ["false", "true"])
def test_script_gives_the_table_for_every_weight(weight, output_layer):
    model, space = model_at(**RICH | {"n_units": 4}, weight=weight, output_layer=output_layer), {}
    exec(model.script(), space)
    assert list(space["table"]) == list(model.table())
    for name, values in model.table().items():
        np.testing.assert_array_equal(np.asarray(space["table"][name], float), np.asarray(values, float), err_msg=name)


# What the notes of the presets say, in the order of their numbers.
def test_the_chapters_example():
    model = model_at()
    np.testing.assert_allclose([derivative(model, "W11", copy) for copy in (1, 2)], [-0.334, -0.699], atol=6e-4)
    assert derivative(model, "W11") == pytest.approx(-1.034, abs=5e-4)
    # Eqs. 12.21 and 12.31, literally.
    W, h0 = np.array([[0.5, 0.5], [-0.5, 0.5]]), np.array([1, -0.5])
    h1 = np.tanh(0.25 + W @ h0)
    h2 = np.tanh(-0.5 + W @ h1)
    F1, F2, e = np.diag(1 - h1**2), np.diag(1 - h2**2), np.array([0.5, 0]) - h2
    wanted = np.outer(F1 @ W.T @ F2 @ (-2 * e), h0) + np.outer(F2 @ (-2 * e), h1)
    np.testing.assert_allclose(model.result.bptt.dW, wanted, rtol=1e-12)


def test_notes_of_the_other_presets():
    shares = model_at(preset="one-linear-unit").shares()
    np.testing.assert_allclose(shares, [0, 0.2, 0.2, 0.2, 0.2, 0.2], atol=1e-12)
    r = model_at(preset="exercise-e12-5").result
    assert r.bptt.dF_dh[0, 0] == pytest.approx(1.428, abs=5e-4)
    assert r.bptt.dF_dh[0, 0] - r.loss.explicit[0, 0] == pytest.approx(1.580, abs=5e-4)
    saturated = model_at(preset="saturated")
    slopes = saturated.result.slope[2:, 0]
    assert (np.abs(slopes - 0.01) < 3e-3).all() and saturated.shares()[-1] == pytest.approx(0.98, abs=5e-3)
    truncated = model_at(preset="truncated")
    assert truncated.truncated()[[0, 2, 14]] == pytest.approx([0.751, -0.543, -2.383], abs=5e-4)


def test_a_narx_network_is_two_units_one_of_them_a_wire():
    model = model_at(preset="narx-two-delays")
    x, y = model.sequence("x"), [0.0, 0.0]
    for value in x:
        y.append(max(0.0, value + 0.5 * y[-1] + 0.3 * y[-2]))
    np.testing.assert_allclose(model.table()["y"], y[2:], rtol=1e-12)
    np.testing.assert_allclose(model.table()["h2"], y[1:-1], rtol=1e-12)


def test_truncation_of_a_linear_unit_has_a_closed_form():
    model = model_at(n_units=1, n_steps=12, activation="identity", W11=0.2, h01=0, d1="0*11,1", x="1*12", b1=0, U1=1)
    h = (1 - 0.2 ** np.arange(13)) / 0.8
    lags = np.arange(12)
    terms = -2 * (1 - h[12]) * 0.2**lags * h[11 - lags]
    np.testing.assert_allclose(model.truncated(), np.cumsum(terms), rtol=1e-12)
    np.testing.assert_allclose(model.truncation_error()[:-1], 1 - np.cumsum(terms)[:-1] / terms.sum(), atol=1e-12)
    agree = [f"{total:.2e}" == f"{terms.sum():.2e}" for total in np.cumsum(terms)]
    for window in range(1, 13):
        model.window = window
        passed = agree[window - 1] and not agree[window - 2]
        assert model.smallest_window().passed == passed, window
    assert "no truncation" in model.smallest_window().reason


@pytest.mark.parametrize("challenge", LESSON.challenges, ids=lambda challenge: challenge.check)
def test_challenges_fail_at_the_presets_and_pass_with_their_solutions(challenge):
    page = make()
    for name in PRESETS:
        page.apply_preset(name)
        assert not getattr(page.model, challenge.check)().passed
    page.solve(LESSON.challenges.index(challenge))
    assert getattr(page.model, challenge.check)().passed


def test_challenges_ask_for_all_they_say():
    solutions = {challenge.check: challenge.solution for challenge in LESSON.challenges}

    def verdict(check, **values):
        model = Unrolled()
        model.param.update(**(url.starting_values(model) | url.values_from(model, dict(solutions[check]) | values)))
        return getattr(model, check)()

    assert "four copies" in verdict("first_beats_last", n_steps=3, d1="0,0,1").reason
    assert "neither may be 0" in verdict("first_beats_last", h01=0.0).reason
    assert not verdict("first_beats_last", W11=0.5, x="0*5").passed
    assert "two copies" in verdict("total_zero_terms_not", n_steps=1, d1="1").reason
    assert not verdict("total_zero_terms_not", W11=0.6).passed
    assert not verdict("total_zero_terms_not", h01=0.0, x="0,0").passed
    assert "ten copies" in verdict("smallest_window", n_steps=9, d1="0*8,1").reason
    assert "smaller window" in verdict("smallest_window", window=6).reason
    assert not verdict("smallest_window", window=4).passed


def text(html: str) -> str:
    line = re.sub(r"·10<sup>(.*?)</sup>", r"e\1", html)
    line = re.sub(r"e<sup>(.*?)</sup>", r"exp(\1)", line)
    return unescape(re.sub(r"<[^>]+>", "", line)).replace("−", "-").replace("\u2003", "").replace("\u2002", "").strip()


def value(part: str) -> float | None:
    """The value of a piece of arithmetic, None where it holds a symbol."""
    source = part.split(", as")[0].translate(str.maketrans({"·": "*", "[": "(", "]": ")"}))
    source = source.replace("cosh²", "cosh_squared").replace("²", "**2")
    known = {"exp": exp, "tanh": tanh, "cosh_squared": lambda a: cosh(a) ** 2, "max": max}
    try:
        return float(eval(source, {"__builtins__": {}}, known))
    except (NameError, SyntaxError, TypeError):
        return None


def chains(lines: list[str]):
    """Values that are said to be equal: those of an equation that goes on over several lines."""
    joined: list[str] = []
    for line in map(text, lines):
        if joined and line.startswith(("=", "+")):
            joined[-1] += " " + line
        else:
            joined.append(line)
    for line in joined:
        found = [value(part) for part in line.split(" = ")[1:]]
        yield line, [number for number in found if number is not None]


STATES = [
    {}, {"preset": "exercise-e12-5"}, {"preset": "one-linear-unit"}, {"preset": "saturated"}, {"W11": "3", "U1": "3"},
    {"preset": "narx-two-delays", "weight": "U1"}, {"preset": "truncated", "weight": "b1"}, RICH,
    RICH | {"activation": "logistic", "output_layer": "true", "weight": "W32"},
    RICH | {"activation": "logistic", "n_units": "2", "U1": "3", "x": "2*5", "weight": "U2"},
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: "-".join(state.values())[:30])
def test_all_numbers_by_hand_add_up(state):
    model = model_at(**state)
    for t in range(1, model.n_steps + 1):
        made, checked = blocks(model, t), 0
        assert [block.title.split(",")[0].split(" (")[0] for block in made] == [
            "Forward", f"Error at copy {t}", "Static network", "BPTT"]  # fmt: skip
        for block in made:
            for line, values in chains(block.lines):
                if "…" in line:
                    continue
                size = np.abs(values or [0.0]).max()
                assert np.ptp(values or [0.0]) < 2e-4 * size + 3e-5, line
                checked += len(values) > 1
        assert checked >= 4
        by_layers, by_steps = (next(chains(block.lines[-2:]))[1] for block in made[2:])
        assert by_steps[-1] == pytest.approx(model.terms()[t - 1], rel=1e-4, abs=1e-9)
        assert by_layers[-1] == pytest.approx(model.terms().sum(), rel=1e-4, abs=1e-9)


def test_a_layers_gradient_is_written_as_a_matrix():
    model = model_at(**RICH)
    for t in range(1, 6):
        rows = [re.findall(r"[-\d.e]+", text(line)) for line in blocks(model, t)[2].lines if text(line).startswith("[")]
        wanted = [[derivative(model, f"W{i}{j}", t) for j in (1, 2, 3)] for i in (1, 2, 3)]
        np.testing.assert_allclose(np.array(rows, dtype=float), wanted, rtol=6e-4, atol=1e-9)


def test_equations_are_named_after_their_place():
    titles = [block.title for block in make().view.numbers(2)] + [block.title for block in make().view.numbers(1)]
    assert "12.26" in titles[2] and "12.12" in titles[3] and "12.27" in titles[6] and "12.13" in titles[7]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "Copy 2 contributes 68 % of ∂F/∂W₁₁ = −1.034, copy 1 the rest."),
        ({"cursor": "3"}, "On the way back one copy has given −0.6993 so far."),
        ({"preset": "one-linear-unit"}, "5 copies contribute 20 % of ∂F/∂W₁₁ = −0.6055 each, and 1 copy nothing."),
        ({"preset": "one-linear-unit", "cursor": "10"}, "copies 6 to 3 have given −0.4844"),
        ({"preset": "saturated"}, "At copy 6 the slope F′ is 0.01: almost nothing passes"),
        ({"preset": "truncated"}, "both ways: 0.1239 and −2.507 leave −2.383"),
        ({"n_steps": "1"}, "There is one copy"),
        ({"preset": "one-linear-unit", "x": "0*6", "d1": "0*6"}, "No copy contributes to ∂F/∂W₁₁: the loss is 0."),
        ({"preset": "one-linear-unit", "x": "0*6"}, "what enters through it is 0"),
        ({"activation": "relu", "b1": "-3"}, "the slope F′ of its unit is 0"),
    ],
)
def test_the_sentence_says_what_is_to_be_seen(state, said):
    assert said in model_at(**state).sentence()


def test_explanation_has_all_factors():
    model = model_at(preset="one-linear-unit")
    # s(3) = -2 (1 - 1/32) / 8, h(2) = 1/2
    assert model.explain("share", 3) == (
        "Copy 3 contributes s₁(3)·h₁(2) = −0.2422·0.5 = −0.1211; the sizes of all terms add up to 0.6055, so its share "
        "is 0.2."
    )
    model.weight = "U1"
    assert "s₁(3)·x(3) = −0.2422·0 = 0;" in model.explain("share", 3)


def test_nothing_gives_a_hidden_answer_away():
    page = make()
    page.predict()
    page.view.refresh()
    frame, shown = page.frame(), page.view.stack.source.data
    for name in ("share", "term", "sum", "after", "s", "dF_dh"):
        assert np.isnan(shown[name]).all(), name
    assert set(frame["hidden"]) == {"weights", "shares", "truncation", "costs"}
    assert not any(frame["tables"].values()) and frame["live"]["text"]["sum.value"] == "?"
    page.model.cursor = 12
    live = page.frame()["live"]
    assert not any(name.startswith("s") and name != "sum.value" and said for name, said in live["text"].items())
    assert not any(name.startswith("s") for name in live["level"])


def test_the_player_fills_the_copies_and_peels_them_off():
    page = make(preset="one-linear-unit")

    def lit(position, kind):
        page.model.cursor = position
        on = page.frame()["live"]["on"]
        return [step for step in range(1, 7) if on[f"{kind}{step}"]]

    assert lit(1, "forward") == [1] and lit(4, "forward") == [1, 2, 3, 4] and lit(4, "back") == []
    assert lit(7, "back") == [6] and lit(9, "back") == [4, 5, 6] and lit(9, "forward") == [1, 2, 3]
    assert lit(12, "back") == [1, 2, 3, 4, 5, 6] and lit(12, "forward") == [] and lit(12, "copy") == [1]
    assert lit(9, "error") == [6]
    page.model.cursor = 9
    page.frame()
    assert page.view.veil.visible and page.view.veil.right == 3.5
    page.model.cursor = 4
    page.frame()
    assert not page.view.veil.visible


@pytest.mark.parametrize(("n_units", "n_steps"), [(1, 1), (2, 4), (4, 20)])
def test_the_picture_has_as_many_units_and_copies(n_units, n_steps):
    page = make(n_units=n_units, n_steps=n_steps, cursor=n_steps)
    svg, live = page.diagram.svg(), page.frame()["live"]
    assert svg.count('data-on="copy') == n_steps
    assert len(re.findall(r'data-level="h\d+\.\d"', svg)) == (n_steps + 1) * n_units
    levels = set(re.findall(r'data-level="(h\d+\.\d|folded\d)"', svg))
    assert levels == set(live["level"])
    numbers = [float(found) for found in re.findall(r' (?:cx|x)="?([\d.]+)', svg)]
    assert min(numbers) > 0 and max(numbers) < 640


def test_the_picture_is_drawn_anew_for_another_size_only():
    page = make()
    assert page.frame()["diagram"] == ""
    page.model.W11 = 1.0
    assert page.frame()["diagram"] == ""
    page.model.n_steps = 3
    assert "copy3" in page.frame()["diagram"]


def test_targets_are_painted_where_the_loss_looks():
    page = make(preset="one-linear-unit")
    page.edit("d1", {"2": 0.5, "6": -0.5})
    assert page.model.sequence("d1").tolist() == [0, 0, 0, 0, 0, -0.5]
    page.model.loss_at = "every step"
    page.edit("d1", {"2": 0.5})
    assert page.model.sequence("d1").tolist() == [0, 0.5, 0, 0, 0, -0.5]
    page.edit("x", {"3": 1})
    assert page.model.sequence("x")[2] == 1
    assert page.view.fixed_strips() == {"y"}
    page.model.output_layer = True
    assert page.view.fixed_strips() == {"h1", "h2", "h3", "h4"}


def test_table_has_a_field_for_every_weight_and_all_derivatives():
    page = make(**RICH, output_layer="true", weight="W23")
    html = page.view.tables()["weights"]
    fields = dict(re.findall(r'data-set=(\w+) value="([^"]+)"', html))
    assert {name: float(shown) for name, shown in fields.items()} == {
        name: getattr(page.model, name) for name in page.model.names()
    }
    rows = {re.search(r"data-set=(\w+)", row).group(1): row for row in html.split("<tr")[2:]}
    assert "data-chosen" in rows["W23"] and sum("data-chosen" in row for row in rows.values()) == 1
    assert [name for name in rows if "type=radio" in rows[name]] == [
        name for name in page.model.names() if name in SHARED
    ]
    for name, row in rows.items():
        shown = [value(text(cell)) for cell in re.findall(r"<td>([^<]+)</td>", row)[-4:]]
        assert shown == pytest.approx([derivative(page.model, name)] * 4, rel=6e-5, abs=1e-9), name


def test_pieces_pile_up_to_the_total():
    page = make(**RICH)
    pieces, totals = page.view.pieces.data, page.view.totals.data
    heights = np.asarray(pieces["top"]) - np.asarray(pieces["bottom"])
    names = [name for name in page.model.names() if name in SHARED]
    for place, name in enumerate(names, 1):
        mine = np.asarray(pieces["weight"]) == place
        terms = np.array([derivative(page.model, name, copy) for copy in range(1, 6)])
        np.testing.assert_allclose(heights[mine], terms, rtol=1e-8, atol=1e-12)
        edges = np.concatenate([np.asarray(pieces["top"])[mine], np.asarray(pieces["bottom"])[mine], [0]])
        assert edges.max() == pytest.approx(terms[terms > 0].sum(), abs=1e-12)
        assert edges.min() == pytest.approx(terms[terms < 0].sum(), abs=1e-12)
        assert totals["total"][place - 1] == pytest.approx(terms.sum(), rel=1e-8, abs=1e-12)


def test_truncation_card_says_what_is_lost():
    page = make(preset="truncated")
    said = text(page.view.tables()["truncation"])
    assert "window of 3, ∂F/∂W₁₁ = -0.5431 instead of -2.383, off by 77 %" in said
    errors = page.view.errors.data
    assert 10 ** errors["one"][2] == pytest.approx(1 - 0.5430727 / 2.3832978, rel=1e-4)
    assert errors["one"][-1] == -17 and page.view.at_window.location == 3


def test_costs_are_counted_and_measured():
    page = make(n_steps=20, n_units=3)
    line = page.view.costs.lines["n"].data
    place = int(np.flatnonzero(np.isclose(line["size"], np.log10(4)))[0])
    # T (nm + n² + n²p + 2np) with p = nm + n² + n, and T (2nm + 3n² + n) − n²
    assert 10 ** line["RTRL.multiply_adds"][place] == pytest.approx(20 * (4 + 16 + 16 * 24 + 8 * 24))
    assert 10 ** line["BPTT.multiply_adds"][place] == pytest.approx(20 * (8 + 48 + 4) - 16)
    assert len(page.view.costs.dots["n"].data["size"]) == 0
    page.set({"measure": "true"})
    page.view.refresh()
    dots = page.view.costs.dots["n"].data
    assert all((np.asarray(seconds) > 0).all() for seconds in page.model.timings.by_units.values())
    # The largest RTRL is laid on its line.
    counted = COUNTS["RTRL"](20, timing.UNITS[-1], 1).multiply_adds
    assert 10 ** dots["RTRL"][-1] == pytest.approx(counted, rel=1e-9) and rate(page.model.timings) > 0
    assert "times as long as BPTT" in page.frame()["tables"]["costs"]
    assert "measure" not in page.frame()["query"]  # a shared address makes no server measure


def test_the_chosen_weight_is_one_that_is_there():
    model = model_at(n_units=2, weight="W34")
    assert model.chosen == "W22" and model.weight == "W34"
    model.n_units = 4
    assert model.chosen == "W34"


def test_a_sequence_longer_than_any_network_is_cut():
    page = make(x="0.5*200")
    assert page.model.n_steps == 20 and page.frame()["steps"] == 20


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("size", [-3, 0, 3])
@pytest.mark.parametrize(("n_units", "n_steps"), [(1, 1), (1, 20), (4, 1), (4, 20)])
def test_every_corner_is_drawn(activation, size, n_units, n_steps):
    page = make()
    values = dict.fromkeys(PLACES, size) | {"x": (2.0,) * n_steps, "d1": (-2.0,) * n_steps}
    for output_layer in (False, True):
        page.model.param.update(
            n_units=n_units, n_steps=n_steps, activation=activation, output_layer=output_layer, cursor=40, **values
        )
        page.changed(*[type("Event", (), {"name": "n_units"})])
        frame = page.frame()
        shown = page.view.stack.source.data
        assert frame["sentence"] and frame["numbers"] and frame["tables"]["weights"]
        said = frame["sentence"] + frame["numbers"] + "".join(frame["tables"].values())
        assert not re.search(r"\bnan\b|not a number|∞", said)
        assert all(np.isfinite(shown[name]).all() for name in ("x", "h1", "dF_dh", "s", "term", "sum", "share"))


def test_explosion_is_clipped_and_explained():
    frame = make(n_units=1, n_steps=20, activation="identity", W11=3, x="1*20").frame()
    assert "clipped" in frame["notices"][0] and "by up to 3, the largest singular value of W" in frame["notices"][0]
