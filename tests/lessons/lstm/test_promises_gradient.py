"""The numbers that the LSTM lesson says of gradients, in its worked example and of the memory of a forget bias."""

import math

import numpy as np
import pytest

from app.shell import address, lessons
from lessons.lstm.model import Lstm
from tests.app import pages
from tests.lessons.lstm import layer_oracle
from tests.lessons.lstm.layer_oracle import logistic
from tests.lessons.promises import keeps
from tests.lessons.written import written

STEM = "lstm"
LESSON = lessons.load(STEM)
TWENTY = range(1, 21)
GRADIENT = "text Where the gradient goes"


def model_at(preset: str, **values: object) -> Lstm:
    return pages.model_at(STEM, preset=preset, **values)


def loops(m: Lstm) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The shown layer's signals by its equations, and the sizes of its derivatives back from the last step."""
    params, x = m.traced.params, m.fed()
    run = layer_oracle.run(x, params)
    np.testing.assert_allclose(run["c"], m.traced.run.c, rtol=1e-6, atol=1e-12)
    return run, layer_oracle.back_from_the_end(x, params)


# Before training


@keeps(STEM, "preset random-0", "1", "9", "15")
@keeps(STEM, "preset random-1", "0.73", "20")
@keeps(STEM, "preset random-3", "0.95")
def test_how_far_back_random_weights_reach():
    reach: dict[int, list[float]] = {0: [], 1: [], 3: []}
    largest = []
    for bias, steps in reach.items():
        m = model_at(f"random-{bias}")
        for seed in TWENTY:
            m.seed = seed
            params, x = m.own_params()[0], m.fed()
            f, sizes = layer_oracle.run(x, params)["f"].mean(), layer_oracle.back_from_the_end(x, params)["cc"]
            assert f == pytest.approx({0: 0.5, 1: 0.73, 3: 0.95}[bias], abs=0.012)
            gone = np.flatnonzero(sizes[::-1] < 0.01)
            steps.append(float(gone[0]) if gone.size else math.inf)
            largest.append(sizes.max())
    assert len(x) == 60
    assert min(reach[0]) >= 9 and max(reach[0]) <= 15
    assert sum(20 <= steps <= 60 for steps in reach[1]) > 15, "with most seeds"
    assert reach[3] == [math.inf] * 20 and max(largest[40:]) > 2, "it may even grow"
    assert [preset.values["n_steps"] for preset in LESSON.presets if preset.name == "random-1"] == [60]


@keeps(STEM, GRADIENT, "1", "0", "0.5", "2", "0.731", "3.7", "3", "0.953", "21")
@keeps(STEM, "quiz 1", "3", "1", "2", "4", "21", "0", "0.5", "3.7", "0.731", "0.953")
def test_a_forget_bias_and_its_memory():
    rows = [(0, "0.5", "2"), (1, "0.731", "3.7"), (3, "0.953", "21")]
    for bias, f, steps in rows:
        opening = float(logistic(float(bias)))
        assert written(opening, f) == f and written(1 / (1 - opening), steps) == steps
        assert f"| {bias} | {f} | {steps} |" in LESSON.body
    assert written(1 / (1 - float(logistic(1.0))), "4") == "4"
    assert written(1 / (1 - 0.953), "21") == "21" and LESSON.quiz[0].choices[LESSON.quiz[0].answer] == "21 steps"
    assert all(0 < float(logistic(a)) < 1 for a in (-30.0, 0.0, 30.0)), "never 1 exactly"


@keeps(STEM, "quiz 2", "0", "40", "60", "1")
@pytest.mark.parametrize("seed", range(20))
def test_a_closed_forget_gate_does_not_cut_what_goes_through_h(seed):
    m = model_at("random-1", seed=seed)
    params = m.own_params()[0]
    x = np.column_stack([m.inputs()[0], np.arange(1, 61) == 40])
    shut = params._replace(U=params.U.copy(), W=params.W.copy())
    n = params.W.shape[1]
    shut.U[n : 2 * n, 1] = -600.0  # the mark closes all forget gates at step 40
    run = layer_oracle.run(x, shut)
    assert (run["f"][39] < 1e-250).all() and (np.delete(run["f"], 39, axis=0) > 0.1).all()
    assert layer_oracle.back_from_the_end(x, shut)["cc"][19] > 1e-12
    shut.W[:] = 0
    sizes = layer_oracle.back_from_the_end(x, shut)["cc"]
    assert (sizes[:39] < 1e-250).all() and (sizes[39:] > 1e-9).all(), "with W = 0 it does cut"


# The latch, seen from its last step


@keeps(STEM, "preset gradient-latch", "15", "13")
@keeps(STEM, "example 4", "40", "1", "15", "10^{-13}", "0", "13")
def test_the_latch_loses_thirteen_powers_of_ten_at_its_mark():
    m = model_at("gradient-latch")
    run, sizes = loops(m)
    assert (np.flatnonzero(m.fed()[:, 1]) + 1).max() == 15 and m.n_steps == 40
    np.testing.assert_allclose(run["f"][15:], 1, atol=1e-12)
    assert sizes["cc"][14] == pytest.approx(1, abs=1e-10) and written(math.log10(sizes["cc"][13]), "13") == "-13"
    assert written(math.log10(run["f"][14, 0]), "13") == "-13"
    assert float(logistic(-30.0)) == pytest.approx(1e-13, rel=0.1)


@keeps(STEM, "preset gradient-recall", "200", "1")
def test_only_the_trained_network_sees_the_first_step():
    for seed in (1, 2, 3):
        m = model_at("gradient-recall", seed=seed)
        assert m.n_steps == 201
        _, sizes = loops(m)
        rng = np.random.default_rng(seed)
        bound = 1 / math.sqrt(8)  # the untrained RNN: uniform weights, as many units
        W, U = rng.uniform(-bound, bound, (8, 8)), rng.uniform(-bound, bound, (8, 2))
        assert sizes["cc"][0] > 1e-3 and layer_oracle.plain_network(m.fed(), U, W, np.zeros(8))[0] < 1e-10
        assert 10.0 ** m.result.vanilla[0] < 1e-10


# Truncation


def truncation() -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """The numbers of the worked example's fifth step, the forget gates, and the exact sizes."""
    m = model_at("truncation", cursor=20)
    run, sizes = loops(m)
    i, f, g = (float(run[name][20, 0]) for name in "ifg")
    c, o = float(run["c"][19, 0]), float(run["o"][19, 0])
    assert (m.W_f, m.W_g, m.W_i, m.W_o) == (1, 2, 0, 0)
    found = {"f": f, "o": o, "i": i, "c": c, "squash": 1 - math.tanh(c) ** 2, "slope": f * (1 - f), "square": 1 - g * g}
    found["out"] = o * found["squash"]
    found["forget"], found["candidate"] = found["slope"] * c, 2 * i * found["square"]
    found["sum"] = found["forget"] + found["candidate"]
    found["all"] = f + found["out"] * found["sum"]
    return found, run["f"][:, 0], sizes["cc"]


T, FORGET, EXACT = truncation()
TABLE = [
    ("example 5", "0.5862", T["f"]),
    ("example 5", "0.5", T["o"]),
    ("example 5", "0.51428", T["squash"]),
    ("example 5", "0.2571", T["out"]),
    ("example 5", "0.24256", T["slope"]),
    ("example 5", "0.8613", T["c"]),
    ("example 5", "0.2089", T["forget"]),
    ("example 5", "0.5", T["i"]),
    ("example 5", "0.4891", T["square"]),
    ("example 5", "0.4891", T["candidate"]),
    ("example 5", "0.6980", T["sum"]),
    ("example 5", "0.7657", T["all"]),
    ("example 5", "0.7657", EXACT[19]),
    ("example 6", "0.0104", EXACT[0]),
]


@pytest.mark.parametrize(("place", "number", "value"), TABLE)
def test_what_the_lesson_says_of_truncation_is_so(place, number, value):
    assert written(value, number) == number


for _place, _number, _ in TABLE:
    keeps(STEM, _place, _number)(test_what_the_lesson_says_of_truncation_is_so)


@keeps(STEM, "preset truncation", "1.7·10⁻⁵", "1.0·10⁻²")
@keeps(STEM, "example 5", "1", "2", "21")
@keeps(STEM, "example 6", "20", r"1.7 \cdot 10^{-5}", "600", "0")
def test_what_truncation_drops():
    product = float(np.prod(FORGET[1:]))
    assert f"{product:.1e}" == "1.7e-05" and f"{EXACT[0]:.1e}" == "1.0e-02"
    assert EXACT[0] / product == pytest.approx(600, rel=0.05) and len(FORGET[1:]) == 20
    m = model_at("truncation", W_f=0, W_g=0)
    run, sizes = loops(m)
    assert sizes["cc"][0] == pytest.approx(float(np.prod(run["f"][1:, 0])), rel=1e-9), "with W = 0 both are equal"


# The latch by hand


@keeps(STEM, "example 1", "1", "8", "30", "10^{-13}", "20")
@keeps(STEM, "example 2", "8", "0", "1", "30", "0.7616", "1.313", "1.000")
@keeps(STEM, "example 3", "9", "1", "30", "10^{-13}", "0")
def test_the_latch_by_hand():
    m = model_at("latch")
    x, net = m.fed(), m.chosen_network()
    assert net is not None
    p = net.layers[0].params
    run = {name: signal[:, 0] for name, signal in layer_oracle.run(x, p).items()}
    # σ(30 − 60), σ(−30 + 60), tanh(20 · −1), σ(30)
    assert (p.b[1], p.U[1, 1], p.b[0], p.U[0, 1], p.U[2, 0], p.b[3]) == (30, -60, -30, 60, 20, 30) and not p.W.any()
    assert x[7].tolist() == [-1, 1] and x[8].tolist() == [1, 0]
    assert run["c"][6] == pytest.approx(1, abs=1e-9)
    for name, t, value in (("f", 8, 0), ("i", 8, 1), ("g", 8, -1), ("o", 8, 1), ("c", 8, -1), ("f", 9, 1), ("i", 9, 0),
                           ("c", 9, -1), ("g", 9, 1)):  # fmt: skip
        assert run[name][t - 1] == pytest.approx(value, abs=1e-9), (name, t)
    for tiny in (run["f"][7], run["i"][8]):
        assert tiny == pytest.approx(1e-13, rel=0.1)
    assert written(run["h"][7], "0.7616") == "-0.7616" and written(float(net.V[0, 0]), "1.313") == "1.313"
    assert written(float(net.V[0, 0] * run["h"][7] + net.b_out[0]), "1.000") == "-1.000"


# Variants by hand


def variants() -> dict[str, list[float]]:
    """The four products and the result of each variant, unit 1 at step 30."""
    m = model_at("variants", seed=1, unit=1)
    params, x = m.own_params()[0], m.fed()
    runs = {name: layer_oracle.run(x, params, name) for name in ("full", "no forget gate", "coupled gates")}
    found = {}
    for name, run in runs.items():
        i, f, g, c = (float(run[letter][29, 0]) for letter in "ifgc")
        found[name] = [f, float(run["c"][28, 0]), i, g, c]
    n = params.W.shape[1]
    rows = [k for block in (3, 1, 2) for k in range(block * n, (block + 1) * n)]  # r from o, z from f, n from g
    run = layer_oracle.gru(x, (params.U[rows], params.W[rows], params.b[rows]))
    z, n_30, h = (float(run[letter][29, 0]) for letter in "znh")
    found["GRU"] = [z, float(run["h"][28, 0]), 1 - z, n_30, h]
    return found


@keeps(STEM, "example 7", "1", "30", "0.7736", "0.1745", "0.4946", "0.0955", "0.0878", "0.9999", "0.5487", "0.0528")
@keeps(STEM, "example 7", "0.9709", "0.7770", "0.0785", "0.2230", "0.1108", "0.0363", "0.7756", "0.0800", "0.2244")
@keeps(STEM, "example 7", "0.1088", "0.0377")
def test_the_variants_by_hand():
    found, text = variants(), LESSON.example[6].text
    for name, (f, before, i, g, now) in found.items():
        kept = f"{before:.4f}" if name == "no forget gate" else rf"{f:.4f} \cdot {before:.4f}"
        assert rf"{kept} - {i:.4f} \cdot {-g:.4f} = {now:.4f}" in text, (name, f, before, i, g, now)
        assert now == pytest.approx((1 if name == "no forget gate" else f) * before + i * g, rel=1e-9)
    assert abs(found["no forget gate"][4]) > 10 * abs(found["full"][4]) and LESSON.example[6].cursor == 30


# The challenge


def judged(number: int, **values: object) -> bool:
    """The verdict on a challenge at its solution, with some values changed."""
    challenge, m = LESSON.challenges[number - 1], Lstm()
    chosen = address.values_from(m, dict(challenge.solution) | values)
    m.param.update(**(address.starting_values(m) | chosen))
    return getattr(m, challenge.check)().passed


@keeps(STEM, "challenge 2", "11", "1", "0.001", "10", "0")
def test_the_second_challenge_asks_for_its_bounds():
    assert judged(2) and judged(2, n_steps=11) and not judged(2, n_steps=10)
    for W_g in (0.001, 0.002, 0.004, 0.01, 0.02, 0.05):
        m = Lstm()
        solution = dict(LESSON.challenges[1].solution) | {"W_g": W_g}
        m.param.update(**(address.starting_values(m) | address.values_from(m, solution)))
        exact, run = loops(m)[1]["hc"], loops(m)[0]
        products = np.array([np.prod(run["f"][k:, 0]) for k in range(1, 22)])
        short = products * run["o"][-1, 0] * (1 - np.tanh(run["c"][-1, 0]) ** 2)
        off = np.abs(short / exact - 1).max()
        assert m.truncated_is_exact().passed == (off <= 0.01), (W_g, off)
    # ten steps back: o (1 − tanh² c) f¹⁰, with W = 0
    for b_f in (-0.1, 0.0, 0.1, 0.2, 0.3, 0.5):
        c, f = 0.0, float(logistic(b_f))
        for x in [1.0] + [0.2] * 20:
            c = f * c + 0.5 * math.tanh(x)
        assert judged(2, b_f=b_f) == (0.5 * (1 - math.tanh(c) ** 2) * f**10 >= 0.001)
