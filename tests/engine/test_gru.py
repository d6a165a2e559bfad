"""GRU: stored results of PyTorch, literal loops, central differences, and cases that can be worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import gru, rnn
from tests import naive_gates
from tests.closeness import assert_close, central_differences
from tests.gate_cases import gru_problem, names, stored

pytestmark = pytest.mark.filterwarnings("error")

both_forms = pytest.mark.parametrize("reset_after", [False, True])


def lists(x, params, h0):
    """The arguments of the literal loops, which take four blocks of biases."""
    b = np.concatenate((params.b, np.zeros(4 * len(h0) - len(params.b))))
    return [values.tolist() for values in (x, params.U, params.W, b, h0)]


def constant_gates(r, z, n, n_steps, h0=None):
    """One unit with W = 0 and x = 0 whose gates have these net inputs at every step. Arguments of `run`."""
    return {"x": np.zeros(n_steps), "params": gru.GruParams(np.zeros((3, 1)), np.zeros((3, 1)), [r, z, n]), "h0": h0}


@pytest.mark.parametrize("name", [*names("gru"), *names("textbook")])
def test_stored_results_of_pytorch(name):
    case = stored(name)
    params, options = gru.GruParams(case["U"], case["W"], case["b"]), {"h0": case["h0"], "reset_after": name[0] == "g"}
    h = gru.run(case["x"], params, **options).h
    assert_close(h, case["h"], 1e-12)
    explicit = 2 * (h - case["d"])
    if name.endswith("last"):
        explicit[:-1] = 0
    result = gru.bptt(case["x"], params, explicit, **options)
    for key in ("dU", "dW", "db", "dh0"):
        assert_close(getattr(result, key), case[key], 1e-12, key)
    assert_close(result.dF_dx, case["dx"], 1e-12)


@pytest.mark.parametrize("name", names("reset"))
def test_lag_norms_of_pytorch(name):
    case = stored(name)
    params, options = gru.GruParams(case["U"], case["W"], case["b"]), {"reset_after": name.endswith("after")}
    result = gru.lag_norms(case["x"], params, h0=case["h0"], **options)
    np.testing.assert_allclose(result, case["hh"], rtol=0, atol=1e-10)
    assert result[-1] == 0


@both_forms
def test_against_literal_loops(reset_after):
    x, params, h0, explicit = gru_problem(3, 2, 8, reset_after=reset_after)
    run = gru.run(x, params, h0=h0, reset_after=reset_after)
    for name, expected in naive_gates.gru(*lists(x, params, h0), reset_after).items():
        assert_close(getattr(run, name), expected, 1e-14, name)
    result = gru.bptt(x, params, explicit, h0=h0, reset_after=reset_after)._asdict()
    literal = naive_gates.gru_gradients(*lists(x, params, h0), explicit.tolist(), reset_after)
    literal["db"] = literal["db"][: len(params.b)]
    assert literal.keys() == result.keys()
    for name, expected in literal.items():
        assert_close(result[name], expected, 1e-13, name)


@both_forms
def test_against_central_differences(reset_after):
    x, params, h0, explicit = gru_problem(2, 2, 4, seed=3, reset_after=reset_after)
    arguments = dict(zip(("x", "U", "W", "b", "h0"), map(np.array, lists(x, params, h0)), strict=True))

    def loss(values):
        h = naive_gates.gru(*(array.tolist() for array in values.values()), reset_after)["h"]
        return (np.array(h) * explicit).sum()

    result = gru.bptt(x, params, explicit, h0=h0, reset_after=reset_after)
    for name in arguments:
        found = result.dF_dx if name == "x" else getattr(result, f"d{name}")
        expected = central_differences(loss, arguments, name)
        assert_close(found, expected[: len(found)], 1e-6, name)


@both_forms
def test_lag_norms_against_central_differences(reset_after):
    x, params, h0, _ = gru_problem(3, 2, 5, seed=1, reset_after=reset_after)
    _, U, W, b, _ = lists(x, params, h0)
    h = naive_gates.gru(x.tolist(), U, W, b, h0.tolist(), reset_after)["h"]
    expected = []
    for k in range(4):

        def after(change, k=k):
            start = (np.array(h[k]) + change).tolist()
            return np.array(naive_gates.gru(x[k + 1 :].tolist(), U, W, b, start, reset_after)["h"][-1])

        columns = [(after(change) - after(-change)) / 2e-6 for change in 1e-6 * np.eye(3)]
        expected.append(np.log10(np.linalg.norm(np.transpose(columns), 2)))
    result = gru.lag_norms(x, params, h0=h0, reset_after=reset_after)
    np.testing.assert_allclose(result, [*expected, 0], atol=1e-7)


@given(st.data())
@settings(deadline=None)
def test_a_sequence_cut_in_two_has_the_same_gradient(data):
    n, m, n_steps = (data.draw(st.integers(1, high)) for high in (5, 3, 12))
    options, cut = {"reset_after": data.draw(st.booleans())}, data.draw(st.integers(1, n_steps))
    x, params, h0, explicit = gru_problem(n, m, n_steps + 1, data.draw(st.integers(0, 2**32)), **options)
    whole = gru.bptt(x, params, explicit, h0=h0, **options)
    shapes = {"dU": (3 * n, m), "dW": (3 * n, n), "db": params.b.shape, "dh0": (n,), "dF_da": (n_steps + 1, 3 * n)}
    assert {name: getattr(whole, name).shape for name in shapes} == shapes
    middle = gru.run(x[:cut], params, h0=h0, **options).h[-1]
    later = gru.bptt(x[cut:], params, explicit[cut:], h0=middle, **options)
    explicit[cut - 1] += later.dh0
    earlier = gru.bptt(x[:cut], params, explicit[:cut], h0=h0, **options)
    for name in ("dU", "dW", "db"):
        assert_close(getattr(earlier, name) + getattr(later, name), getattr(whole, name), 1e-12, name)
    for name in ("dF_dh", "dF_da", "dF_dx"):
        assert_close(np.vstack((getattr(earlier, name), getattr(later, name))), getattr(whole, name), 1e-12, name)
    assert_close(earlier.dh0, whole.dh0, 1e-12)


@both_forms
def test_an_update_gate_at_one_keeps_the_state(reset_after):
    x, params, h0, explicit = gru_problem(3, 2, 6, reset_after=reset_after)
    params.b[3:6] = 1000
    np.testing.assert_array_equal(gru.run(x, params, h0=h0, reset_after=reset_after).h, [h0] * 6)
    result = gru.bptt(x, params, explicit, h0=h0, reset_after=reset_after)
    assert_close(result.dh0, explicit.sum(0), 1e-14)
    assert not result.dF_da.any()
    assert gru.lag_norms(x, params, h0=h0, reset_after=reset_after) == pytest.approx([0] * 6, abs=1e-12)


@both_forms
def test_open_reset_and_no_update_gate_make_a_plain_network(reset_after):
    x, params, h0, _ = gru_problem(3, 2, 6, reset_after=reset_after)
    params.b[:3], params.b[3:6] = 1000, -1000
    plain = rnn.RnnParams(params.U[6:], params.W[6:], params.b[6:9] + (params.b[9:] if reset_after else 0))
    run = gru.run(x, params, h0=h0, reset_after=reset_after)
    assert_close(run.h, rnn.run(x, plain, h0=h0).h, 1e-14)
    np.testing.assert_array_equal(run.h, run.n)


def test_a_closed_reset_gate_hears_nothing_of_the_past_but_the_bias():
    x, params, h0, _ = gru_problem(3, 2, 6)
    params.b[:3] = -1000
    n = gru.run(x, params, h0=h0).n
    assert_close(n, np.tanh(x @ params.U[6:].T + params.b[6:]), 1e-14)
    after = gru.run(x, gru.GruParams(params.U, params.W, [*params.b, 7, 7, 7]), h0=h0, reset_after=True)
    np.testing.assert_array_equal(after.n, n)


def test_the_two_forms_agree_where_the_reset_gate_is_open():
    x, params, h0, explicit = gru_problem(3, 2, 6)
    params.b[:3] = 1000
    before, after = (gru.run(x, params, h0=h0, reset_after=form) for form in (False, True))
    for name in before._fields:
        assert_close(getattr(after, name), getattr(before, name), 1e-14, name)
    before, after = (gru.bptt(x, params, explicit, h0=h0, reset_after=form) for form in (False, True))
    for name in before._fields:
        assert_close(getattr(after, name), getattr(before, name), 1e-13, name)


@both_forms
def test_lag_norms_far_below_the_smallest_number(reset_after):
    # log10 of z = exp(-690) is -690 / ln 10, to 1e-300
    result = gru.lag_norms(**constant_gates(0, -690, 0.5, 6), reset_after=reset_after)
    expected = -690 / math.log(10) * np.arange(5, -1, -1)
    assert expected[0] < -1400
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    assert gru.lag_norms(**constant_gates(0, -1000, 0, 3), reset_after=reset_after).tolist() == [-np.inf, -np.inf, 0]


@pytest.mark.parametrize("net", [-30, -36.5, -300, -700])
def test_a_nearly_closed_gate_keeps_its_leading_digits(net):
    run = gru.run(**constant_gates(net, net, 0, 1))
    assert [run.r[0, 0], run.z[0, 0]] == pytest.approx([math.exp(net) / (1 + math.exp(net))] * 2, rel=1e-13)


def test_overflow_is_shown_and_not_raised():
    # the update gate is s(inf), and W_n multiplies the state up to inf, then the reset gate's 0 makes it NaN
    params = gru.GruParams([[-1e308], [1e308], [0]], [[0], [0], [1e308]], [0, 0, 0])
    assert gru.run([10], params, h0=[1]).h.tolist() == [[1]]
    assert np.isnan(gru.run([10], params, h0=[20], reset_after=True).h).all()
    assert np.isnan(gru.bptt([10], params, [[1]], h0=[20], reset_after=True).dW).any()
    assert np.isnan(gru.lag_norms([0, 10], params, h0=[20], reset_after=True)[0])


@both_forms
def test_arguments_are_left_alone_and_any_array_will_do(reset_after):
    x, params, h0, explicit = gru_problem(3, 1, 5, reset_after=reset_after)
    frozen = [np.asfortranarray(values) for values in (x, *params, h0, explicit)]
    for values in frozen:
        values.flags.writeable = False
    result = gru.bptt(frozen[0], frozen[1:4], frozen[5], h0=frozen[4], reset_after=reset_after)
    plain = gru.bptt(x[:, 0].tolist(), params, explicit.tolist(), h0=h0.tolist(), reset_after=reset_after)
    for name in result._fields:
        np.testing.assert_array_equal(getattr(result, name), getattr(plain, name), err_msg=name)


def test_three_blocks_of_biases_mean_that_the_fourth_is_zero():
    x, params, h0, explicit = gru_problem(3, 2, 5)
    three, four = (
        gru.bptt(x, params._replace(b=b), explicit, h0=h0, reset_after=True)
        for b in (params.b, np.concatenate((params.b, np.zeros(3))))
    )
    assert (three.db.shape, four.db.shape) == ((9,), (12,))
    np.testing.assert_array_equal(three.db, four.db[:9])
    np.testing.assert_array_equal(three.dW, four.dW)


@pytest.mark.parametrize("blocks", [3, 4])
def test_initial_weights(blocks):
    params = gru.initial(16, 3, np.random.default_rng(0), reset_after=blocks == 4)
    assert [values.shape for values in params] == [(48, 3), (48, 16), (16 * blocks,)]
    assert all(0.2 < abs(values).max() <= 0.25 for values in (params.U, params.W))
    assert not params.b.any()
    plain = rnn.initial(16, 3, np.random.default_rng(0))
    assert [values.shape for values in plain] == [(16, 3), (16, 16), (16,)]
    assert all(0.2 < abs(values).max() <= 0.25 for values in (plain.U, plain.W))
    assert not plain.b.any()


X, GOOD, _, EXPLICIT = gru_problem(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gru.run(X, None), r"params must be GruParams\(U, W, b\), got None"),
        (lambda: gru.run(X, (GOOD.U[:5], *GOOD[1:])), r"params.U must have 3 rows for each unit .*got shape \(5, 3\)"),
        (lambda: gru.run(X, GOOD._replace(W=GOOD.W[:4])), r"params.W must have shape \(6, 2\), got shape \(4, 2\)"),
        (lambda: gru.run(X, GOOD._replace(b=[1])), r"params.b must have shape \(6,\), got shape \(1,\)"),
        (lambda: gru.run(X, GOOD._replace(b=[1] * 8)), r"got shape \(8,\): a fourth block needs reset_after=True"),
        (lambda: gru.run(X, GOOD._replace(b=[1]), reset_after=True), r"params.b must have shape \(6,\) or \(8,\)"),
        (lambda: gru.run(X, GOOD._replace(b=[[1]])), "params.b must have one dimension"),
        (lambda: gru.run(X, GOOD._replace(U=GOOD.U * np.nan)), "params.U must be finite"),
        (lambda: gru.run(X[:, :2], GOOD), r"x must have shape \(None, 3\), got shape \(4, 2\)"),
        (lambda: gru.run(X, GOOD, h0=[1]), "h0 must have one dimension and 2 values"),
        (lambda: gru.run(X, GOOD, reset_after="after"), "reset_after must be True or False, got 'after'"),
        (lambda: gru.bptt(X, GOOD, EXPLICIT[1:]), r"explicit must have shape \(4, 2\), got shape \(3, 2\)"),
        (lambda: gru.lag_norms(X, GOOD, h0=[np.inf, 0]), "h0 must be finite"),
        (lambda: gru.initial(0, 1, np.random.default_rng(0)), "n_units must be a whole number of at least 1"),
        (lambda: rnn.initial(1, 0, np.random.default_rng(0)), "n_inputs must be a whole number of at least 1"),
        (lambda: rnn.initial(1, 1, None), "rng must be a numpy.random.Generator, got None"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
