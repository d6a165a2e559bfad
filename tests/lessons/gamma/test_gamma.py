"""The gamma lesson's model: what its presets, challenges and sentences promise."""

import numpy as np
import pytest

from app.shell import export, lessons
from engine import gamma, series
from lessons.gamma.model import Gamma
from tests.app.pages import Opened
from tests.lessons import plain

LESSON = lessons.load("gamma")
PRESETS = LESSON.preset_values
SIGNALS = Gamma.param["signal"].objects


def model_at(**values):
    model = Gamma()
    model.param.update(**values)
    return model


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_applies_and_says_something(name):
    page = Opened("gamma", preset=name)
    assert page.reader.actions.notices == [] and page.model.preset == name
    for parameter, value in PRESETS[name].items():
        assert getattr(page.model, parameter) == value
    frame = page.frame
    assert frame["sentence"] and frame["numbers"].count("<section>") >= 4
    assert [challenge["passed"] for challenge in frame["challenges"]] == [False] * 3


@pytest.mark.parametrize("challenge", LESSON.challenges, ids=lambda challenge: challenge.check)
def test_a_challenge_fails_at_the_start_and_passes_with_its_solution(challenge):
    page = Opened("gamma")
    assert not getattr(page.model, challenge.check)().passed
    page.ask("solve", challenge=LESSON.challenges.index(challenge))
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
    page = Opened("gamma")
    page.ask("solve", challenge=solution)
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
    plain.assert_computed_again(model)
    assert export.csv(model).splitlines()[0] == "t,x,a1,a2,a3,a4,d,a_learned,e,dF_da,term"
    assert len(export.csv(model).splitlines()) == 41


def test_sunspots_are_the_last_years_and_named():
    model = model_at(signal="sunspots", n_steps=10)
    numbers = series.sunspots()[1]
    order = np.argsort(model.result.x)
    np.testing.assert_array_equal(order, np.argsort(numbers[-10:]))
    assert np.abs(model.result.x).max() <= 1
    assert "from 1999 to 2008" in model.sentence()


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


def test_the_presets_notes_tell_the_truth():
    page = Opened("gamma", preset="learn-alpha")
    path = page.model.result.descent.alpha
    first = int(np.flatnonzero(np.abs(path - 0.3) < 0.01)[0])
    assert f"after {first} steps" in next(preset.note for preset in LESSON.presets if preset.name == "learn-alpha")
    assert model_at(**dict(PRESETS["unstable-edge"])).table()["a2"][39] == -152
    gain = np.abs(gamma.frequency_response(0.3, [2 * np.pi / 11]))[0, 0]
    assert round(100 * gain) == 54 and round(100 * gain**3) in (15, 16)


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
