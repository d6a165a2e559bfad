"""The numbers that the lesson says, from slow loops, exact fractions, and trainings from 20 starts."""

from fractions import Fraction

import numpy as np
import pytest

from app.shell import lessons
from engine import distributed, focused, series
from lessons.delay_lines import training
from lessons.delay_lines.training import STAGES, Settings, train
from tests import naive, naive_lines
from tests.app.pages import model_at
from tests.lessons.promises import keeps, needs_none

LESSON = lessons.load("delay_lines")
X = [Fraction(value) for value in model_at("delay_lines", preset="sliding-window").input()]
SEEDS = range(1, 21)
U = [[1, -1, 0], [-1, 1, 0]]
DISTRIBUTED, DEPTH, WINDOW = (
    "text Distributed delays are a convolution", "text Depth against resolution", "text What no window can do",
)  # fmt: skip


def trained(preset, seed, **changes):
    """The training of a preset from another start."""
    settings = model_at("delay_lines", preset=preset).settings
    return train(settings._replace(seed=seed, **changes))


def shares(contest):
    """What the tapped and the gamma line leave of the error of guessing, on the test steps where there are any."""
    data = contest.data
    counted = data.test if data.test.any() else data.train
    tapped, gamma, _ = training.outputs(contest, STAGES)
    guess = data.d[counted].var()
    return [((data.d - run.y[:, 0])[counted] ** 2).mean() / guess for run in (tapped, gamma)]


def window(t, taps=3):
    return naive_lines.delayed_row([[value] for value in X], t - 1, range(1, taps + 1))


@keeps("delay_lines", "example 1", "5", "1", "0")
@keeps("delay_lines", "example 2", "11", "1", "0.5", "1.5", "0")
@keeps("delay_lines", "example 3", "11", "1", "0.5", "0", "1.5")
def test_the_change_detector_by_hand():
    page = model_at("delay_lines", preset="sliding-window")
    assert window(5)[:2] == [1, 0] and window(11) == [-1, Fraction(1, 2), Fraction(1, 2)]
    for t, nets in ((5, [1, -1]), (11, [Fraction(-3, 2), Fraction(3, 2)])):
        a, h, y = naive_lines.static_net(window(t), U, [0, 0], [[1, 1]], [0], lambda a: max(a, 0))
        assert a == nets and h == [max(a, 0) for a in nets]
        assert page.result.run.a[t - 1].tolist() == a and page.result.run.y[t - 1].tolist() == y
    assert [step.cursor for step in LESSON.example[:3]] == [5, 11, 11]
    assert page.result.params.U.tolist() == U
    matrix = model_at("delay_lines", preset="p12-1").result.run.columns
    assert matrix[10].tolist() == window(11)


@keeps("delay_lines", "predict", "2")
@pytest.mark.parametrize("taps", range(2, 9))
def test_the_net_says_how_far_x_has_moved(taps):
    y = model_at("delay_lines", preset="sliding-window", taps=taps).trace("y")
    x = [0, 0, *X]
    assert y.tolist() == [abs(x[t + 1] - x[t]) for t in range(24)]


@keeps("delay_lines", "preset e12-1", "1", "2", "0")
@keeps("delay_lines", "example 4", "2", "0", "1", "10", "1.5", "0.5", "3")
def test_the_distributed_network_by_hand():
    page = model_at("delay_lines", preset="e12-1")
    x = [0] * 4 + X
    moved = [abs(x[t + 4 - j] - x[t + 3 - j]) for t in range(24) for j in range(3)]
    assert page.trace("y").tolist() == [sum(moved[3 * t : 3 * t + 3]) for t in range(24)]
    assert moved[27:30] == [Fraction(3, 2), 0, Fraction(1, 2)] and page.trace("y")[9] == 2
    assert [layer.delays for layer in page.result.layers] == [(0, 1), (0, 1, 2)]
    assert page.result.field == (0, 1, 2, 3)


@keeps("delay_lines", "example 5", "0.4", "1", "3", "0.6", "0.24", "2", "0.16")
def test_the_gamma_line_by_hand():
    alpha = Fraction(2, 5)
    rows = naive_lines.gamma_row([[1], [0], [0]], alpha, 2)
    assert rows[2] == [Fraction(24, 100), Fraction(16, 100)] == [(1 - alpha) * alpha, alpha * alpha]
    np.testing.assert_allclose(model_at("delay_lines", preset="fig-12-4").result.taps[2, :2], [0.24, 0.16])


@keeps("delay_lines", "preset fig-12-4", "7.5")
@keeps("delay_lines", "preset depth", "20")
@keeps("delay_lines", "quiz 2", "1", "0.5")
def test_how_far_back_the_gamma_lines_look():
    for alpha, taps, depth in ((Fraction(2, 5), 3, 7.5), (Fraction(1, 4), 5, 20), (Fraction(1, 2), 3, 6), (1, 3, 3)):
        kernel = [naive.gamma_impulse(alpha, lag, taps) for lag in range(1, 300)]
        assert float(sum(lag * g for lag, g in enumerate(kernel, 1)) / sum(kernel)) == pytest.approx(depth)
    profile = model_at("delay_lines", preset="fig-12-4").result.profile
    assert profile[:3] == pytest.approx((7.5, 0.4, 3))


@pytest.mark.parametrize("kernel", ["delay", "gamma", "laguerre", "average"])
@pytest.mark.parametrize(("taps", "alpha"), [(1, 0.05), (8, 0.05), (5, 0.25), (8, 1.0)])
def test_all_recalls_of_the_page_add_up_to_the_taps(kernel, taps, alpha):
    r = model_at("delay_lines", topic="generalised", kernel=kernel, taps=taps, alpha=alpha).result
    assert r.recall.sum() == pytest.approx(taps, abs=1e-6)
    assert r.profile.product == pytest.approx(taps)


def test_laguerre_and_gamma_recall_the_same():
    one, other = (model_at("delay_lines", preset="laguerre", kernel=kernel).result for kernel in ("laguerre", "gamma"))
    np.testing.assert_allclose(one.recall, other.recall, atol=1e-9)


@keeps("delay_lines", "preset fig-12-2", "5")
@keeps("delay_lines", "preset dilation", "16", "5")
@keeps("delay_lines", "challenge 2", "20", "3", "4")
@keeps("delay_lines", "quiz 1", "0", "3", "4", "5", "8", "9", "20", "7")
def test_what_y_hears():
    assert len(model_at("delay_lines", preset="fig-12-2").result.field) == 5
    assert len(model_at("delay_lines", preset="dilation").result.field) == 16
    assert len(model_at("delay_lines", preset="dilation", dilated="false").result.field) == 5
    assert distributed.receptive_field([range(4), range(5)]) == tuple(range(8))
    assert (len(range(4)) + len(range(5)), len(range(4)) * len(range(5))) == (9, 20)
    for width, layers, dilated, passed in ((4, 3, True, True), (4, 3, False, False), (3, 4, True, False)):
        m = model_at("delay_lines", topic="distributed", net="random", width=width, n_layers=layers, dilated=dilated)
        assert m.sees_twenty().passed == passed


@keeps("delay_lines", "preset fig-12-5", "0.01", "1", "20")
@pytest.mark.parametrize("seed", SEEDS)
def test_alpha_is_found_from_every_start(seed):
    contest = trained("fig-12-5", seed)
    assert abs(contest.second.course.weights[-1, -1] - 0.2) < 0.01
    tapped, gamma = shares(contest)
    assert gamma < 0.1 < 0.7 < tapped
    assert contest.first.n_numbers == contest.second.n_numbers + 1


@keeps("delay_lines", "preset e12-4", "0")
def test_some_relu_starts_fail_and_a_dead_unit_is_why():
    last = [trained("e12-4", seed) for seed in SEEDS]
    failed = [contest for contest in last if shares(contest)[1] > 0.5]
    assert 0 < len(failed) < len(last)
    for contest in failed:
        _, gamma, _ = training.outputs(contest, STAGES)
        assert (gamma.h == 0).all(axis=0).any()


@keeps("delay_lines", "preset sunspots", "1821", "1948", "1949", "2008", "1", "20")
def test_one_tap_is_too_few_for_sunspots():
    years = series.sunspots()[0][-200:]
    data = trained("sunspots", 1).data
    assert (years[data.train][0], years[data.train][-1]) == (1821, 1948)
    assert (years[data.test][0], years[data.test][-1]) == (1949, 2008)
    for seed in SEEDS:
        assert shares(trained("sunspots", seed, taps=1))[0] > 1 / 3 > shares(trained("sunspots", seed))[0]


@keeps("delay_lines", "preset one-step-beyond", "1")
@keeps("delay_lines", "example 6", "6", "7", "1", "12", "2", "0")
@keeps("delay_lines", WINDOW, "1")
@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_beyond_the_window_is_guessing(seed):
    contest = trained("one-step-beyond", seed)
    assert (contest.settings.taps, contest.settings.lag) == (6, 7)
    # guessing is the least that comes about, from the first update to the last
    assert contest.first.course.loss.min() >= 1 - 1e-12 and contest.first.course.loss[-1] < 1.001
    assert contest.second.course.loss[-1] < 0.6
    for y in (-2.0, 0.0, 0.5, 1.0):
        assert ((1 - y) ** 2 + (-1 - y) ** 2) / 2 == 1 + y**2


def test_inside_the_window_both_lines_learn_the_bit():
    for seed in SEEDS:
        assert max(shares(trained("lag-inside", seed))) < 0.01


@keeps("delay_lines", DISTRIBUTED, "40", "95", "18", "75", "60", "1", "20")
@keeps("delay_lines", "quiz 4", "29", "129", "5", "30")
def test_sliding_weights_find_the_pattern_anywhere():
    contests = [trained("pattern", seed) for seed in SEEDS]
    first = training.OTHER_PLACES[0] - 1
    look, slides = np.array([contest.right[-1, :, first:].mean(axis=1) for contest in contests]).T
    assert look.max() < 0.6 and slides.min() > 0.75 and (slides > 0.95).sum() == 18
    contest = contests[0]
    assert (contest.first.n_numbers, contest.second.n_numbers) == (129, 29)
    assert training.N_PATTERNS == 40 and training.LEARNED_PLACES[-1] + 4 <= 15 == training.STEPS["pattern"] // 2
    assert len(distributed.receptive_field([training.KERNEL] * 2)) == 5


def test_a_pattern_elsewhere_gives_the_same_sum():
    layers = trained("pattern", 1).second.at(STAGES)
    x = np.zeros((18, 30))
    for place in range(18):
        x[place, place + 4 : place + 9] = [-1, -0.5, 0, 0.5, 1]
    quiet = distributed.run(np.zeros(30), layers).h[-1][:, 0]
    moved = distributed.run(x[:, :, np.newaxis], layers).h[-1][:, :, 0]
    for place in range(18):
        # y moves along with the pattern; before it and after it y is that of silence
        np.testing.assert_allclose(moved[place, place + 4 : place + 13], moved[0, 4:13], atol=1e-14)
        np.testing.assert_allclose(moved[place, place + 13 :], quiet[place + 13 :], atol=1e-14)


@keeps("delay_lines", "challenge 1", "3", "21")
@pytest.mark.parametrize(("taps", "alpha"), [(3, 0.45), (3, 0.4), (3, 0.3), (2, 0.3), (4, 0.45)])
def test_the_first_challenge_asks_for_a_share(taps, alpha):
    m = model_at("delay_lines", topic="generalised", kernel="gamma", taps=taps, alpha=alpha)
    kernels = np.array([[float(naive.gamma_impulse(Fraction(alpha), lag, k)) if lag else 0 for k in range(1, taps + 1)]
                        for lag in range(120)])  # fmt: skip
    wanted = np.eye(120)[6]
    left = np.linalg.lstsq(kernels, wanted, rcond=None)[1][0]
    assert m.recalls_beyond().passed == (taps <= 3 and 1 - left >= 0.21)


@keeps("delay_lines", "challenge 3", "5", "6", "0.01")
@pytest.mark.parametrize(
    ("taps", "lag", "stage", "passed"),
    [(5, 5, 40, True), (6, 6, 40, True), (6, 5, 40, False), (4, 5, 40, False), (5, 5, 0, False), (4, 4, 40, False)],
)
def test_the_third_challenge_asks_for_the_shortest_window(taps, lag, stage, passed):
    m = model_at("delay_lines", topic="training", task="lag", taps=taps, lag=lag, stage=stage)
    assert m.answers_the_lag().passed == passed


def test_settings_say_all_that_a_training_depends_on():
    """A setting that its task does not use must not start it anew."""
    m = model_at("delay_lines", preset="pattern")
    before = m.settings
    for name, value in (("taps", 5), ("lag", 2), ("target_alpha", 0.5), ("start_alpha", 0.3), ("activation", "relu")):
        setattr(m, name, value)
    assert m.settings == before and isinstance(before, Settings)
    m.n_units = 5
    assert m.settings != before


def test_the_stacked_matrix_is_what_the_net_reads():
    r = model_at("delay_lines", preset="fig-12-1").result
    by_hand = [
        naive_lines.static_net(
            naive_lines.delayed_row(r.x[:, np.newaxis].tolist(), t, range(1, 5)),
            *(part.tolist() for part in r.params),
            np.tanh,
        )[2]
        for t in range(40)
    ]
    np.testing.assert_allclose(r.run.y, by_hand, atol=1e-12)
    assert isinstance(r.params, focused.FocusedParams)


needs_none("delay_lines", "dictionary", "names of layers", "1", "2")
needs_none("delay_lines", "example 1", "the number of a unit", "2")
needs_none("delay_lines", "example 2", "the number of a unit", "2")
needs_none("delay_lines", DEPTH, "a step later", "1")
needs_none("delay_lines", DISTRIBUTED, "the number of a layer", "0")
