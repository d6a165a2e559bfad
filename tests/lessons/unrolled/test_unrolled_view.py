"""What the page of the unrolled network shows: numbers by hand, picture, table and charts."""

import re
from html import unescape
from itertools import pairwise
from math import cosh, exp, tanh

import numpy as np
import pytest

from lessons.unrolled import numbers, results
from lessons.unrolled.weights import PLACES, SHARED
from tests.lessons.unrolled.unrolled_oracle import FUNCTIONS, PRESETS, RICH, derivative, make, model_at, states_moved


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


def blocks(model, t):
    return numbers.blocks(model, model.result, t)


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
            "Forward", f"Error at copy {t}", "Static network", "BPTT", "RTRL"]  # fmt: skip
        for block in made:
            for line, values in chains(block.lines):
                if "…" in line:
                    continue
                size = np.abs(values or [0.0]).max()
                assert np.ptp(values or [0.0]) < 2e-4 * size + 3e-5, line
                checked += len(values) > 1
        assert checked >= 4
        by_layers, by_steps = (next(chains(block.lines[-2:]))[1] for block in made[2:4])
        assert by_steps[-1] == pytest.approx(model.result.terms()[t - 1], rel=1e-4, abs=1e-9)
        assert by_layers[-1] == pytest.approx(model.result.terms().sum(), rel=1e-4, abs=1e-9)


def test_a_layers_gradient_is_written_as_a_matrix():
    model = model_at(**RICH)
    for t in range(1, 6):
        rows = [re.findall(r"[-\d.e]+", text(line)) for line in blocks(model, t)[2].lines if text(line).startswith("[")]
        wanted = [[derivative(model, f"W{i}{j}", t) for j in (1, 2, 3)] for i in (1, 2, 3)]
        np.testing.assert_allclose(np.array(rows, dtype=float), wanted, rtol=6e-4, atol=1e-9)


def test_on_the_way_back_the_backward_equations_come_first():
    page = make(cursor=2)
    there, last = page.frame["numbers"], page.frame["positions"]
    titles = {}
    for position in (2, last - 1):  # both are step 2
        page.ask("cursor", t=position)
        titles[position] = [block.title for block in page.view.numbers(page.model, page.frame["t"])]
    assert page.frame["t"] == 2 and page.frame["numbers"] != there
    assert titles[2][0].startswith("Forward") and titles[last - 1][0].startswith("Static network")
    assert titles[last - 1][1].startswith("BPTT") and set(titles[2]) == set(titles[last - 1])


def test_equations_are_named_after_their_place():
    page = make()
    titles = [block.title for t in (2, 1) for block in page.view.numbers(page.model, t)]
    assert "12.26" in titles[2] and "12.12" in titles[3] and "12.27" in titles[7] and "12.13" in titles[8]
    assert "12.7, 12.6" in titles[4] == titles[9].replace("step 1", "step 2")


@pytest.mark.parametrize("weight", ["W11", "W12", "U2", "b1"])
@pytest.mark.parametrize("state", [{"preset": "exercise-e12-5"}, {"n_steps": "4", "loss_at": "every step"}])
def test_rtrl_by_hand_is_the_derivative_of_every_state(state, weight):
    """h(t) moves by g(t) when the weight moves: complex steps through the recursion, and Eq. 12.6 on top."""
    model, total = model_at(**state, weight=weight), 0.0
    for t in range(1, model.n_steps + 1):
        wanted = states_moved(model, weight)[t - 1]
        lines = blocks(model, t)[4].lines
        found = {line[:5]: values for line, values in chains(lines)}
        assert [found[f"g{i}({t})"][-1] for i in (1, 2)] == pytest.approx(wanted, rel=1e-4, abs=1e-9)
        contribution = next(values for line, values in chains(lines) if line.startswith("contribution"))[-1]
        direct = -2 * model.result.loss.error[t - 1] @ (model.result.weights["V"] if model.output_layer else np.eye(2))
        assert contribution == pytest.approx(direct @ wanted, rel=1e-4, abs=1e-9)
        total += contribution
    assert total == pytest.approx(derivative(model, weight), rel=1e-3)
    assert value(text(lines[-1]).split(": ")[1]) == pytest.approx(derivative(model, weight), rel=1e-4)


def test_no_result_is_written_twice_in_a_row():
    for preset in PRESETS:
        model = model_at(preset=preset)
        for t in range(1, model.n_steps + 1):
            lines = [text(line) for block in blocks(model, t) for line in block.lines]
            assert not [line for line, after in pairwise(lines) if line == after], (preset, t)


def test_numbers_say_what_the_window_would_give():
    model = model_at(preset="truncated")
    assert text(blocks(model, 5)[2].note) == "Truncated to a window of 3 copies, the sum would be -0.54312."
    assert make(preset="truncated").frame["live"]["text"]["sum.value"] == "∂F/∂W₁₁ = −2.383, window 3: −0.543"
    model.window = 15
    assert blocks(model, 5)[2].note == ""
    assert make(preset="truncated", window=15).frame["live"]["text"]["sum.value"] == "∂F/∂W₁₁ = −2.383"


def test_nothing_gives_a_hidden_answer_away():
    page = make()
    frame, shown = page.ask("predict"), page.columns
    for name in ("share", "term", "sum", "after", "s", "dF_dh"):
        assert np.isnan(shown[name]).all(), name
    assert set(frame["hidden"]) == {"weights", "shares", "truncation", "costs", "times"}
    assert not any(frame["tables"].values()) and frame["live"]["text"]["sum.value"] == "?"
    live = page.ask("cursor", t=12)["live"]
    assert not any(name.startswith("s") and name != "sum.value" and said for name, said in live["text"].items())
    assert not any(name.startswith("s") for name in live["level"])


def test_the_player_fills_the_copies_and_peels_them_off():
    page = make(preset="one-linear-unit")

    def lit(position, kind):
        on = page.ask("cursor", t=position)["live"]["on"]
        return [step for step in range(1, 7) if on[f"{kind}{step}"]]

    assert lit(1, "forward") == [1] and lit(4, "forward") == [1, 2, 3, 4] and lit(4, "back") == []
    assert lit(7, "back") == [6] and lit(9, "back") == [4, 5, 6] and lit(9, "forward") == [1, 2, 3]
    assert lit(12, "back") == [1, 2, 3, 4, 5, 6] and lit(12, "forward") == [] and lit(12, "copy") == [1]
    assert lit(9, "error") == [6]
    veil = page.view.strips.veil
    page.ask("cursor", t=9)
    assert page.shown(veil, "visible") and page.shown(veil, "right") == 3.5
    page.ask("cursor", t=4)
    assert not page.shown(veil, "visible")


@pytest.mark.parametrize(("n_units", "n_steps"), [(1, 1), (2, 4), (4, 20)])
def test_the_picture_has_as_many_units_and_copies(n_units, n_steps):
    page = make(n_units=n_units, n_steps=n_steps, cursor=n_steps)
    svg, live = page.frame["diagram"], page.frame["live"]
    assert svg.count('data-on="copy') == n_steps
    assert len(re.findall(r'data-level="h\d+\.\d"', svg)) == (n_steps + 1) * n_units
    levels = set(re.findall(r'data-level="(h\d+\.\d|folded\d)"', svg))
    assert levels == set(live["level"])
    numbers = [float(found) for found in re.findall(r' (?:cx|x)="?([\d.]+)', svg)]
    assert min(numbers) > 0 and max(numbers) < 640


def test_the_picture_is_drawn_anew_for_another_size_only():
    page = make()
    assert "copy2" in page.frame.pop("diagram") and page.sent == 0
    assert "diagram" not in page.set(W11=1.0)
    assert "copy3" in page.set(n_steps=3)["diagram"]


def test_targets_are_painted_where_the_loss_looks():
    page = make(preset="one-linear-unit")
    page.ask("edit", name="d1", steps={"2": 0.5, "6": -0.5})
    assert page.model.sequence("d1").tolist() == [0, 0, 0, 0, 0, -0.5]
    page.model.loss_at = "every step"
    page.ask("edit", name="d1", steps={"2": 0.5})
    assert page.model.sequence("d1").tolist() == [0, 0.5, 0, 0, 0, -0.5]
    page.ask("edit", name="x", steps={"3": 1})
    assert page.model.sequence("x")[2] == 1
    assert page.view.fixed_strips(page.model) == {"y"}
    page.model.output_layer = True
    assert page.view.fixed_strips(page.model) == {"h1", "h2", "h3", "h4"}


def test_table_has_a_field_for_every_weight_and_all_derivatives():
    page = make(**RICH, output_layer="true", weight="W23")
    html = page.frame["tables"]["weights"]
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


def test_the_table_says_why_a_difference_is_off():
    def said(**arguments):
        return text(make(**arguments).frame["tables"]["weights"])

    kink = "At a₂(1) = 0 ReLU has a kink"
    assert kink in said(preset="narx-two-delays", h01=0) and kink not in said(preset="narx-two-delays")
    assert "The three are equal to the last digit." in said(n_units=1, n_steps=1, activation="identity", x="0", h01=0)
    assert "The three differ by at most" in said(**RICH)


@pytest.fixture(scope="module")
def page():
    """One page for all corners: each sets all that it depends on."""
    return make()


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("size", [-3, 0, 3])
@pytest.mark.parametrize(("n_units", "n_steps"), [(1, 1), (1, 20), (4, 1), (4, 20)])
def test_every_corner_is_drawn(page, activation, size, n_units, n_steps):
    values = dict.fromkeys(PLACES, size) | {"x": (2.0,) * n_steps, "d1": (-2.0,) * n_steps}
    for output_layer in (False, True):
        page.model.param.update(
            n_units=n_units, n_steps=n_steps, activation=activation, output_layer=output_layer, cursor=40, **values
        )
        frame, shown = page.show(), page.columns
        assert frame["sentence"] and frame["numbers"] and frame["tables"]["weights"]
        said = frame["sentence"] + frame["numbers"] + "".join(frame["tables"].values())
        assert not re.search(r"\bnan\b|not a number|∞", said)
        assert all(np.isfinite(shown[name]).all() for name in ("x", "h1", "dF_dh", "s", "term", "sum", "share"))


def test_explosion_is_clipped_and_explained():
    frame = make(n_units=1, n_steps=20, activation="identity", W11=3, x="1*20").frame
    assert "clipped" in frame["notices"][0] and "by up to 3, the largest singular value of W" in frame["notices"][0]


def test_two_readers_do_not_disturb_each_other():
    """The figures are shared: what one reader sees is the same whatever another does between two of the moves."""

    def visit(between):
        page = make(preset="one-linear-unit")
        between()
        page.ask("cursor", t=9)
        page.set(n_units=2, W12=0.5)
        return page.frame

    other = make(**RICH, output_layer="true")

    def disturb():
        other.set(n_steps=20, W11=-2.0, activation="identity")
        other.set(measure="true")
        other.ask("predict")

    assert visit(disturb) == visit(lambda: None)
    assert "times" in make().frame["hidden"] and other.model.timings is not None


def test_all_gradients_come_back_after_a_prediction():
    page = make(preset="one-linear-unit", n_units=2)
    page.ask("predict")
    page.ask("reveal", values=[0.0] * 6)
    wanted = make(preset="one-linear-unit")
    assert page.frame["hidden"] == ["times"] and page.frame["tables"] == wanted.frame["tables"]
    for source in (page.view.stack.source, page.view.pieces.pieces, page.view.truncation.errors):
        for name, values in wanted.data(source).items():
            np.testing.assert_array_equal(page.data(source)[name], values, err_msg=name)


def test_moving_the_cursor_takes_no_differences_anew(monkeypatch):
    page, taken = make(), []
    known = results.moved
    monkeypatch.setattr(results, "moved", lambda *given: taken.append(given) or known(*given))
    page.set(W11=0.7)
    assert len(taken) == 1
    page.ask("cursor", t=3)
    assert len(taken) == 1
    page.set(W11=0.8)
    assert len(taken) == 2
