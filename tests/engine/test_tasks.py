import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import tasks

pytestmark = pytest.mark.filterwarnings("error")


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("lag", [1, 2, 7, 50])
def test_recall_asks_at_the_end_for_the_marked_beginning(lag):
    batch = tasks.recall(lag, rng(), count=5)
    assert batch.x.shape == (5, lag + 1, 2)
    assert batch.d.shape == (5, lag + 1, 1)
    assert batch.counted.tolist() == [False] * lag + [True]
    for x, d in zip(batch.x, batch.d, strict=True):
        assert set(x[:, 0]) <= {-1, 1}
        assert x[:, 1].tolist() == [1] + [0] * lag
        assert d[:, 0].tolist() == [0] * lag + [x[0, 0]]


def test_recalled_bits_are_fair_and_independent():
    values = tasks.recall(3, rng(), count=4000).x[:, :, 0]
    # four standard deviations of a mean of 4,000 fair signs
    assert np.abs(values.mean(axis=0)).max() < 4 / np.sqrt(4000)
    products = values.T @ values / 4000
    assert np.abs(products - np.eye(4)).max() < 4 / np.sqrt(4000)


@pytest.mark.parametrize("n_steps", [2, 3, 10, 101])
def test_adding_marks_one_number_in_each_half(n_steps):
    batch = tasks.adding(n_steps, rng(), count=30)
    assert batch.counted.tolist() == [False] * (n_steps - 1) + [True]
    for x, d in zip(batch.x, batch.d, strict=True):
        first, second = [t for t in range(n_steps) if x[t, 1] == 1]
        assert first < n_steps // 2 <= second
        assert set(x[:, 1]) == {0, 1} or n_steps == 2
        assert (np.abs(x[:, 0]) <= 1).all()
        assert d[-1, 0] == pytest.approx(0.5 + (x[first, 0] + x[second, 0]) / 4, rel=1e-15)
        assert not d[:-1].any()


def test_every_step_of_each_half_may_be_marked():
    marks = tasks.adding(7, rng(), count=500).x[:, :, 1].sum(axis=0)
    assert (marks > 0).all()
    assert marks[:3].sum() == marks[3:].sum() == 500


def test_a_constant_answer_to_the_adding_problem_has_an_error_of_one_in_24():
    batch = tasks.adding(10, rng(), count=20_000)
    errors = (batch.d[:, -1, 0] - 0.5) ** 2
    assert errors.mean() == pytest.approx(1 / 24, abs=4 * errors.std() / np.sqrt(20_000))


def test_the_rhyme_repeats_each_verse_in_the_next():
    verses = tasks.TEXT.splitlines()
    assert verses[0] == "this is the house that jack built."
    assert verses[3] == ("this is the cat that killed the rat that ate the malt that lay in the house that jack built.")
    assert len(verses) == 12
    for shorter, longer in itertools.pairwise(verses):
        assert longer.endswith(" " + shorter.removeprefix("this is "))
    assert list(tasks.ALPHABET) == sorted({"\n", *"".join(verses)})


def test_excerpts_ask_for_the_next_character():
    batch = tasks.characters(30, rng(), count=4)
    assert batch.x.shape == (4, 30, len(tasks.ALPHABET))
    assert batch.d.shape == (4, 30)
    assert batch.counted.all() and batch.counted.shape == (30,)
    excerpts = set()
    for x, d in zip(batch.x, batch.d, strict=True):
        # one character more than was read, all in a row in the text
        excerpt = tasks.decode(x.argmax(axis=1)) + tasks.ALPHABET[d[-1]]
        assert excerpt in tasks.TEXT
        assert tasks.decode(d) == excerpt[1:]
        assert x.sum() == 30 and set(x.ravel()) == {0, 1}
        excerpts.add(excerpt)
    assert len(excerpts) == 4


def test_every_excerpt_may_be_drawn_and_the_longest_is_the_whole_text():
    n_steps = len(tasks.TEXT) - 2
    batch = tasks.characters(n_steps, rng(), count=40)
    assert {tasks.decode(d) for d in batch.d} == {tasks.TEXT[1:-1], tasks.TEXT[2:]}
    assert tasks.decode(tasks.characters(n_steps + 1, rng()).d[0]) == tasks.TEXT[1:]


@pytest.mark.parametrize("draw", [tasks.recall, tasks.adding, tasks.characters])
def test_the_seed_decides(draw):
    one, same, other = draw(20, rng(1), count=3), draw(20, rng(1), count=3), draw(20, rng(2), count=3)
    assert (one.x == same.x).all() and (one.d == same.d).all()
    assert (one.x != other.x).any()
    assert draw(20, rng()).x.shape[0] == 1


@given(st.text(tasks.ALPHABET, min_size=1))
def test_decode_undoes_encode(text):
    indices = tasks.encode(text)
    assert tasks.decode(indices) == text
    codes = tasks.one_hot(indices, len(tasks.ALPHABET))
    assert codes.shape == (len(text), len(tasks.ALPHABET))
    assert [tasks.ALPHABET[list(code).index(1)] for code in codes] == list(text)
    assert (codes.sum(axis=1) == 1).all() and (codes >= 0).all()


def test_one_hot_by_hand():
    assert tasks.one_hot([1, 0, 2], 3).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.recall(0, rng()), "lag must be a whole number of at least 1, got 0"),
        (lambda: tasks.recall(5.0, rng()), "lag must be a whole number of at least 1, got 5.0"),
        (lambda: tasks.recall(5, 7), "rng must be a numpy.random.Generator, got 7"),
        (lambda: tasks.recall(5, rng(), count=0), "count must be a whole number of at least 1, got 0"),
        (lambda: tasks.adding(1, rng()), "n_steps must be a whole number of at least 2, got 1"),
        (lambda: tasks.adding(5, rng(), count=-1), "count must be a whole number of at least 1, got -1"),
        (lambda: tasks.adding(5, None), "rng must be a numpy.random.Generator, got None"),
        (lambda: tasks.characters(0, rng()), "n_steps must be a whole number of at least 1, got 0"),
        (lambda: tasks.characters(len(tasks.TEXT), rng()), "n_steps must be less than the text's 2330 characters"),
        (lambda: tasks.characters(5, rng(), count=0), "count must be a whole number of at least 1, got 0"),
        (lambda: tasks.encode("this is Jack"), f"text must hold only the characters {tasks.ALPHABET!r}, got 'J'"),
        (lambda: tasks.encode(""), "text must be a string of at least one character, got ''"),
        (lambda: tasks.encode(5), "text must be a string of at least one character, got 5"),
        (lambda: tasks.decode([0, 26]), "indices must be whole numbers from 0 to 25, got 26"),
        (lambda: tasks.decode([-1]), "indices must be whole numbers from 0 to 25, got -1"),
        (lambda: tasks.one_hot([0, 1.5], 3), "indices must be whole numbers from 0 to 2, got 1.5"),
        (lambda: tasks.one_hot([[0]], 3), "indices must have one dimension"),
        (lambda: tasks.one_hot([0], 0), "n must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
