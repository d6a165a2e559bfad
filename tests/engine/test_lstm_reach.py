"""How far a change of an LSTM's cell or output reaches: PyTorch, central differences, products worked out by hand."""

import math

import numpy as np
import pytest

from engine import lstm
from tests import naive_gates
from tests.closeness import assert_close
from tests.gate_cases import constant_gates, lstm_lists, lstm_problem, names, stored

pytestmark = pytest.mark.filterwarnings("error")

every_variant = pytest.mark.parametrize("variant", lstm.VARIANTS)
either_way = pytest.mark.parametrize("peepholes", [False, True])


@pytest.mark.parametrize("name", names("reach"))
def test_lag_norms_of_pytorch(name):
    case = stored(name)
    params = lstm.LstmParams(case["U"], case["W"], case["b"], case.get("P"))
    for output, state in ("cc", "hh", "hc", "ch"):
        result = lstm.lag_norms(case["x"], params, h0=case["h0"], c0=case["c0"], output=output, state=state)
        np.testing.assert_allclose(result, case[output + state], rtol=0, atol=1e-10, err_msg=output + state)


@either_way
@every_variant
def test_lag_norms_against_central_differences(variant, peepholes):
    x, params, h0, c0, *_ = lstm_problem(3, 2, 5, seed=1, peepholes=peepholes)
    U, W, b, P, _, _ = lstm_lists(x, params, h0, c0)[1:]
    run = naive_gates.lstm(x.tolist(), U, W, b, P, h0.tolist(), c0.tolist(), variant)
    for output, state in ("cc", "hh", "hc", "ch"):
        expected = []
        for k in range(4):

            def after(change, k=k, output=output, state=state):
                h, c = np.array(run["h"][k]), np.array(run["c"][k])
                if state == "h":
                    h = h + change
                else:
                    # o(k) hears c(k) through its peephole
                    o = np.array(run["o"][k])
                    net = np.log(o / (1 - o)) + np.array(P[2]) * change
                    c = c + change
                    h = np.tanh(c) / (1 + np.exp(-net))
                later = naive_gates.lstm(x[k + 1 :].tolist(), U, W, b, P, h.tolist(), c.tolist(), variant)
                return np.array(later[output][-1])

            columns = [(after(change) - after(-change)) / 2e-6 for change in 1e-6 * np.eye(3)]
            expected.append(np.log10(np.linalg.norm(np.transpose(columns), 2)))
        result = lstm.lag_norms(x, params, h0=h0, c0=c0, variant=variant, output=output, state=state)
        np.testing.assert_allclose(result[:-1], expected, atol=1e-7, err_msg=output + state)


@either_way
def test_lag_norms_at_the_last_step(peepholes):
    x, params, h0, c0, *_ = lstm_problem(3, 2, 5, peepholes=peepholes)
    run = lstm.run(x, params, h0=h0, c0=c0)
    last = {pair: lstm.lag_norms(x, params, h0=h0, c0=c0, output=pair[0], state=pair[1])[-1] for pair in ("cc", "hh")}
    assert last == {"cc": 0, "hh": 0}
    assert lstm.lag_norms(x, params, output="c", state="h")[-1] == -np.inf
    o, c = run.o[-1], run.c[-1]
    slope = o * (1 - np.tanh(c) ** 2) + (np.tanh(c) * o * (1 - o) * params.P[2] if peepholes else 0)
    found = lstm.lag_norms(x, params, h0=h0, c0=c0, output="h", state="c")[-1]
    assert found == pytest.approx(np.log10(abs(slope).max()), abs=1e-10)


def test_truncated_error_is_the_product_of_forget_gates():
    x, params, h0, c0, *_ = lstm_problem(3, 2, 6)
    last = np.zeros((6, 3))
    last[-1] = 1
    run = lstm.run(x, params, h0=h0, c0=c0)
    result = lstm.bptt(x, params, 0 * last, h0=h0, c0=c0, through="cec", explicit_c=last)
    for k in range(6):
        product = np.ones(3)
        for t in range(k + 1, 6):
            product = product * run.f[t]
        assert_close(result.dF_dc[k], product, 1e-14)
        assert lstm.lag_norms(x, params, h0=h0, c0=c0, through="cec")[k] == pytest.approx(np.log10(product.max()))
        by_output = lstm.lag_norms(x, params, h0=h0, c0=c0, through="cec", output="h")[k]
        slope = run.o[-1] * (1 - np.tanh(run.c[-1]) ** 2)
        assert by_output == pytest.approx(np.log10((product * slope).max()), abs=1e-12)
        assert 10 ** lstm.forget_products(run.f)[k] == pytest.approx(product)
    for output, at_last in (("c", -np.inf), ("h", 0)):
        norms = lstm.lag_norms(x, params, through="cec", output=output, state="h")
        assert norms.tolist() == [-np.inf] * 5 + [at_last]


def test_lag_norms_far_below_the_smallest_number():
    # log10 of f = exp(-690) is -690 / ln 10, to 1e-300
    arguments = constant_gates(0, -690, 1, 6)
    per_step = -690 / math.log(10)
    expected = per_step * np.arange(5, -1, -1)
    assert expected[0] < -1400
    for through in lstm.PATHS:
        result = lstm.lag_norms(**arguments, through=through)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-10)
    run = lstm.run(**arguments)
    slope = np.log10(run.o[-1, 0] * (1 - np.tanh(run.c[-1, 0]) ** 2))
    np.testing.assert_allclose(lstm.lag_norms(**arguments, output="h"), expected + slope, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(lstm.forget_products(run.f)[:, 0], expected, rtol=1e-12)


def test_forget_products_by_hand():
    f = [[0.5, 1, 0.1], [0.25, 0, 0.1], [0.5, 1, 1e-300], [1, 1, 1e-300]]
    expected = [[math.log10(0.125), -np.inf, -601], [math.log10(0.5), 0, -600], [0, 0, -300], [0, 0, 0]]
    np.testing.assert_allclose(lstm.forget_products(f), expected, atol=1e-12)
    assert lstm.lag_norms(**constant_gates(0, -1000, 0, 3)).tolist() == [-np.inf, -np.inf, 0]
