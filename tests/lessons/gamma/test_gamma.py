"""The gamma page without a browser: its model, its view, and what its texts promise."""

import re

import numpy as np
import pytest
from bokeh.document import Document

from app.shell import address, export, lessons, tasks
from app.shell.page import Page
from engine import gamma
from lessons.gamma.model import Gamma
from lessons.gamma.view import GammaView

LESSON = lessons.load("gamma")
PRESETS = {preset.name: preset.values for preset in LESSON.presets}
SIGNALS = Gamma.param["signal"].objects
HIDDEN = ("a1", "a2", "last", "d", "a_learned", "e", "dF_da", "term")


def model_at(**values):
    model = Gamma()
    model.param.update(**values)
    return model


def page_at(**arguments):
    return Page(Gamma(), GammaView, Document(), {name: str(value) for name, value in arguments.items()})


def values_in(line):
    """The numbers in a line of HTML, powers of ten included."""
    text = re.sub(r"·10<sup>(.*?)</sup>", r"e\1", line)
    text = re.sub(r"<[^>]*>|&emsp;", "", text).replace("−", "-")
    return [float(found) for found in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def evaluated(line):
    """The value of a line such as `= 0.5·1 + (−0.5)·2`, worked out from what is printed."""
    text = re.sub(r"·10<sup>(.*?)</sup>", r"e\1", line)
    text = re.sub(r"<[^>]*>|&emsp;|=", "", text).translate(str.maketrans({"−": "-", "·": "*", "[": "(", "]": ")"}))
    return eval(text, {"__builtins__": {}})


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_applies_and_says_something(name):
    page = page_at(preset=name)
    assert page.notices == [] and page.model.preset == name
    for parameter, value in PRESETS[name].items():
        assert getattr(page.model, parameter) == value
    frame = page.frame()
    assert frame["sentence"] and frame["numbers"].count("<section>") >= 4
    assert not any(challenge["passed"] for challenge in frame["challenges"])


@pytest.mark.parametrize("challenge", LESSON.challenges, ids=lambda challenge: challenge.check)
def test_a_challenge_fails_at_the_start_and_passes_with_its_solution(challenge):
    page = page_at()
    assert not getattr(page.model, challenge.check)().passed
    page.solve(LESSON.challenges.index(challenge))
    assert getattr(page.model, challenge.check)().passed


@pytest.mark.parametrize(
    ("check", "solution", "change"),
    [
        ("reaches_mean_lag_twenty", 0, {"taps": 6}),
        ("reaches_mean_lag_twenty", 0, {"alpha": 0.3}),
        ("reaches_mean_lag_twenty", 0, {"alpha": 0.0}),
        ("reaches_mean_lag_twenty", 0, {"alpha": 2.0}),
        ("alternates_and_dies", 1, {"signal": "step"}),
        ("alternates_and_dies", 1, {"alpha": 0.9}),
        ("alternates_and_dies", 1, {"alpha": 1.95}),
        ("alternates_and_dies", 1, {"alpha": 2.0}),
        ("descent_arrives", 2, {"signal": "impulse"}),
        ("descent_arrives", 2, {"start_alpha": 0.5}),
        ("descent_arrives", 2, {"descent_steps": 0}),
        ("descent_arrives", 2, {"descent_steps": 31}),
        ("descent_arrives", 2, {"learning_rate": 0.01}),
    ],
)
def test_a_challenge_fails_when_one_condition_is_broken(check, solution, change):
    page = page_at()
    page.solve(solution)
    page.model.param.update(**change)
    verdict = getattr(page.model, check)()
    assert not verdict.passed and verdict.reason


def test_taps_of_a_step_are_those_worked_out_by_hand():
    model = model_at(signal="step", alpha=0.5, taps=2, n_steps=10)
    np.testing.assert_array_equal(model.table()["a1"][:5], [0, 1 / 2, 3 / 4, 7 / 8, 15 / 16])
    np.testing.assert_array_equal(model.table()["a2"][:5], [0, 0, 1 / 4, 1 / 2, 11 / 16])


def test_the_gradient_of_the_worked_example_is_708_thousandths():
    # The lesson's three steps, padded with zeros: x = 1 0 0, d = 0 1/2 1/4 come from alpha = 1/2. Over T steps the
    # error is e(t) = (1/2)^(t-1) - 0.8 * 0.2^(t-2) for t >= 2, so F has the closed form below.
    model = model_at(n_steps=200, target_alpha=0.5, start_alpha=0.8)

    def loss(alpha):
        total = 0.5**2 / (1 - 0.25) + alpha**2 / (1 - (1 - alpha) ** 2)
        return total - 2 * 0.5 * alpha / (1 - 0.5 * (1 - alpha))

    slope = (loss(0.8 + 1e-6) - loss(0.8 - 1e-6)) / 2e-6
    assert model.result.gradient.loss == pytest.approx(loss(0.8), rel=1e-12)
    assert model.result.gradient.dF_dalpha == pytest.approx(slope, rel=1e-7)
    assert model.central_difference() == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_script_computes_the_table_again(signal):
    model = model_at(
        signal=signal,
        n_steps=40,
        taps=4,
        alpha=0.37,
        seed=7,
        descent_steps=5,
        period=9,
        x=(0.5, -1.0, 0.25, 0.25, 0.25, 0.25),
    )
    names = {}
    exec(model.script(), names)
    table = model.table()
    assert list(names["table"]) == list(table)
    for column, values in table.items():
        np.testing.assert_array_equal(np.asarray(names["table"][column], dtype=float), values, err_msg=column)
    assert export.csv(model).splitlines()[0] == "t,x,a1,a2,a3,a4,d,a_learned,e,dF_da,term"
    assert len(export.csv(model).splitlines()) == 41


def test_sunspots_are_the_last_years_and_named():
    from engine import series

    model = model_at(signal="sunspots", n_steps=10)
    numbers = series.sunspots()[1]
    order = np.argsort(model.result.x)
    np.testing.assert_array_equal(order, np.argsort(numbers[-10:]))
    assert np.abs(model.result.x).max() <= 1
    assert "from 1999 to 2008" in model.sentence()


@pytest.mark.parametrize("preset", ["learn-alpha", "impulse", "sunspots", "alternating"])
@pytest.mark.parametrize("t", [1, 2, 9, 12])
def test_the_printed_numbers_add_up(preset, t):
    page = page_at(preset=preset, descent_steps=2)
    blocks = {block.title.split(" ")[0]: block for block in page.view.numbers(t)}
    first = page.view.numbers(t)[0].lines
    result = values_in(first[2].split("=")[-1])[0]
    assert evaluated(first[1]) == pytest.approx(result, rel=2e-3, abs=1e-9)
    assert evaluated(first[2].rsplit("=", 1)[0]) == pytest.approx(result, rel=2e-3, abs=1e-9)
    learning = blocks["Learning"].lines
    for terms, total in ((3, 4), (6, 7), (9, 10)):
        assert evaluated(learning[terms]) == pytest.approx(values_in(learning[total])[0], rel=5e-3, abs=1e-6)
    rest = page.model.result.gradient.terms[t - 1 :].sum()
    assert values_in(learning[-1])[-1] == pytest.approx(rest, rel=1e-3, abs=1e-9)


def test_the_gradient_block_compares_with_a_difference_of_losses():
    page = page_at(preset="learn-alpha", descent_steps=3)
    block = next(block for block in page.view.numbers(4) if block.title == "All steps together")
    total, measured = values_in(block.lines[0])[-1], values_in(block.lines[1])[-1]
    assert total == pytest.approx(measured, rel=1e-4)
    assert values_in(block.lines[4])[0] == pytest.approx(evaluated(block.lines[3]), rel=1e-3)
    following = page_at(preset="learn-alpha", descent_steps=4).model
    assert values_in(block.lines[4])[0] == pytest.approx(following.reached, rel=1e-3)


def test_the_sentence_follows_the_state():
    said = {model_at(alpha=alpha).sentence() for alpha in (0, 0.1, 0.5, 1.0, 1.6, 2.0)}
    assert len(said) == 6
    words = "halves every 6.58 steps and is below 1 % after 44; tap 3 looks back 30 steps"
    assert words in model_at(alpha=0.1).sentence()
    assert "turns the sign" in model_at(alpha=1.6).sentence()
    model = model_at(signal="noise", descent_steps=3)
    assert "After 3 steps of descent" in model.sentence()


def test_explain_names_the_values_of_the_step_before():
    model = model_at(signal="step", alpha=0.5, taps=1, n_steps=12)
    assert model.explain("a", 3) == "a(3) = α·x(2) + (1 − α)·a(2) = 0.5·1 + 0.5·0.5 = 0.75."
    assert "before step 1" in model.explain("a", 1)


def test_a_prediction_is_hidden_then_scored():
    page = page_at()
    page.predict()
    page._update()
    shown = page.view.stack.source.data
    for column in HIDDEN:
        assert np.isnan(shown[column]).all(), column
    assert np.isfinite(shown["x"]).all()
    for source in (page.view.lines, page.view.dots, page.view.leaks):
        assert not any(len(column) for column in source.data.values())
    frame = page.frame()
    assert frame["numbers"] == "" and frame["sentence"] == ""
    assert frame["live"]["text"]["a1.value"] == "?" and "a1" not in frame["live"]["level"]
    assert {"memory", "learning", "recursion", "leak"} <= set(frame["hidden"])
    page.reveal([0, 0.5, 0.75, 0.8] + [1.0] * 8)
    assert page.score["step"] == 4 and "0.875" in page.score["text"]
    page._update()
    assert page.frame()["hidden"] == [] and np.isfinite(page.view.stack.source.data["a1"]).all()
    truth = tasks.score_prediction(page.model, "a", 0.05, [1 - 0.5**k for k in range(12)])
    assert truth["right"] == truth["total"] == 12


@pytest.mark.parametrize(
    "arguments",
    [
        {"alpha": 0},
        {"alpha": 0, "taps": 10, "n_steps": 10},
        {"alpha": 2, "taps": 10, "n_steps": 200},
        {"alpha": 1, "taps": 10, "n_steps": 10},
        {"alpha": 0.01, "taps": 10},
        {"alpha": 1.99, "taps": 10, "n_steps": 200},
        {"alpha": 2, "taps": 1, "signal": "square", "period": 2, "start_alpha": 2, "n_steps": 200},
        {"signal": "sunspots", "learning_rate": 5, "descent_steps": 200, "start_alpha": 2, "n_steps": 200},
        {"target_alpha": 2, "start_alpha": 0, "signal": "noise", "learning_rate": 5, "descent_steps": 200},
        {"signal": "drawn", "x": "0*12"},
    ],
)
def test_extreme_corners_are_drawn_or_explained(arguments):
    page = page_at(**arguments)
    assert page.notices == []
    frame = page.frame()
    view = page.view
    for column, values in view.stack.source.data.items():
        assert np.isfinite(values).all() or column == "a2", column
    drawn = {"a1", "last", "d", "a_learned", "e", "dF_da", "term"}
    beyond = any(np.abs(values).max() > 1e6 for name, values in page.model.table().items() if name[0] == "a")
    assert any("clipped" in notice for notice in frame["notices"]) or not beyond
    assert drawn <= set(view.stack.source.data)
    for source in (view.lines, view.dots, view.leaks, view.curve, view.path):
        lengths = {len(column) for column in source.data.values()}
        assert len(lengths) == 1
    assert np.isfinite(np.concatenate(view.lines.data["responses"])).all()
    for strip in (strip for card in view.cards for strip in card.strips):
        limits = strip.plot.y_range
        assert np.isfinite([limits.start, limits.end]).all() and limits.start < limits.end


def test_a_growing_line_is_explained_by_its_factor():
    page = page_at(alpha=2, taps=10, n_steps=200)
    notice = next(notice for notice in page.frame()["notices"] if "clipped" in notice)
    assert "1 − α = −1" in notice and "size 1" in notice
    step = int(re.search(r"t = (\d+)", notice)[1])
    taps = page.model.result.taps
    assert np.abs(taps[step - 1]).max() > 1e6 >= np.abs(taps[: step - 1]).max()


def test_drawing_starts_from_the_signal_shown():
    page = page_at(preset="sunspots", n_steps=50)
    before = page.model.result.x.copy()
    page.edit("x", {"3": 0.777})
    assert page.model.signal == "drawn"
    expected = before.copy()
    expected[2] = 0.78
    np.testing.assert_allclose(page.model.result.x, expected, atol=5.1e-4)


def test_the_address_restores_a_drawn_signal():
    page = page_at(preset="learn-alpha", n_steps=30)
    page.edit("x", {"5": -1})
    query = dict(part.split("=") for part in address.query(page.model, page.presets).split("&"))
    again = page_at(**query)
    assert again.notices == []
    np.testing.assert_array_equal(again.model.result.x, page.model.result.x)


def test_pictures_hold_what_the_formulas_say():
    page = page_at(alpha=0.25, taps=5, signal="impulse", n_steps=60)
    lines = page.view.lines.data
    np.testing.assert_allclose(lines["depth"], [4, 8, 12, 16, 20])
    np.testing.assert_allclose(lines["pole"], 0.75)
    np.testing.assert_allclose([gain[0] for gain in lines["gains"]], 1)
    np.testing.assert_allclose([gain[-1] for gain in lines["gains"]], (0.25 / 1.75) ** np.arange(1, 6))
    # lag 1 and lag 2 of tap 1 and tap 2, from C(t-1, k-1) alpha^k (1-alpha)^(t-k)
    np.testing.assert_allclose(
        [lines["responses"][0][1], lines["responses"][0][2], lines["responses"][1][2]], [0.25, 0.1875, 0.0625]
    )
    leaks = page.view.leaks.data
    np.testing.assert_allclose(leaks["solid"], 1 - 0.75 ** np.arange(1, 32))
    np.testing.assert_allclose(leaks["dashed"], 1 - 0.25 ** np.arange(1, 32))


def test_only_the_lowest_plot_carries_the_time_axis():
    for arguments, lowest in (({"taps": 1}, "a1"), ({"taps": 2}, "a2"), ({"taps": 1, "delay_line": "true"}, "delay1")):
        view = page_at(**arguments).view
        shown = [strip for strip in view.cards[0].strips if strip.plot.visible]
        assert shown[-1].name == lowest
        assert [strip.name for strip in shown if strip.plot.below[0].visible] == [lowest]


def test_the_presets_notes_tell_the_truth():
    page = page_at(preset="learn-alpha")
    path = page.model.result.descent.alpha
    first = int(np.flatnonzero(np.abs(path - 0.3) < 0.01)[0])
    assert f"after {first} steps" in next(preset.note for preset in LESSON.presets if preset.name == "learn-alpha")
    assert model_at(**dict(PRESETS["unstable-edge"])).table()["a2"][39] == -152
    gain = np.abs(gamma.frequency_response(0.3, [2 * np.pi / 11]))[0, 0]
    assert round(100 * gain) == 54 and round(100 * gain**3) in (15, 16)


def test_every_tap_has_a_line_in_the_stack():
    view = page_at(alpha=0.5, taps=4, signal="impulse", n_steps=30).view
    drawn = [renderer.glyph.ys for renderer in view.a2.plot.renderers if hasattr(renderer.glyph, "ys")]
    assert drawn == ["further"]
    further = view.lines.data["further"]
    assert np.isnan(further[0]).all() and np.isnan(further[1]).all()
    # an impulse at step 1 reaches tap 3 at lag 3 and tap 4 at lag 4, that is at steps 4 and 5
    assert further[2][3] == 0.5**3 and further[3][4] == 0.5**4
    np.testing.assert_array_equal(view.lines.data["delayed"][3], np.eye(30)[4])


def test_beyond_one_nothing_is_called_an_average():
    # a slow wave leaves tap k with the group delay k/alpha: minus the slope of the phase at frequency 0
    omega = 1e-5
    phase = np.angle(gamma.frequency_response(1.6, [omega], taps=3))[0, 2]
    words = model_at(alpha=1.6).sentence()
    assert "on average" not in words and f"a slow wave leaves tap 3: {round(-phase / omega, 2)} steps" in words
    assert "keeps 10 % of what it holds per step" in model_at(alpha=0.9).sentence()
    # 0.1 ** 2 is 1 %, not below
    assert "below 1 % after 3" in model_at(alpha=0.9).sentence()
    assert "below 1 % after 7" in model_at(alpha=0.5).sentence()


def test_a_gradient_of_zero_is_compared_by_its_difference():
    for arguments in ({"signal": "noise", "start_alpha": 0.3}, {"signal": "drawn", "x": "0*12"}):
        block = page_at(**arguments).view.numbers(4)[-2]
        assert block.title == "All steps together"
        assert "The difference is" in block.note and values_in(block.note)[-2] < 1e-6
    assert "The relative difference is" in page_at(preset="learn-alpha").view.numbers(4)[-2].note


def test_the_learning_block_tells_the_two_alphas_apart():
    page = page_at(preset="learn-alpha", descent_steps=3, alpha=0.25)
    block = next(block for block in page.view.numbers(4) if block.title.startswith("Learning"))
    shown = [*values_in(block.lines[0]), *values_in(block.lines[1])]
    assert shown == [pytest.approx(page.model.reached, rel=1e-3), 0.25] and shown[0] != shown[1]
    following = page.model.result.gradient.output[3]
    assert values_in(block.lines[3])[-1] == pytest.approx(following, rel=1e-5)


def test_greys_of_all_taps_compare():
    page = page_at(alpha=0.5, taps=3, signal="impulse")
    # 1/2 at tap 1 is the largest; at step 4 the taps hold 1/8, 1/4 and 1/8
    assert page.view.live(4)["level"] == {"x": 0, "a1": 0.25, "a2": 0.5, "a3": 0.25}


def test_the_circle_is_round():
    plot = page_at().view.pole.plot
    across = plot.frame_width / (plot.x_range.end - plot.x_range.start)
    assert across == pytest.approx(plot.frame_height / (plot.y_range.end - plot.y_range.start), rel=0.01)
    assert plot.sizing_mode is None


def test_the_unit_that_keeps_alpha_is_drawn_where_it_grows():
    for alpha in (0.25, 1.1, 1.5, 2.0):
        view = page_at(alpha=alpha).view
        # h = alpha h + (1 - alpha) answers a step with 1 - alpha^(n+1)
        expected = 1 - alpha ** np.arange(1, 32)
        limits, dashed = view.leak.plot.y_range, view.leaks.data["dashed"]
        seen = expected > limits.start
        assert seen.sum() >= 2
        np.testing.assert_allclose(dashed[seen], expected[seen])
        assert (dashed[~seen] < limits.start).all()


def test_values_up_to_the_limit_are_in_view():
    page = page_at(alpha=2, taps=4, n_steps=60)
    taps = page.model.result.taps
    assert 5e4 < np.abs(taps).max() < 1e6
    limits = page.view.a2.plot.y_range
    assert limits.start < taps[:, 1:].min() and taps[:, 1:].max() < limits.end


def test_the_range_does_not_give_a_prediction_away():
    ranges = set()
    for x in ("1*12", "-1*12", "0*12"):
        page = page_at(signal="drawn", x=x)
        page.predict()
        page.model.param.update(signal="drawn", x=page.model.param["x"].decode(x))
        page._update()
        ranges.add((page.view.a1.plot.y_range.start, page.view.a1.plot.y_range.end))
    assert len(ranges) == 1 and min(ranges)[0] < -1 < 1 < min(ranges)[1]


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_period_is_idle_unless_it_does_something(signal):
    page = page_at(signal=signal)
    before = page.model.result.x.copy()
    page.model.period = 7
    assert (page.view.idle_controls() == {"period"}) == np.array_equal(before, page.model.result.x)
