"""Numbers that add up: every equation on the page, worked out from what is written there."""

import re
from itertools import pairwise

import numpy as np
import pytest

from tests.lessons.vanishing.vanishing_oracle import PRESETS, blocks_at, make, model_at, terms, text, value


@pytest.mark.parametrize("preset", PRESETS)
def test_every_equation_on_the_page_holds(preset):
    page = make(preset=preset)
    for share in (0.0, 0.5, 1.0):
        t = max(1, round(share * page.model.n_steps))
        pairs = [pair for block in page.view.numbers(page.model, t) for pair in terms(block.lines)]
        assert len(pairs) >= (1 if preset in ("side-by-side", "rescaling") else 3), t
        for left, right in pairs:
            assert left == pytest.approx(right, rel=3e-3, abs=1e-12), t


@pytest.mark.parametrize("form", ["hidden", "cell"])
@pytest.mark.parametrize("n_units", [1, 3])
def test_step_block_gives_state_and_factor(form, n_units):
    page = make(form=form, n_units=n_units, activation="tanh", signal="constant", bias=0.2, w=0.7, n_steps=12)
    for t in (1, 5, 12):
        lines = [text(line) for line in page.view.numbers(page.model, t)[0].lines]
        sums = next(after for line, after in pairwise(lines) if re.match(r"[ac]1?\(", line))
        table = page.model.table()
        state = page.model.result.a[t - 1, 0]
        assert value(sums.split("=")[1]) == pytest.approx(state, rel=2e-3, abs=1e-3)
        shown = [line for line in lines if re.search(r"∂[hc]", line)] + [lines[-1]]
        last = shown[0].split("=")[-1] if n_units > 1 else shown[-1].split("=")[-1]
        assert value(last) == pytest.approx(table["factor"][t - 1], rel=1e-3)


def test_product_block_writes_few_factors_out_and_many_as_dots():
    page = make(preset="eq-12-35")
    lines = [text(line) for line in page.view.numbers(page.model, 17)[1].lines]
    assert value(lines[1].lstrip("= ")) == pytest.approx(value(lines[2].lstrip("= ")), rel=2e-3)
    assert "…" in text(page.view.numbers(page.model, 2)[1].lines[1])
    assert "-21.07" in text(page.view.numbers(page.model, 1)[1].lines[3])
    assert "empty product" in page.view.numbers(page.model, 20)[1].note


def test_sizes_beyond_the_range_of_floats_are_written_as_powers():
    page = make(n_steps=200, w=0.01)
    shown = " ".join(text(line) for line in page.view.numbers(page.model, 1)[1].lines)
    assert "10**-398.0" in shown
    assert "10⁻³⁹⁸" in page.model.sentence() and "10⁻³⁹⁸" in page.view.live(page.model, 1)["text"]["product"]


def test_descent_block_names_the_next_step():
    page = make(preset="loss-cliff", clip="true", descent_steps=24)
    after = model_at(preset="loss-cliff", clip="true", descent_steps=25).result.descents[0]
    lines = [text(line) for line in page.view.numbers(page.model, 1)[0].lines]
    assert value(lines[-2].split("=")[-1]) == pytest.approx(after.w[-1], abs=2e-3)
    assert value(lines[-1].split("=")[-1]) == pytest.approx(after.b[-1], abs=2e-3)


def test_rescaled_fifth_term_is_not_the_slides():
    blocks = blocks_at(1, preset="rescaling")
    lines = [text(line) for line in next(block for block in blocks if block.title == "Rescaling").lines]
    assert value(lines[1].lstrip("= ")) == 1.1111
    assert value(lines[2].split("=")[-1]) == pytest.approx(1e-4 / 1.1111, rel=2e-3)


def omega_lines(**arguments) -> str:
    blocks = blocks_at(3, **arguments)
    return " ".join(text(line) for block in blocks if block.title.startswith("Ω") for line in block.lines)


def test_omega_is_not_praised_where_no_error_arrives():
    assert "not defined: no error leaves" in omega_lines(activation="relu", w=2, bias=-2, n_steps=10)
    cut = omega_lines(w=0, n_steps=10)
    assert "t ≥ 9 = 1" in cut and "not defined from t = 8 back" in cut
    assert omega_lines(w=1, n_steps=10).endswith("sum over all t = 0")


def test_a_verdict_on_a_size_of_one_is_not_left_to_rounding():
    for seed in range(1, 6):
        notes = " ".join(block.note for block in blocks_at(1, preset="orthogonal", seed=seed))
        assert "is 1: no step can stretch" in notes and "must vanish" not in notes


def test_rounding_errors_are_shown_as_zero():
    blocks = blocks_at(1, preset="orthogonal")
    lines = " ".join(text(line) for block in blocks for line in block.lines if block.title.startswith(("Ω", "From")))
    assert "log₁₀ of its size = 0" in lines and not re.search(r"e-(1[2-9]|[2-9]\d)", lines)


def test_a_negative_exponent_promises_nothing_about_the_way_to_the_attractor():
    page = make(preset="basins")
    assert np.isnan(page.columns["log10_expected"]).all()
    block = page.view.numbers(page.model, 80)[-1]
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
    block = page.view.numbers(page.model, 1)[0]
    assert f"lag {horizon - 1}" in block.title and (f"run {horizon} steps" in block.note) == (horizon > 200)


def test_a_few_units_can_be_computed_by_hand():
    page = make(n_units=4, activation="tanh", signal="constant", bias=0.2, n_steps=12)
    lines = [text(line) for line in page.view.numbers(page.model, 7)[0].lines]
    received = sum(value(line.lstrip("=+ ")) for line in lines[1:5])
    assert received == pytest.approx(value(lines[5].lstrip("= ")), abs=2e-3)
    W = page.model.result.params.W
    rows = [text(line) for line in page.view.numbers(page.model, 7)[2].lines if "row" in text(line)]
    np.testing.assert_allclose([eval(row.split(": ")[1]) for row in rows], W, rtol=1e-3, atol=1e-4)
    assert repr(float(W[1, 2])) in page.model.script()
