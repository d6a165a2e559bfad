"""The LDDN: literal loops, derivatives by an imaginary step, stored results of PyTorch, and its two gradients."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import lddn
from tests import naive_lddn
from tests.closeness import assert_close
from tests.lddn_cases import FUNCTIONS, lists, plain, random_problem

pytestmark = pytest.mark.filterwarnings("error")

STORED = np.load(Path(__file__).parents[1] / "golden" / "lddn.npz")
TINY = 1e-30
seeds = st.integers(0, 2**32)


def stored(case):
    return {key.split("/")[1]: STORED[key] for key in STORED if key.startswith(f"{case}/")}


def literal_loss(network, x, before, explicit, w=None):
    n_steps = len(next(iter(x.values())))
    _, h = naive_lddn.outputs(lists(x), plain(network, w), lists(before), n_steps)
    return sum((np.array(h[name]) * values).sum() for name, values in explicit.items())


def imaginary_differences(loss, values):
    """d loss / d values, each from one step into the imaginary: nothing is subtracted, so all digits are right."""
    found = np.empty(values.shape)
    for index in np.ndindex(values.shape):
        nudged = values.astype(complex)
        nudged[index] += TINY * 1j
        found[index] = loss(nudged).imag / TINY
    return found


@given(seeds, st.integers(1, 5), st.integers(1, 9))
@settings(max_examples=60)
def test_outputs_of_random_networks_are_those_of_literal_loops(seed, n_layers, n_steps):
    network, x, before, _ = random_problem(seed, n_layers, n_steps, activations=lddn.ACTIVATIONS)
    a, h = naive_lddn.outputs(lists(x), plain(network), lists(before), n_steps)
    found = lddn.run(x, network, before=before)
    for name in h:
        assert_close(found.a[name], np.real(a[name]), 1e-12, name)
        assert_close(found.h[name], np.real(h[name]), 1e-12, name)
    np.testing.assert_array_equal(found.y, found.h[network.layers[-1].name])


@given(seeds, st.integers(1, 5))
@settings(max_examples=25)
def test_both_gradients_of_random_networks_are_those_of_literal_loops(seed, n_layers):
    network, x, before, explicit = random_problem(seed, n_layers, 6)
    expected = imaginary_differences(
        lambda w: literal_loss(network, x, before, explicit, w.tolist()), lddn.parameters(network)
    )
    for method in (lddn.bptt, lddn.rtrl):
        assert_close(method(x, network, explicit, before=before).dF_dw, expected, 1e-10, method.__name__)


@given(seeds, st.integers(1, 5), st.integers(1, 30))
@settings(max_examples=60)
def test_backward_and_forward_in_time_agree(seed, n_layers, n_steps):
    network, x, before, explicit = random_problem(seed, n_layers, n_steps)
    backward = lddn.bptt(x, network, explicit, before=before)
    forward = lddn.rtrl(x, network, explicit, before=before)
    assert_close(forward.dF_dw, backward.dF_dw, 1e-12)
    for name, (weights, b) in backward.layers.items():
        pairs = zip((*weights, b), (*forward.layers[name].weights, forward.layers[name].b), strict=True)
        for one, other in pairs:
            assert (one is None) == (other is None)
            assert one is None or one.shape == other.shape


@pytest.mark.parametrize("seed", range(4))
def test_derivatives_by_inputs_by_what_came_before_and_by_net_inputs(seed):
    network, x, before, explicit = random_problem(seed, 4, 6)
    depth = max(max(np.atleast_1d(c.delays)) for layer in network.layers for c in layer.connections)
    before = {name: np.resize(values, (depth, values.shape[1])) for name, values in before.items() if depth}
    found = lddn.bptt(x, network, explicit, before=before)
    for name, values in x.items():
        changed = lambda nudged, name=name: literal_loss(network, x | {name: nudged}, before, explicit)  # noqa: E731
        assert_close(found.dF_dx[name], imaginary_differences(changed, values), 1e-10, name)
    for name, values in before.items():
        changed = lambda nudged, name=name: literal_loss(network, x, before | {name: nudged}, explicit)  # noqa: E731
        assert_close(found.dF_dbefore[name], imaginary_differences(changed, values), 1e-10, name)
    for layer in network.layers:
        # what is added to a net input has its derivative
        nudge = lddn.Connection("nudge")
        wired = [la._replace(connections=(*la.connections, nudge)) if la == layer else la for la in network.layers]
        nudged = lddn.Network(tuple(wired), (*network.inputs, "nudge"))
        changed = lambda values, nudged=nudged: literal_loss(nudged, x | {"nudge": values}, before, explicit)  # noqa: E731
        expected = imaginary_differences(changed, np.zeros_like(explicit[layer.name]))
        assert_close(found.dF_da[layer.name], expected, 1e-10, layer.name)
        slopes = np.vectorize(lambda a, f=FUNCTIONS[layer.activation]: f(a + TINY * 1j).imag / TINY)
        a = lddn.run(x, network, before=before).a[layer.name]
        assert_close(slopes(a) * found.dF_dh[layer.name], expected, 1e-10, layer.name)


def test_gradient_against_central_differences():
    network, x, before, explicit = random_problem(7, 5, 12)
    w, step = lddn.parameters(network), 1e-6

    def loss(values):
        h = lddn.run(x, lddn.with_parameters(network, values), before=before).h
        return sum((h[name] * explicit[name]).sum() for name in h)

    expected = [(loss(w + step * e) - loss(w - step * e)) / (2 * step) for e in np.eye(len(w))]
    assert_close(lddn.bptt(x, network, explicit, before=before).dF_dw, expected, 1e-7)


def test_what_is_carried_forward_is_the_derivative_of_every_output():
    network, x, before, _ = random_problem(3, 3, 5)
    last = network.layers[-1].name
    zeros = np.zeros_like(lddn.run(x, network).y)
    every = lddn.rtrl(x, network, zeros, before=before, every_step=True).dh_dw
    only_last = lddn.rtrl(x, network, zeros, before=before).dh_dw
    for name, values in every.items():
        np.testing.assert_array_equal(values[-1:], only_last[name])
    for index in np.ndindex(zeros.shape):
        one = np.zeros_like(zeros)
        one[index] = 1
        expected = lddn.bptt(x, network, {last: one}, before=before).dF_dw
        np.testing.assert_allclose(every[last][index], expected, atol=1e-12)


def check_stored(network, case, layers, weights):
    x, before = case["x"], {key[7:]: values for key, values in case.items() if key.startswith("before_")}
    explicit = {name: case[f"explicit_{name}"] for name in layers}
    found = lddn.run(x, network, before=before)
    backward = lddn.bptt(x, network, explicit, before=before)
    for name in layers:
        assert_close(found.h[name], case[f"h_{name}"], 1e-12, name)
        assert_close(backward.dF_dh[name], case[f"dF_dh_{name}"], 1e-12, name)
    assert_close(backward.dF_dx["x"], case["dx"], 1e-12)
    for name in before:
        assert_close(backward.dF_dbefore[name], case[f"dbefore_{name}"], 1e-12, name)
    for gradient in (backward, lddn.rtrl(x, network, explicit, before=before)):
        for layer, names in weights.items():
            values = (*gradient.layers[layer].weights, gradient.layers[layer].b)
            for value, name in zip(values, names, strict=True):
                assert value is None if name is None else True
                if name is not None:
                    assert_close(value, case[f"d{name}"], 1e-12, name)


def test_stored_results_of_pytorch_for_an_ftdnn():
    case = stored("ftdnn")
    hidden = lddn.Layer("h", (lddn.Connection("x", case["U"], (1, 3)),), case["b"], "tanh")
    network = lddn.Network((hidden, lddn.Layer("y", (lddn.Connection("h", case["V"]),), case["b_out"])))
    check_stored(network, case, "hy", {"h": ("U", "b"), "y": ("V", "b_out")})


def test_stored_results_of_pytorch_for_a_narx():
    case, delays = stored("narx"), (1, 2, 3)
    heard = lddn.Connection("x", case["U"], delays), lddn.Connection("y", case["W"], delays)
    hidden = lddn.Layer("h", heard, case["b"], "tanh")
    # the output is given first: its order is found
    network = lddn.Network((lddn.Layer("y", (lddn.Connection("h", case["V"]),), case["b_out"]), hidden))
    check_stored(network, case, "hy", {"h": ("U", "W", "b"), "y": ("V", "b_out")})


def test_stored_results_of_pytorch_for_a_network_with_a_gate_a_fixed_connection_and_two_loops():
    case, c = stored("mixed"), lddn.Connection
    layers = (
        lddn.Layer("y", (c("r", case["E"], 1), c("x", case["G"], 3)), case["b_y"], "tanh"),
        lddn.Layer("r", (c("r", case["D"], 1, gate="q"), c("p"))),
        lddn.Layer("q", (c("p", case["C"], (0, 4)),), case["b_q"], "logistic"),
        lddn.Layer("p", (c("x", case["A"]), c("q", case["B"], 2)), case["b_p"], "relu"),
    )
    weights = {"y": ("E", "G", "b_y"), "r": ("D", None, None), "q": ("C", "b_q"), "p": ("A", "B", "b_p")}
    check_stored(lddn.Network(layers), case, "pqry", weights)
    groups = lddn.prepare(lddn.Network(layers)).groups
    assert groups == (lddn.Group(("p", "q"), True), lddn.Group(("r",), True), lddn.Group(("y",), False))


def test_narx_by_hand_has_the_right_numbers_of_p12_2():
    U, W = [[[1, -1], [-2, 2]], [[3, 1], [1, -3]]], [[[1, -2], [2, 1]], [[1, 3], [-3, 1]]]
    V, b, b_out = [[2, -1], [1, -2]], [1, -2], [-2, 1]
    x, earlier = [[1, 2], [2, 3]], [[1, 0], [2, 1]]
    relu = lambda a: max(a, Fraction(0))  # noqa: E731
    exact = [[[Fraction(v) for v in row] for row in rows] for rows in (*U, *W, V)]
    hears = [("x", [(1, exact[0]), (2, exact[1])], None), ("y", [(1, exact[2]), (2, exact[3])], None)]
    layers = [("h", hears, b, relu), ("y", [("h", [(0, exact[4])], None)], b_out, lambda a: a)]
    a, h = naive_lddn.outputs({"x": x}, layers, {"x": earlier}, 2)
    assert (a["h"], h["y"]) == ([[5, -3], [3, 21]], [[8, 6], [-17, -38]])
    heard = lddn.Connection("x", U, (1, 2)), lddn.Connection("y", W, (1, 2))
    network = lddn.Network((lddn.Layer("h", heard, b, "relu"), lddn.Layer("y", (lddn.Connection("h", V),), b_out)))
    found = lddn.run(x, network, before={"x": earlier})
    assert (found.a["h"].tolist(), found.y.tolist()) == (a["h"], h["y"])
