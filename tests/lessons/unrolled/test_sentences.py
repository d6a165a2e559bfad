"""The sentences that the page on the unrolled network makes up, over random states and at the edges of their cases."""

import re

import numpy as np
import pytest

from app.parts.numbers import plain
from app.parts.ranges import LIMIT
from lessons.unrolled import checks, numbers, truncation_chart, weight_table
from lessons.unrolled.model import Unrolled
from lessons.unrolled.weights import PLACES, SHARED
from tests.lessons.unrolled.unrolled_oracle import FUNCTIONS, derivative, model_at

NUMBER = r"(−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"
ZERO = dict.fromkeys(PLACES, 0.0)


def value_of(text):
    mantissa, _, exponent = text.replace("−", "-").partition("·10")
    raised = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{mantissa}e{raised}") if exponent else float(mantissa)


def found(pattern, text):
    match = re.search(pattern.replace("#", NUMBER), text)
    return match and tuple(value_of(group) for group in match.groups())


def set_to(**values):
    model = Unrolled()
    model.param.update(**values)
    return model


def linear(x, d, **values):
    """One linear unit with an error at the last step."""
    given = ZERO | {"U1": 1.0, "W11": 0.5, "b1": 0.0, "h01": 0.0} | values
    targets = (0.0,) * (len(x) - 1) + (d,)
    settings = {
        "n_units": 1,
        "n_steps": len(x),
        "activation": "identity",
        "x": tuple(x),
        "d1": targets,
        "weight": "W11",
    }
    return set_to(**settings | given)


def random_states(count=100):
    rng = np.random.default_rng(5)
    for _ in range(count):
        n, T = int(rng.integers(1, 5)), int(rng.choice([1, 2, 3, 6, 20]))
        scale = rng.choice([0.3, 1.0, 3.0])
        weights = {
            name: round(float(w), 2) for name, w in zip(PLACES, rng.uniform(-scale, scale, len(PLACES)), strict=True)
        }
        weights |= {name: 0.0 for name in weights if rng.random() < 0.2}
        sequences = {
            name: tuple(np.round(rng.uniform(-2, 2, T), 1) * (rng.random(T) < 0.7))
            for name in ("x", "d1", "d2", "d3", "d4")
        }
        yield weights | {name: tuple(map(float, values)) for name, values in sequences.items()} | {
            "n_units": n, "n_steps": T, "cursor": int(rng.integers(1, 2 * T + 1)), "window": int(rng.integers(1, 21)),
            "activation": str(rng.choice(list(FUNCTIONS))), "loss_at": str(rng.choice(["last step", "every step"])),
            "output_layer": bool(rng.random() < 0.3),
            "weight": str(rng.choice([w for w in SHARED if int(max(w[1:])) <= n])),
        }  # fmt: skip


def all_said(model):
    r, step = model.result, model.at
    three = [
        getattr(checks, name)(model, r).reason
        for name in ("first_beats_last", "total_zero_terms_not", "smallest_window")
    ]
    notes = [block.note for block in numbers.blocks(model, r, step)]
    html = [truncation_chart.words(model, r), weight_table.html(model, r, model.compared()).rpartition("</table>")[2]]
    table = [re.sub("<[^>]+>", "", text) for text in html]
    return [model.sentence(), model.explain("share", step), model.divergence(1), *three, *notes, *table]


@pytest.mark.parametrize(
    "values", list(random_states()), ids=lambda v: f"{v['activation']} {v['n_units']}x{v['n_steps']}"
)
def test_no_sentence_is_broken_or_contradicts_another(values):
    model = set_to(**values)
    said = all_said(model)
    for text in said:
        assert not re.search(r"nan|not a number|inf|∞|−0(?![.\d])|\d[+/·] *−|--| = (\S+) = \1[ .;]", text), text
    sentence, name = said[0], model.chosen
    terms = np.array([derivative(model, name, copy) for copy in range(1, model.n_steps + 1)])
    largest = np.abs(terms).max()
    assert ("No copy contributes" in sentence) == (largest == 0), sentence
    check_shares(model, sentence, terms)
    check_both_ways(sentence, terms)
    check_windows(model, said, terms.sum())
    check_reasons(model, sentence)


def check_shares(model, sentence, terms):
    shares = np.abs(terms) / (np.abs(terms).sum() or 1)
    if "contributes 100 %" in sentence:
        assert (shares > 0).sum() == 1
    for said in re.findall(rf"[Cc]opy (\d+) contributes {NUMBER} %", sentence):
        assert value_of(said[1]) == pytest.approx(100 * shares[int(said[0]) - 1], rel=6e-2)
    nothing = re.search(r"copy (\d+) nothing", sentence)
    assert not nothing or shares[int(nothing[1]) - 1] == 0
    both = found(r"contributes # % .* the least, # %", sentence)
    assert not both or both[0] > both[1]


def check_both_ways(sentence, terms):
    leave = found(r"both ways: # and # leave #", sentence)
    if leave:
        up, down, total = leave
        assert min(up, -down) >= 1e-3 * max(up, -down) and up != -down and total != 0
        assert up + down == pytest.approx(total, abs=1e-3 * max(up, -down)) and total == pytest.approx(
            terms.sum(), rel=1e-3
        )
    if "cancel" in sentence:
        assert abs(terms.sum()) < 1e-11 * np.abs(terms).sum()


def check_windows(model, said, total):
    cut = found(r"window of \d+ the sum would be #", said[0])
    assert not cut or plain(total) != plain(cut[0])
    instead = found(r"= #\s*instead of #", said[-2])
    assert not instead or instead[0] != instead[1]


def check_reasons(model, sentence):
    r, unit = model.result, model.unit
    if "slope f′(a(t)) of its unit is 0" in sentence:
        assert not r.slope[r.copies.dF_dh[:, unit] != 0, unit].any() and r.copies.dF_dh[:, unit].any()
    if "what enters through it is 0" in sentence:
        array, column = model.chosen[0], int(model.chosen[-1]) - 1
        entering = {"W": r.before[:, column], "U": r.x, "b": np.ones(model.n_steps)}[array]
        assert not entering[r.copies.dF_da[:, unit] != 0].any() and r.copies.dF_da[:, unit].any()
    passes = re.search(r"At copy (\d+) .*: (nothing|almost nothing|little) passes", sentence)
    if passes:
        k = int(passes[1]) - 1
        factor = np.linalg.norm(r.slope[k][:, None] * r.weights["W"], 2)
        bounds = {"nothing": (0, 0), "almost nothing": (0, 0.03), "little": (0.03, 0.1)}
        low, high = bounds[passes[2]]
        assert low <= factor <= high


# Each place at which a sentence changes: equal, just above, just below.
@pytest.mark.parametrize("other", [-2e-5, -2.1e-3, -0.3, -1.0, -1.00001, -1 + 1e-13])
def test_terms_that_pull_both_ways(other):
    # two terms: -2 e h(1) of copy 2, and -2 e W h(0) of copy 1, where h(1) = h(0) = 0.5
    model = linear([0.5 * (1 - other), 0.0], 1.0, h01=0.5, W11=other)
    first, last = (derivative(model, "W11", copy) for copy in (1, 2))
    assert first / last == pytest.approx(other, rel=1e-9)
    check_both_ways(model.sentence(), np.array([first, last]))
    assert ("leave" in model.sentence()) == (abs(other) >= 1e-3 and abs(other + 1) > 1e-12)
    small = found(r"only # pulls the other", model.sentence())
    assert small is None or abs(small[0]) == pytest.approx(min(abs(first), abs(last)), rel=1e-3)


def test_a_copy_with_nearly_all_has_not_a_hundred_percent_and_the_rest():
    for share in (0.9, 0.994, 0.9951, 0.9999, 1 - 1e-12, 1 - 1e-17):
        # terms -2 e h(1) and -2 e W h(0), with h(1) = 1
        first = (1 - share) / share
        model = linear([1 - first, 0.0], 2.0, W11=0.5, h01=2 * first)
        said = model.sentence()
        assert "100 %" not in said or first == 0, said
        for steps in (3, 6):
            longer = linear([2.0] * steps, 1.0, W11=(1 - share) or 1e-30)
            assert "100 %" not in longer.sentence() or (longer.result.shares() > 0).sum() == 1


def test_shares_that_look_equal_are_not_set_against_each_other():
    model = linear([1.0, 0.0, 0.0, 0.0], 1.0, W11=0.5)
    assert "3 copies contribute 33 %" in model.sentence() and "1 copy nothing" in model.sentence()
    model.x = (1.0, 1e-4, 0.0, 0.0)
    shares = model.result.shares()
    assert np.ptp(shares[1:]) > 1e-6
    assert "about 33 %" in model.sentence() or "the least" not in model.sentence()


def test_a_term_too_small_for_the_machine_is_not_nothing():
    model = set_to(**ZERO | dict.fromkeys(SHARED, 3.0) | {
        "n_units": 4, "n_steps": 20, "activation": "tanh", "x": (2.0,) * 20, "h01": 1.0, "d1": (0.5,) * 20,
        "window": 20, "weight": "W11", "cursor": 40,
    })  # fmt: skip
    assert model.result.terms()[0] == 0 and model.result.terms()[-1] != 0  # tanh' is never 0
    assert "practically nothing" in model.sentence()
    assert "too small" in model.explain("share", 1) and "too small" not in model.explain("share", 20)


def test_no_error_or_no_slope_where_it_counts():
    # relu, off at the last step only: the slope of copy 1 is 1, but no error arrives there
    model = linear([1.0, -2.0], 1.0, W11=0.5)
    model.activation = "relu"
    assert model.result.slope[:, 0].tolist() == [1, 0]
    said = model.sentence()
    assert "No copy contributes" in said and "in all of them" not in said
    check_reasons(model, said)
    # an error that unit 2 alone has, with nothing that leads to it
    model = set_to(**ZERO | {"n_units": 2, "n_steps": 2, "activation": "identity", "d2": (0.0, 1.0), "weight": "W11"})
    assert "no error arrives at its unit" in model.sentence()


@pytest.mark.parametrize(("slope", "W", "said"), [
    (0.0999, 3.0, ""), (0.0999, 1.0, "little"), (0.1001, 1.0, ""), (0.0299, 1.0, "almost nothing"),
    (0.0301, 1.0, "little"), (0.05, 0.0, ""),
])  # fmt: skip
def test_little_passes_only_where_the_weights_do_not_make_up_for_it(slope, W, said):
    h = np.sqrt(1 - slope)
    # a(2) = 3 x(2) + W h(1) with h(1) = 0
    model = linear([0.0, float(np.arctanh(h)) / 3], 0.5, W11=W, h01=0.0, U1=3.0)
    model.activation = "tanh"
    assert model.result.slope[1, 0] == pytest.approx(slope)
    check_reasons(model, model.sentence() + " ")
    assert ("At copy 2" in model.sentence()) == bool(said) and f": {said}" in model.sentence() + ": "


def test_a_gradient_can_grow_where_the_states_do_not():
    weights = {f"W{i}{j}": 3.0 for i in range(1, 5) for j in range(1, 5)}
    model = set_to(**ZERO | weights | {"n_units": 4, "n_steps": 20, "activation": "tanh", "d1": (1.0,) * 20})
    assert np.abs(model.result.bptt.dF_dh).max() > LIMIT and np.abs(model.result.run.h).max() == 0
    assert "Nothing limits these units" not in model.divergence(1) and "by up to 12" in model.divergence(1)
    model.activation = "logistic"
    assert "by up to 3" in model.divergence(1)
    model.activation = "identity"
    assert "Nothing limits these units" in model.divergence(1)
    # an integrator: no copy makes anything larger, but everything adds up
    model = linear([2.0] * 20, -2.0, W11=1.0, U1=3.0, b1=3.0)
    model.loss_at = "every step"
    assert np.abs(model.table()["sum"]).max() > LIMIT
    assert "add up" in model.divergence(1) and "multiply" not in model.divergence(1)


def test_the_copy_with_the_largest_gradient_is_named_only_where_it_is_so():
    for values in random_states(30):
        model = set_to(**values | {"n_units": 4, "n_steps": 20, "activation": "identity"})
        if "copy 1 has the largest" in model.divergence(1):
            assert np.abs(model.result.bptt.dF_dh).max(axis=1).argmax() == 0


def test_two_terms_that_are_compared_are_not_printed_alike():
    for h0 in (1.5, 1.0 + 1e-7, 1.0 - 1e-7):
        # identity with W = 1: terms -2 e h(0) and -2 e h(3)
        model = linear([1e-7, 0.0, 0.0, 0.0], 2.0, W11=1.0, h01=h0)
        check = model.first_beats_last()
        first, last = found(r"contributes #, copy 4 #", check.reason)
        assert check.passed == (abs(first) > abs(last))
    model = linear([0.0] * 4, 1e-9, W11=1.0, h01=1e-9)
    assert "neither may be 0" in model.first_beats_last().reason
    model = linear([0.0] * 4, 1.0, W11=1.0, h01=1e-10)
    first = found(r"contributes #", model.first_beats_last().reason)[0]
    assert first != 0 and "may be 0." not in model.first_beats_last().reason


def test_windows_are_compared_as_they_are_printed():
    for values in random_states(30):
        model = set_to(**values | {"n_steps": 12})
        totals = model.result.truncated()
        good = [f"{total:.2e}" == f"{totals[-1]:.2e}" for total in totals]
        for window in (3, 9):
            model.window = window
            check = model.smallest_window()
            shown = re.search(rf"gives {NUMBER}, all copies {NUMBER}", check.reason)
            if not shown:
                continue
            assert (shown[1] == shown[2]) == good[window - 1], check.reason
            if shown[1] == shown[2] and not check.passed:
                assert "smaller window does too" in check.reason or "luck" in check.reason
            if "luck" in check.reason:
                assert not all(good[window - 1 :])


def test_a_window_that_gives_a_total_by_luck_is_told_so():
    for values in random_states(300):
        model = set_to(**values | {"n_steps": 12, "activation": "tanh"})
        good = [f"{total:.2e}" == f"{model.result.truncated()[-1]:.2e}" for total in model.result.truncated()]
        wrong = [k for k, same in enumerate(good) if not same]
        if wrong and any(good[: wrong[-1]]):
            model.window = good.index(True) + 1
            check = model.smallest_window()
            assert not check.passed and f"luck: a window of {wrong[-1] + 1} does not" in check.reason
            return
    raise AssertionError("no state has such a window")


def test_an_explanation_says_nothing_twice():
    model = model_at(preset="one-linear-unit", weight="b1")
    assert re.search(r"contributes s₁\(3\) = −0.2422; ", model.explain("share", 3))
    model = linear([1.0, -2.0], 1.0)
    model.loss_at = "every step"
    assert all(not re.search(r"·−", model.explain("share", step)) for step in (1, 2))
    model = linear([0.0, 0.0], 0.0)
    assert "all terms are 0" in model.explain("share", 1)
