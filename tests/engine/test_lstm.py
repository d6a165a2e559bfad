"""LSTM: stored results of PyTorch, literal loops, central differences, and cases that can be worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import lstm
from tests import naive_gates
from tests.closeness import assert_close, central_differences
from tests.gate_cases import ARRAYS, constant_gates, lstm_lists, lstm_problem, names, stored

pytestmark = pytest.mark.filterwarnings("error")

every_variant = pytest.mark.parametrize("variant", lstm.VARIANTS)
either_way = pytest.mark.parametrize("peepholes", [False, True])


@pytest.mark.parametrize("name", names("lstm"))
def test_stored_results_of_pytorch(name):
    case = stored(name)
    params, start = lstm.LstmParams(case["U"], case["W"], case["b"]), {"h0": case["h0"], "c0": case["c0"]}
    h = lstm.run(case["x"], params, **start).h
    assert_close(h, case["h"], 1e-12)
    explicit = 2 * (h - case["d"])
    if name.endswith("last"):
        explicit[:-1] = 0
    result = lstm.bptt(case["x"], params, explicit, **start)
    for key in ("dU", "dW", "db", "dh0", "dc0"):
        assert_close(getattr(result, key), case[key], 1e-12, key)
    assert_close(result.dF_dx, case["dx"], 1e-12)
    assert not result.dP.any()


@pytest.mark.parametrize("through", lstm.PATHS)
@either_way
@every_variant
def test_against_literal_loops(variant, peepholes, through):
    x, params, h0, c0, explicit, explicit_c = lstm_problem(3, 2, 8, peepholes=peepholes)
    run = lstm.run(x, params, h0=h0, c0=c0, variant=variant)
    for name, expected in naive_gates.lstm(*lstm_lists(x, params, h0, c0), variant).items():
        assert_close(getattr(run, name), expected, 1e-14, name)
    result = lstm.bptt(
        x, params, explicit, h0=h0, c0=c0, through=through, variant=variant, explicit_c=explicit_c
    )._asdict()
    literal = naive_gates.lstm_gradients(
        *lstm_lists(x, params, h0, c0), explicit.tolist(), explicit_c.tolist(), variant, through == "cec"
    )
    if through == "cec":
        literal["dh0"] = np.zeros(3)
        np.testing.assert_array_equal(result["dF_dh"], explicit)
    if not peepholes:
        literal["dP"] = np.zeros((3, 3))
    assert literal.keys() == result.keys()
    for name, expected in literal.items():
        assert_close(result[name], expected, 1e-13, name)


@pytest.mark.parametrize("through", lstm.PATHS)
@either_way
@every_variant
def test_against_central_differences(variant, peepholes, through):
    x, params, h0, c0, explicit, explicit_c = lstm_problem(2, 2, 4, seed=3, peepholes=peepholes)
    arguments = dict(zip(ARRAYS, map(np.array, lstm_lists(x, params, h0, c0)), strict=True))
    true = naive_gates.lstm(*lstm_lists(x, params, h0, c0), variant)
    # the truncated gradient is that of a network whose gates hear a recording of the past
    heard = ([h0.tolist(), *true["h"]], [c0.tolist(), *true["c"]]) if through == "cec" else None

    def loss(values):
        run = naive_gates.lstm(*(values[name].tolist() for name in ARRAYS), variant, heard)
        return (np.array(run["h"]) * explicit).sum() + (np.array(run["c"]) * explicit_c).sum()

    result = lstm.bptt(x, params, explicit, h0=h0, c0=c0, through=through, variant=variant, explicit_c=explicit_c)
    for name in ARRAYS:
        if name != "P" or peepholes:
            found = result.dF_dx if name == "x" else getattr(result, f"d{name}")
            assert_close(found, central_differences(loss, arguments, name), 1e-6, name)


@every_variant
def test_only_the_carousel_where_nothing_else_hears_the_past(variant):
    x, params, h0, c0, explicit, explicit_c = lstm_problem(4, 2, 9, peepholes=False)
    params = params._replace(W=np.zeros((16, 4)))
    start = {"h0": h0, "c0": c0, "variant": variant}
    everything, carousel = (
        lstm.bptt(x, params, explicit, explicit_c=explicit_c, through=through, **start) for through in lstm.PATHS
    )
    for name in everything._fields:
        assert_close(getattr(carousel, name), getattr(everything, name), 1e-14, name)
    for output in lstm.STATES:
        whole, cec = (lstm.lag_norms(x, params, through=through, output=output, **start) for through in lstm.PATHS)
        np.testing.assert_allclose(whole, cec, atol=1e-10)


@given(st.data())
@settings(deadline=None)
def test_a_sequence_cut_in_two_has_the_same_gradient(data):
    n, m, n_steps = (data.draw(st.integers(1, high)) for high in (5, 3, 12))
    options = {"variant": data.draw(st.sampled_from(lstm.VARIANTS)), "through": data.draw(st.sampled_from(lstm.PATHS))}
    peepholes, cut = data.draw(st.booleans()), data.draw(st.integers(1, n_steps))
    seed = data.draw(st.integers(0, 2**32))
    x, params, h0, c0, explicit, explicit_c = lstm_problem(n, m, n_steps + 1, seed, peepholes)
    whole = lstm.bptt(x, params, explicit, h0=h0, c0=c0, explicit_c=explicit_c, **options)
    shapes = {"dU": (4 * n, m), "dW": (4 * n, n), "db": (4 * n,), "dP": (3, n), "dF_da": (n_steps + 1, 4 * n)}
    assert {name: getattr(whole, name).shape for name in shapes} == shapes
    first = lstm.run(x[:cut], params, h0=h0, c0=c0, variant=options["variant"])
    start = {"h0": first.h[-1], "c0": first.c[-1]}
    later = lstm.bptt(x[cut:], params, explicit[cut:], explicit_c=explicit_c[cut:], **start, **options)
    explicit[cut - 1] += later.dh0
    explicit_c[cut - 1] += later.dc0
    earlier = lstm.bptt(x[:cut], params, explicit[:cut], explicit_c=explicit_c[:cut], h0=h0, c0=c0, **options)
    for name in ("dU", "dW", "db", "dP"):
        assert_close(getattr(earlier, name) + getattr(later, name), getattr(whole, name), 1e-12, name)
    for name in ("dF_dh", "dF_dc", "dF_da", "dF_dx"):
        assert_close(np.vstack((getattr(earlier, name), getattr(later, name))), getattr(whole, name), 1e-12, name)
    for name in ("dh0", "dc0"):
        assert_close(getattr(earlier, name), getattr(whole, name), 1e-12, name)


def test_coupled_gates_share_one_opening():
    x, params, h0, c0, *_ = lstm_problem(3, 2, 7)
    run = lstm.run(x, params, h0=h0, c0=c0, variant="coupled gates")
    np.testing.assert_array_equal(run.i, 1 - run.f)


def test_without_a_forget_gate_an_open_input_gate_adds_up():
    run = lstm.run(**constant_gates(1000, -1000, 1000, 6, g=0.25, c0=[1]), variant="no forget gate")
    np.testing.assert_allclose(run.c[:, 0], 1 + 0.25 * np.arange(1, 7), rtol=1e-15)
    np.testing.assert_allclose(run.h, np.tanh(run.c), rtol=1e-15)
    assert (run.f == 1).all() and (run.i == 1).all() and (run.o == 1).all()


def test_saturated_gates_keep_drop_and_hide():
    kept = lstm.run(**constant_gates(-1000, 1000, 1000, 4, c0=[0.75]))
    assert kept.c[:, 0].tolist() == [0.75] * 4
    replaced = lstm.run(**constant_gates(1000, -1000, -1000, 4, g=0.5, c0=[0.75]))
    np.testing.assert_allclose(replaced.c[:, 0], [0.5] * 4, rtol=1e-15)
    assert not replaced.h.any()


@pytest.mark.parametrize(("variant", "block", "row"), [("no forget gate", 1, 1), ("coupled gates", 0, 0)])
def test_rows_of_an_absent_gate_change_nothing_and_learn_nothing(variant, block, row):
    x, params, h0, c0, explicit, _ = lstm_problem(3, 2, 6)
    rows = slice(3 * block, 3 * block + 3)
    U, W, b, P = (values.copy() for values in params)
    U[rows], W[rows], b[rows], P[row] = 5, 5, 5, 5
    for call in (lstm.run, lstm.lag_norms):
        changed, same = (
            call(x, given, h0=h0, c0=c0, variant=variant) for given in (lstm.LstmParams(U, W, b, P), params)
        )
        np.testing.assert_array_equal(changed, same)
    result = lstm.bptt(x, params, explicit, h0=h0, c0=c0, variant=variant)
    for values in (result.dU[rows], result.dW[rows], result.db[rows], result.dP[row], result.dF_da[:, rows]):
        assert not values.any()
    assert all(getattr(result, name).any() for name in ("dU", "dW", "db", "dP"))


@pytest.mark.parametrize("net", [-30, -36.5, -300, -690, -700])
def test_a_nearly_closed_gate_keeps_its_leading_digits(net):
    f = lstm.run(**constant_gates(0, net, 0, 1)).f[0, 0]
    assert f == pytest.approx(math.exp(net) / (1 + math.exp(net)), rel=1e-13)


def test_overflow_is_shown_and_not_raised():
    params = lstm.LstmParams(np.full((4, 1), 1e308), np.ones((4, 1)), np.zeros(4), np.full((3, 1), -1e308))
    assert lstm.run([10], params).i.tolist() == [[1]]  # s(inf)
    run = lstm.run([10, 1], params, c0=[10])  # inf - inf
    assert np.isnan(run.h).all()
    assert np.isnan(lstm.bptt([10, 1], params, np.ones((2, 1)), c0=[10]).dW).all()
    assert np.isnan(lstm.lag_norms([10, 1], params, c0=[10])[0])


def test_arguments_are_left_alone_and_any_array_will_do():
    x, params, h0, c0, explicit, explicit_c = lstm_problem(3, 1, 5)
    frozen = [np.asfortranarray(values) for values in (x, *params, h0, c0, explicit, explicit_c)]
    for values in frozen:
        values.flags.writeable = False
    result = lstm.bptt(frozen[0], frozen[1:5], frozen[7], h0=frozen[5], c0=frozen[6], explicit_c=frozen[8])
    plain = lstm.bptt(
        x[:, 0].tolist(), params, explicit.tolist(), h0=h0.tolist(), c0=c0.tolist(), explicit_c=explicit_c.tolist()
    )
    for name in result._fields:
        np.testing.assert_array_equal(getattr(result, name), getattr(plain, name), err_msg=name)
    without = lstm.run(x, params[:3])
    np.testing.assert_array_equal(without.h, lstm.run(x, params._replace(P=np.zeros((3, 3)))).h)


def test_initial_weights():
    params = lstm.initial(16, 3, np.random.default_rng(0), forget_bias=1.5, peepholes=True)
    assert [values.shape for values in params] == [(64, 3), (64, 16), (64,), (3, 16)]
    for values in (params.U, params.W, params.P):
        assert 0.2 < abs(values).max() <= 0.25
    assert params.b.reshape(4, 16).tolist() == [[0] * 16, [1.5] * 16, [0] * 16, [0] * 16]
    again = lstm.initial(16, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(again.U, params.U)
    assert again.P is None and not again.b.any()


X, GOOD, _, _, EXPLICIT, _ = lstm_problem(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lstm.run(X, 3), r"params must be LstmParams\(U, W, b, P=None\), got 3"),
        (lambda: lstm.run(X, GOOD[:2]), r"params must be LstmParams"),
        (lambda: lstm.run(X, (GOOD.U[:7], *GOOD[1:])), r"params.U must have 4 rows for each unit .*got shape \(7, 3\)"),
        (lambda: lstm.run(X, GOOD._replace(W=GOOD.W[:4])), r"params.W must have shape \(8, 2\), got shape \(4, 2\)"),
        (lambda: lstm.run(X, GOOD._replace(b=[1])), "params.b must have one dimension and 8 values"),
        (lambda: lstm.run(X, GOOD._replace(P=GOOD.P[:2])), r"params.P must have shape \(3, 2\), got shape \(2, 2\)"),
        (lambda: lstm.run(X, GOOD._replace(U=GOOD.U * np.inf)), "params.U must be finite"),
        (lambda: lstm.run(X[:, :2], GOOD), r"x must have shape \(None, 3\), got shape \(4, 2\)"),
        (lambda: lstm.run(X, GOOD, h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: lstm.run(X, GOOD, c0=[1, np.nan]), "c0 must be finite"),
        (lambda: lstm.run(X, GOOD, variant="peephole"), "variant must be one of full, no forget gate, coupled gates"),
        (lambda: lstm.bptt(X, GOOD, EXPLICIT[1:]), r"explicit must have shape \(4, 2\), got shape \(3, 2\)"),
        (lambda: lstm.bptt(X, GOOD, EXPLICIT, explicit_c=EXPLICIT[0]), r"explicit_c must have shape \(4, 2\)"),
        (lambda: lstm.bptt(X, GOOD, EXPLICIT, through="c"), "through must be one of all, cec, got 'c'"),
        (lambda: lstm.lag_norms(X, GOOD, through=None), "through must be one of all, cec, got None"),
        (lambda: lstm.lag_norms(X, GOOD, output="x"), "output must be one of c, h, got 'x'"),
        (lambda: lstm.lag_norms(X, GOOD, state="o"), "state must be one of c, h, got 'o'"),
        (lambda: lstm.forget_products([1, 1]), "f must have shape"),
        (lambda: lstm.forget_products([[0.5, 1.5]]), r"f must lie between 0 and 1, got 1.5"),
        (lambda: lstm.initial(0, 1, np.random.default_rng(0)), "n_units must be a whole number of at least 1"),
        (lambda: lstm.initial(1, 1.0, np.random.default_rng(0)), "n_inputs must be a whole number of at least 1"),
        (lambda: lstm.initial(1, 1, 7), "rng must be a numpy.random.Generator, got 7"),
        (lambda: lstm.initial(1, 1, np.random.default_rng(0), forget_bias=np.inf), "forget_bias must be a finite"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
