import collections
import functools
import itertools
import math
import sys

import numpy as np
import pytest
from numba import config

from engine import lstm, network, tasks, trained, training, weights
from engine.trained import __main__ as script
from engine.trained import recipes

pytestmark = pytest.mark.filterwarnings("error")

# seeds that no recipe has used
FRESH = 2026
compiled_only = pytest.mark.skipif(config.DISABLE_JIT, reason="takes minutes with NUMBA_DISABLE_JIT=1")


def answers(name, batch):
    """y of the last step of every sequence, from the network in the file."""
    net = trained.load(name)
    return np.array([network.run(x, net).y[-1, 0] for x in batch.x])


@pytest.mark.parametrize("lag", [50, 200])
def test_recall_is_right_on_sequences_never_seen(lag):
    count = 40 if config.DISABLE_JIT else 2000
    batch = tasks.recall(lag, np.random.default_rng(FRESH), count=count)
    y = answers(f"recall {lag}", batch)
    right = (y > 0) == (batch.x[:, 0, 0] > 0)
    assert right.mean() >= 0.99
    assert ((y - batch.x[:, 0, 0]) ** 2).mean() < 0.05


def test_adding_beats_the_constant_answer_forty_times():
    count = 40 if config.DISABLE_JIT else 2000
    batch = tasks.adding(100, np.random.default_rng(FRESH), count=count)
    exact = [0.5 + sum(value for value, mark in x if mark == 1) / 4 for x in batch.x]
    assert np.mean((answers("adding", batch) - exact) ** 2) < 1 / 1000


def bigram_bits(text):
    """Bits per character of the best model that sees one character back: the text's own frequencies."""
    pairs, firsts = collections.Counter(itertools.pairwise(text)), collections.Counter(text[:-1])
    return -sum(count * math.log2(count / firsts[pair[0]]) for pair, count in pairs.items()) / (len(text) - 1)


def test_characters_beat_the_bigrams_by_far():
    text = tasks.TEXT[:400] if config.DISABLE_JIT else tasks.TEXT
    y = network.run(tasks.one_hot(tasks.encode(text[:-1]), len(tasks.ALPHABET)), trained.load("characters")).y
    log_p = y - np.log(np.exp(y).sum(axis=1, keepdims=True))
    bits = -np.mean([log_p[t, tasks.ALPHABET.index(text[t + 1])] for t in range(len(text) - 1)]) / math.log(2)
    assert bigram_bits(tasks.TEXT) == pytest.approx(2.07, abs=0.01)
    assert bits < 0.01


@compiled_only
def test_characters_recite_the_rhyme_from_its_first_line():
    net, recited = trained.load("characters"), tasks.TEXT.splitlines(keepends=True)[0]
    h = c = None
    heard = recited
    while len(recited) < len(tasks.TEXT):
        x = tasks.one_hot(tasks.encode(heard), len(tasks.ALPHABET))
        states = lstm.run(x, net.layers[0].params, h0=h, c0=c)
        h, c = states.h[-1], states.c[-1]
        heard = tasks.ALPHABET[np.argmax(net.V @ h + net.b_out)]
        recited += heard
    assert recited == tasks.TEXT


@pytest.mark.parametrize("name", trained.NAMES)
def test_the_file_holds_one_lstm_layer_of_the_recipe(name):
    recipe, net = recipes.RECIPES[name], trained.load(name)
    (layer,) = net.layers
    assert layer.kind == "lstm" and isinstance(layer.params, lstm.LstmParams) and layer.params.P is None
    assert np.shape(layer.params.U) == (4 * recipe.n_units, recipe.n_inputs)
    assert np.shape(net.V) == (recipe.n_outputs, recipe.n_units)
    assert trained.path(name).stat().st_size < 200_000


@pytest.mark.parametrize("name", trained.NAMES)
def test_the_first_updates_are_those_of_the_recipe(name):
    stored = np.load(script.FIRST_LOSSES)[name]
    assert len(stored) == 20
    if config.DISABLE_JIT and name == "characters":
        pytest.skip("48 units take ten seconds for one update with NUMBA_DISABLE_JIT=1")
    n_updates = 1 if config.DISABLE_JIT else 20
    result = recipes.train(recipes.RECIPES[name], n_updates=n_updates)
    np.testing.assert_allclose(result.losses, stored[:n_updates], rtol=1e-6)


@compiled_only
def test_the_recipe_leads_to_the_file():
    recipe = recipes.RECIPES["recall 50"]
    result = recipes.train(recipe)
    assert len(result.losses) == recipe.phases[0].n_updates
    found, kept = result.network.layers[0].params, trained.load("recall 50").layers[0].params
    # hundreds of updates multiply up the last digit in which processors may differ
    for name in ("U", "W", "b"):
        np.testing.assert_allclose(getattr(found, name), getattr(kept, name), rtol=1e-2, atol=1e-3)


def test_a_phase_goes_on_from_the_one_before(monkeypatch):
    draws = []

    def recall(lag, rng, count):
        draws.append(lag)
        return tasks.recall(lag, rng, count=count)

    phases = tuple(recipes.Phase(functools.partial(recall, lag), 2, 0.01, 3) for lag in (4, 6))
    recipe = recipes.Recipe("squared error", 2, 2, 1, 1.0, 5, phases)
    result = recipes.train(recipe)
    assert draws == [4, 4, 6, 6]
    assert len(result.losses) == 4
    rng = np.random.default_rng(5)
    net = training.initial("lstm", 2, 2, 1, rng, forget_bias=1.0)
    options = {"loss": "squared error", "learning_rate": 0.01, "clip": recipes.CLIP, "batch_size": 3, "rng": rng}
    for phase in phases:
        trainer = training.Trainer(net, phase.draw, **options)
        trainer.step(), trainer.step()
        net = trainer.network
    assert (net.layers[0].params.W == result.network.layers[0].params.W).all()
    short = recipes.train(recipe, n_updates=3)
    assert (short.losses == result.losses[:3]).all()


def test_the_script_writes_what_it_trained(tmp_path, monkeypatch, capsys):
    phase = recipes.Phase(functools.partial(tasks.recall, 2), 3, 0.01, 2)
    recipe = recipes.Recipe("squared error", 2, 2, 1, 0.0, 0, (phase,))
    monkeypatch.setitem(recipes.RECIPES, "adding", recipe)
    monkeypatch.setattr(script, "path", lambda name: tmp_path / f"{name}.npz")
    monkeypatch.setattr(script, "FIRST_LOSSES", tmp_path / "first.npz")
    np.savez(tmp_path / "first.npz", **{"recall 50": [1.0, 2.0]})
    script.main(["adding"])
    assert "adding: 3 updates" in capsys.readouterr().out
    expected = recipes.train(recipe)
    assert (weights.load(tmp_path / "adding.npz").V == expected.network.V).all()
    stored = np.load(tmp_path / "first.npz")
    assert stored["adding"].tolist() == expected.losses.tolist()
    assert stored["recall 50"].tolist() == [1, 2]


def test_an_unknown_name_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="name must be one of recall 50, recall 200, adding, characters, got 'parity'"):
        trained.load("parity")
    with pytest.raises(SystemExit, match="unknown network 'parity': choose from recall 50"):
        script.main(["parity"])
    assert "parity" not in sys.argv
