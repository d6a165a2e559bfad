"""LDDN: in which order layers are computed, what is refused, and what a network as a vector is."""

import itertools
import re

import numpy as np
import pytest

from engine import lddn
from tests.lddn_cases import random_problem

C, L = lddn.Connection, lddn.Layer
ONE = np.eye(1)


def wired(*triples):
    """One unit per layer from triples (layer, source, delay or delays)."""
    names = list(dict.fromkeys(layer for layer, _, _ in triples))
    weight = lambda delay: [ONE] * len(delay) if isinstance(delay, tuple) else ONE  # noqa: E731
    hears = {name: tuple(C(s, weight(d), d) for layer, s, d in triples if layer == name) for name in names}
    return lddn.Network(tuple(L(name, connections) for name, connections in hears.items()))


def test_layers_come_after_what_they_hear_and_loops_stay_together():
    network = wired(("out", "b", 0), ("b", "a", 0), ("a", "x", 0), ("a", "b", 1), ("first", "x", 2), ("a", "first", 3))
    groups = lddn.prepare(network).groups
    assert groups == (lddn.Group(("first",), False), lddn.Group(("a", "b"), True), lddn.Group(("out",), False))


def test_two_loops_that_share_a_layer_are_one():
    network = wired(("a", "x", 0), ("a", "b", 1), ("b", "a", 0), ("b", "c", 4), ("c", "b", 0))
    assert lddn.prepare(network).groups == (lddn.Group(("a", "b", "c"), True),)


@pytest.mark.parametrize(
    ("triples", "loop"),
    [
        ((("a", "x", 0), ("a", "a", 0)), "a"),
        ((("a", "x", 0), ("a", "b", 0), ("b", "a", 0)), "ab"),
        ((("a", "x", 0), ("a", "b", (0, 1)), ("b", "a", 0)), "ab"),
        ((("a", "x", 0), ("a", "c", 0), ("c", "b", 0), ("c", "d", 2), ("b", "a", 0), ("d", "c", 0)), "abc"),
    ],
)
def test_a_loop_without_a_delay_is_refused_with_its_layers(triples, loop):
    with pytest.raises(ValueError, match="form a loop without a delay: one connection of it needs a delay") as refused:
        lddn.run([1.0], wired(*triples))
    named = re.findall("'(.)'", str(refused.value))
    assert (named[0], set(named)) == (named[-1], set(loop))
    heard = {(source, layer) for layer, source, _ in triples}
    assert all(pair in heard for pair in itertools.pairwise(named))


def test_a_gate_without_a_delay_counts_for_loops_too():
    layers = (L("a", (C("x", ONE, gate="b"),)), L("b", (C("a", ONE),)))
    with pytest.raises(ValueError, match=r"layers 'a' → 'b' → 'a' form|layers 'b' → 'a' → 'b' form"):
        lddn.run([1.0], lddn.Network(layers))


GOOD = lddn.Network(
    (L("h", (C("x", [[1, 2]]), C("h", [ONE, ONE], (1, 2), gate="p")), [0], "tanh"), L("y", (C("h"),))), ("x", "p")
)
WIDTH = "'x' must be as wide as layer 'h', which has 1 units, got 2"
X = {"x": np.ones((4, 2)), "p": np.ones(4)}


def changed(connection=None, **fields):
    """GOOD with one more connection or something else in its first layer."""
    hidden = GOOD.layers[0]
    connections = hidden.connections if connection is None else (*hidden.connections, connection)
    return GOOD._replace(layers=(hidden._replace(**{"connections": connections, **fields}), GOOD.layers[1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lddn.run(X, None), r"network must be Network\(layers, inputs\), got None"),
        (lambda: lddn.run(X, lddn.Network(())), "network must be Network"),
        (lambda: lddn.run(X, lddn.Network(((),))), "network.layers must hold Layer"),
        (lambda: lddn.run(X, changed(name="x")), "names of their own, got 'x' twice"),
        (lambda: lddn.run(X, changed(name="")), "must have names, got ''"),
        (lambda: lddn.run(X, changed(connections=())), "network.layers must hold Layer"),
        (lambda: lddn.run(X, changed(activation="sin")), "activation of layer 'h' must be one of tanh"),
        (lambda: lddn.run(X, changed(b=[1, 2])), "the weight of layer 'h' from 'x' must have shape"),
        (lambda: lddn.run(X, changed(b=[np.nan])), "the bias of layer 'h' must be finite, got nan"),
        (lambda: lddn.run(X, changed(("h", ONE))), "layer 'h' must have connections of type Connection"),
        (lambda: lddn.run(X, changed(C("z", ONE, 1))), "a source of layer 'h' must be one of x, p, h, y, got 'z'"),
        (lambda: lddn.run(X, changed(C("h", ONE, 1, "z"))), "a gate of layer 'h' must be one of x, p, h, y, got 'z'"),
        (
            lambda: lddn.run(X, changed(C("h", ONE, 1, "x"))),
            WIDTH,
        ),
        (lambda: lddn.run(X, changed(C("x", None, 1))), WIDTH),
        (lambda: lddn.run(X, changed(C("h", ONE, -1))), "a delay of layer 'h' from 'h' must be a whole number"),
        (lambda: lddn.run(X, changed(C("h", ONE, 1.0))), "a delay of layer 'h' from 'h' must be a whole number"),
        (lambda: lddn.run(X, changed(C("h", [ONE, ONE], (1, 1)))), r"must be given, and once only, got \(1, 1\)"),
        (lambda: lddn.run(X, changed(C("h", np.ones((0, 1, 1)), ()))), r"must be given, and once only, got \(\)"),
        (lambda: lddn.run(X, changed(C("h", None, (1, 2)))), "must be given where delays is a tuple"),
        (lambda: lddn.run(X, changed(C("h", ONE, (1, 2)))), r"must have shape \(2, 1, 1\), got shape \(1, 1\)"),
        (lambda: lddn.run(X, lddn.Network((L("h", (C("x"),)),))), "the width of 'x' must follow from a weight"),
        (lambda: lddn.run([1, 2], GOOD), "x must be a dictionary with x, p"),
        (lambda: lddn.run({"x": X["x"]}, GOOD), "x must have a sequence for each input, got none for 'p'"),
        (lambda: lddn.run(X | {"q": [1]}, GOOD), "x must be of x, p, got 'q'"),
        (lambda: lddn.run(X | {"p": [1]}, GOOD), "input 'p' must have one dimension and 4 values"),
        (lambda: lddn.run(X | {"x": np.ones((4, 3))}, GOOD), r"input 'x' must have shape \(None, 2\)"),
        (lambda: lddn.run(X, GOOD, before=np.ones(2)), "before must be a dictionary with x, p, h, y"),
        (lambda: lddn.run(X, GOOD, before={"z": [1]}), "before must be of x, p, h, y, got 'z'"),
        (lambda: lddn.run(X, GOOD, before={"x": [1]}), r"before of 'x' must have shape \(None, 2\)"),
        (lambda: lddn.bptt(X, GOOD, [1]), "explicit of 'y' must have one dimension and 4 values"),
        (lambda: lddn.bptt(X, GOOD, {"x": X["x"]}), "explicit must be of h, y, got 'x'"),
        (lambda: lddn.rtrl(X, GOOD, {"h": np.inf * X["p"]}), "explicit of 'h' must be finite"),
        (lambda: lddn.with_parameters(GOOD, [1]), "w must have one dimension and 5 values"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_parameters_stand_layer_by_layer_and_go_back_to_where_they_came_from():
    assert lddn.parameters(GOOD).tolist() == [1, 2, 1, 1, 0]
    network, x, before, explicit = random_problem(5, 5)
    w = np.random.default_rng(0).normal(size=lddn.parameters(network).shape)
    other = lddn.with_parameters(network, w)
    np.testing.assert_array_equal(lddn.parameters(other), w)
    prepared = lddn.with_parameters(lddn.prepare(network), w)
    for call in (lddn.bptt, lddn.rtrl):
        expected = call(x, other, explicit, before=before)
        np.testing.assert_array_equal(call(x, prepared, explicit, before=before).dF_dw, expected.dF_dw)
        for name, (weights, b) in expected.layers.items():
            layer = next(layer for layer in other.layers if layer.name == name)
            assert [np.shape(v) for v in (*weights, b)] == [np.shape(v) for v in (*_weights(layer), layer.b)]


def _weights(layer):
    return [connection.weight for connection in layer.connections]


def test_of_what_came_before_the_latest_counts():
    network = lddn.Network((L("y", (C("x", [ONE, 10 * ONE], (1, 3)),)),))
    run = lambda rows: lddn.run([1, 2, 3, 4], network, before={"x": rows}).y[:, 0].tolist()  # noqa: E731
    assert run([7, 8, 9]) == [79, 81, 92, 13]
    assert run([9]) == [9, 1, 92, 13]
    assert run([5, 6, 7, 8, 9]) == run([7, 8, 9])
    assert lddn.run([1, 2, 3, 4], network).y[:, 0].tolist() == [0, 1, 2, 13]


def test_one_step_is_enough_and_delays_may_be_longer_than_the_sequence():
    network = lddn.Network((L("y", (C("x", [ONE, ONE], (0, 9)), C("y", ONE, 7))),))
    assert lddn.run([3], network).y.tolist() == [[3]]
    gradient = lddn.bptt([3], network, [2])
    assert [w.tolist() for w in gradient.layers["y"].weights] == [[[[6]], [[0]]], [[0]]]
    assert gradient.dF_dx["x"].tolist() == [[2]]


def test_hard_switches_let_nothing_back():
    network = lddn.Network((L("h", (C("x", ONE), C("h", ONE, 1)), [-1.5], "hardlim"), L("y", (C("h", 2 * ONE),))))
    assert lddn.run([1, 2, 1, 0, 1.5], network).y[:, 0].tolist() == [0, 2, 2, 0, 2]
    gradient = lddn.bptt([1, 2, 1], network, [1, 1, 1])
    assert (gradient.layers["h"].b.tolist(), gradient.layers["y"].weights[0].tolist()) == ([0], [[2]])


def test_overflow_is_shown_and_not_raised():
    network = lddn.Network((L("y", (C("x", ONE), C("y", 10 * ONE, 1))),))
    assert np.isinf(lddn.run(np.ones(400), network).y[-1])
    for method in (lddn.bptt, lddn.rtrl):
        assert not np.isfinite(method(np.ones(400), network, np.ones(400)).dF_dw).any()


def test_arguments_are_left_alone_and_any_array_will_do():
    network, x, before, explicit = random_problem(11, 4)
    kept = lddn.bptt(x, network, explicit, before=before)
    for values in (*x.values(), *before.values(), *explicit.values()):
        values.flags.writeable = False
    plain = lambda arrays: {name: np.asfortranarray(values).tolist() for name, values in arrays.items()}  # noqa: E731
    again = lddn.bptt(plain(x), network, plain(explicit), before=plain(before))
    np.testing.assert_array_equal(again.dF_dw, kept.dF_dw)
