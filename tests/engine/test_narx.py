import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feedforward, narx
from tests import naive_narx
from tests.closeness import assert_close, central_differences

pytestmark = pytest.mark.filterwarnings("error")

# Solved Problem P12.2: two units, two delays each way; p(0), p(1) fill the line, so the first step is the book's t = 2.
P12_2 = narx.NarxParams(
    U=[[[1, -1], [-2, 2]], [[3, 1], [1, -3]]],
    W=[[[1, -2], [2, 1]], [[1, 3], [-3, 1]]],
    b=[1, -2],
    V=[[2, -1], [1, -2]],
    b_out=[-2, 1],
)
P12_2_BEFORE, P12_2_INPUT = [[1, 0], [2, 1]], [[1, 2], [2, 3]]

# Exercise E12.3, t = 0 ... 9.
E12_3_INPUT = [9, 18, 13, 1, 4, 6, 17, 5, 3, 15]
E12_3_TARGET = [0, 9, 24, 27, 14, 7, 5, 20, 17, 12]


def relu(a):
    return a if a > 0 else 0 * a


def fractions(values):
    return [fractions(value) for value in values] if np.ndim(values) else Fraction(float(values))


def case(seed, *, d=2, depth=3, n=4, m=2, k=2, n_steps=9):
    rng = np.random.default_rng(seed)
    shapes = (d, n, m), (depth, n, k), (n,), (k, n), (k,)
    params = narx.NarxParams(*(rng.normal(size=shape) / 2 for shape in shapes))
    x, teacher = rng.normal(size=(n_steps, m)), rng.normal(size=(n_steps, k))
    before = {"x_before": rng.normal(size=(d, m)), "y_before": rng.normal(size=(depth, k))}
    return x, params, teacher, before


def test_p12_2_by_exact_fractions_and_not_as_printed():
    weights = [fractions(part) for part in P12_2]
    nets, outputs = naive_narx.narx_network(
        fractions(P12_2_INPUT), fractions(P12_2_BEFORE), fractions([[0, 0], [0, 0]]), weights, relu
    )
    assert nets == [[5, -3], [3, 21]] and outputs == [[8, 6], [-17, -38]]
    found = narx.run(P12_2_INPUT, P12_2, activation="relu", x_before=P12_2_BEFORE)
    assert found.net.tolist() == nets and found.y.tolist() == outputs
    # the book prints -4, 9 and [-5, 32]; its last line does not even follow from its own net input
    assert (np.array(P12_2.V) @ [9, 21] + P12_2.b_out).tolist() == [-5, -32]


def test_e12_3_row_by_row():
    found = narx.table(E12_3_INPUT, E12_3_TARGET, [1, 2], [1, 2, 3])
    assert found.steps.tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert found.inputs.tolist() == [
        [13, 18, 24, 9, 0],
        [1, 13, 27, 24, 9],
        [4, 1, 14, 27, 24],
        [6, 4, 7, 14, 27],
        [17, 6, 5, 7, 14],
        [5, 17, 20, 5, 7],
        [3, 5, 17, 20, 5],
    ]
    assert found.targets[:, 0].tolist() == [27, 14, 7, 5, 20, 17, 12]
    both = narx.table(np.ones((5, 2)), np.zeros((5, 3)), [2], [1])
    assert both.inputs.shape == (3, 5) and both.targets.shape == (3, 3)


@pytest.mark.parametrize("activation", narx.ACTIVATIONS)
@pytest.mark.parametrize("opened", [False, True])
def test_run_against_literal_loops(activation, opened):
    f = {"tanh": math.tanh, "logistic": lambda a: 1 / (1 + math.exp(-a)), "relu": relu, "identity": lambda a: a}
    for seed, sizes in enumerate([{}, {"d": 1, "depth": 1, "m": 1, "k": 1}, {"d": 3, "depth": 2, "n": 1, "k": 3}]):
        x, params, teacher, before = case(seed, **sizes)
        teacher = teacher if opened else None
        weights = [part.tolist() for part in params]
        nets, outputs = naive_narx.narx_network(x, *before.values(), weights, f[activation], teacher)
        found = narx.run(x, params, activation=activation, teacher=teacher, **before)
        assert_close(found.net, nets, 1e-13)
        assert_close(found.y, outputs, 1e-13)


def test_what_was_before_is_zero_unless_given_and_its_last_row_is_the_latest():
    x, params, _, before = case(3)
    zeros = {name: np.zeros_like(rows) for name, rows in before.items()}
    np.testing.assert_array_equal(narx.run(x, params).y, narx.run(x, params, **zeros).y)
    latest = narx.run(x, params, y_before=before["y_before"][-1:]).y
    zeros["y_before"][-1] = before["y_before"][-1]
    np.testing.assert_array_equal(latest, narx.run(x, params, **zeros).y)
    longer = np.concatenate([np.ones((4, 2)), before["x_before"]])
    np.testing.assert_array_equal(
        narx.run(x, params, x_before=longer).y, narx.run(x, params, x_before=before["x_before"]).y
    )


def test_the_last_input_is_heard_by_no_step():
    x, params, _, before = case(1)
    changed = x.copy()
    changed[-1] += 5
    np.testing.assert_array_equal(narx.run(x, params, **before).y, narx.run(changed, params, **before).y)


def test_with_its_own_output_as_teacher_both_arrangements_agree():
    x, params, _, before = case(2)
    closed = narx.run(x, params, **before)
    opened = narx.run(x, params, teacher=closed.y, **before)
    np.testing.assert_array_equal(closed.y, opened.y)
    np.testing.assert_array_equal(narx.heard(x, params, **before), narx.heard(x, params, teacher=closed.y, **before))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.booleans(),
       st.sampled_from(["tanh", "logistic", "identity"]))  # fmt: skip
def test_gradient_against_finite_differences(seed, d, depth, k, opened, activation):
    x, params, teacher, before = case(seed, d=d, depth=depth, k=k, n=3, n_steps=6)
    rest = {"activation": activation, "teacher": teacher if opened else None, **before}
    target = np.sin(teacher)
    found = narx.gradient(x, target, params, **rest)

    def loss(parts):
        return float(((narx.run(x, narx.NarxParams(**parts), **rest).y - target) ** 2).sum())

    assert found.loss == pytest.approx(loss(params._asdict()), rel=1e-12)
    for name in narx.NarxParams._fields:
        assert_close(getattr(found, f"d{name}"), central_differences(loss, params._asdict(), name), 1e-6, name)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("activation", narx.ACTIVATIONS)
def test_jacobian_gives_the_gradient_of_bptt(opened, activation):
    """Forward in time and backward in time: two algorithms, one derivative."""
    x, params, teacher, before = case(7)
    rest = {"activation": activation, "teacher": teacher if opened else None, **before}
    J, y = narx.jacobian(x, params, **rest), narx.run(x, params, **rest).y
    target = np.cos(teacher)
    found = narx.gradient(x, target, params, **rest)
    matrices = [np.concatenate([*found.dU, *found.dW], axis=1), found.db, found.dV, found.db_out]
    expected = np.concatenate([np.ravel(part) for part in matrices])
    assert_close(2 * np.einsum("tk,tkp->p", y - target, J), expected, 1e-12)


def test_series_parallel_is_a_static_network_on_the_stacked_table():
    """E12.3: plain backpropagation on the rows of the table, by a module that knows no time."""
    _, params, _, _ = case(5, m=1, k=1, d=2, depth=3)
    data = narx.table(E12_3_INPUT, E12_3_TARGET, [1, 2], [1, 2, 3])
    A, b, V, b_out = narx.augmented(params), *params[2:]
    dA, dV, db, db_out, loss = np.zeros_like(A), np.zeros_like(V), np.zeros_like(b), np.zeros_like(b_out), 0.0
    for z, target in zip(data.inputs, data.targets, strict=True):
        layer = feedforward.Layer(A, np.zeros((len(b), 1)), b)
        nets, outputs = feedforward.forward([layer], z, [np.zeros(1)], 0)
        error = target - (V @ outputs[1] + b_out)
        copies, _ = feedforward.backward([layer], [np.zeros(1)], nets, outputs, [-2 * V.T @ error], 0)
        dA, db = dA + copies[0].dW, db + copies[0].db
        dV, db_out, loss = dV - 2 * np.outer(error, outputs[1]), db_out - 2 * error, loss + float(error @ error)
    known = {"x_before": E12_3_INPUT[1:3], "y_before": E12_3_TARGET[:3]}
    found = narx.gradient(E12_3_INPUT[3:], E12_3_TARGET[3:], params, teacher=E12_3_TARGET[3:], **known)
    assert found.loss == pytest.approx(loss, rel=1e-12)
    assert_close(np.concatenate([*found.dU, *found.dW], axis=1), dA, 1e-12)
    for name, expected in (("db", db), ("dV", dV), ("db_out", db_out)):
        assert_close(getattr(found, name), expected, 1e-12, name)
    assert not found.through.any()


def test_what_copies_send_back_adds_up_to_the_total_derivative():
    x, params, teacher, before = case(8)
    found = narx.gradient(x, teacher, params, **before)
    explicit = -2 * (teacher - narx.run(x, params, **before).y)
    assert_close(explicit + found.through.sum(axis=1), found.dF_dy, 1e-12)
    # nothing comes back from copies that are not there
    for delay in range(1, 4):
        assert not found.through[-delay:, delay - 1].any()


def test_ahead_is_a_closed_loop_begun_anew_at_every_step():
    x, params, teacher, before = case(9)
    found = narx.ahead(x, teacher, params, 4, **before)
    assert found.shape == (6, 4, 2)
    one_step = narx.run(x, params, teacher=teacher, **before).y
    np.testing.assert_array_equal(found[:, 0], one_step[:6])
    np.testing.assert_array_equal(found[0], narx.run(x[:4], params, **before).y)
    later = {name: np.concatenate([rows, new])[: len(rows) + 3] for (name, rows), new in
             zip(before.items(), (x, teacher), strict=True)}  # fmt: skip
    np.testing.assert_array_equal(found[3], narx.run(x[3:7], params, **later).y)


def test_a_loop_that_grows_overflows_without_a_warning():
    params = narx.NarxParams([[[0.0]]], [[[1e200]]], [1.0], [[1e200]], [0.0])
    y = narx.run(np.ones(6), params, activation="identity").y[:, 0]
    assert y[0] == 1e200 and not np.isfinite(y[-1])
    assert not np.isfinite(narx.gradient(np.ones(6), np.ones(6), params, activation="identity").dF_dy).all()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"U": np.ones((2, 3, 2))}, "params.W"),
        ({"V": np.ones((1, 4))}, "params.V"),
        ({"b_out": [np.nan, 1]}, "params.b_out"),
        ({"W": np.ones((3, 4))}, "params.W"),
    ],
)
def test_refusals_name_the_weights(change, named):
    x, params, _, _ = case(0)
    with pytest.raises(ValueError, match=named):
        narx.run(x, params._replace(**change))


def test_refusals_name_the_argument():
    x, params, teacher, before = case(0)
    for given_, named in (
        ({"activation": "sine"}, "activation"),
        ({"teacher": teacher[1:]}, "teacher"),
        ({"x_before": [[1, 2, 3]]}, "x_before"),
        ({"y_before": [[np.inf, 1]]}, "y_before"),
    ):
        with pytest.raises(ValueError, match=named):
            narx.run(x, params, **given_)
    with pytest.raises(ValueError, match="params must be NarxParams"):
        narx.run(x, 3)
    with pytest.raises(ValueError, match="x must"):
        narx.run(x[:, :1], params)
    with pytest.raises(ValueError, match="d must"):
        narx.gradient(x, teacher[1:], params, **before)
    for n_ahead in (0, 10):
        with pytest.raises(ValueError, match="n_ahead"):
            narx.ahead(x, teacher, params, n_ahead)
    for delays in (([], []), ([1, 10], [1]), ([0], [1])):
        with pytest.raises(ValueError, match="delay"):
            narx.table(E12_3_INPUT, E12_3_TARGET, *delays)
