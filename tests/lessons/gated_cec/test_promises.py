"""The numbers that the lesson on the gated carousel says, from literal loops and exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest

from app.shell import address, lessons
from lessons.gated_cec.model import GatedCEC
from tests import naive
from tests.app import pages
from tests.lessons.promises import keeps, needs_none
from tests.lessons.written import written

STEM = "gated_cec"
LESSON = lessons.load(STEM)
LOOP, GATES = "text A loop that neither fades nor grows", "text Gates: multiply by a number between 0 and 1"
BACK = "text How far back a gradient can see"


class Shown:
    """A preset's sequences by their names, and its states by loops that know no engine."""

    def __init__(self, preset: str) -> None:
        m = pages.model_at(STEM, preset=preset)
        self.x, self.o = m.sequence("x").tolist(), m.sequence("output_gate").tolist()
        self.i = m.sequence("input_gate").tolist()
        self.f = [m.forget_level] * m.n_steps if m.constant_forget else m.sequence("forget_gate").tolist()
        self.w, self.model = m.w, m
        self.c, self.y = naive.carousel(self.x, self.i, self.f, self.o, m.w, 0.0)
        if m.circuit == "gate":
            self.y = [gate * value for gate, value in zip(self.i, self.x, strict=True)]
        np.testing.assert_allclose(self.y, m.table()["y"], rtol=1e-12)

    def closed(self, gate: str) -> list[int]:
        """The steps at which a gate is closed."""
        return [t for t, value in enumerate(getattr(self, gate), 1) if value == 0]


E7, DEMO, KEEP = Shown("exercise-e12-7"), Shown("book-demo"), Shown("keep-one-value")
SUM, LEAKY, LOUD = Shown("accumulate-read-clear"), Shown("leaky-integrator"), Shown("exploding")

TABLE = [
    ("preset leaky-integrator", "10", 1 / (1 - 0.9)),
    ("preset leaky-integrator", "6.6", math.log(0.5) / math.log(0.9)),
    ("preset exploding", "276.8", LOUD.c[59]),
    ("preset exploding", "7.3", math.log(2) / math.log(1.1)),
    ("preset keep-one-value", "0.9", KEEP.c[54]),
    ("preset keep-one-value", "0.3", KEEP.c[55]),
    ("preset accumulate-read-clear", "5", SUM.c[19]),
    ("example 1", "1", DEMO.c[0]),
    ("example 2", "4", DEMO.c[3]),
    ("example 2", "5", DEMO.c[4]),
    ("example 3", "5", DEMO.c[6]),
    ("example 4", "1", DEMO.c[7]),
    ("example 4", "5", DEMO.c[6]),
    ("example 5", "2", DEMO.c[8]),
    ("example 5", "3", DEMO.c[9]),
    ("example 5", "4", DEMO.c[10]),
    ("quiz 2", "2", naive.carousel([2], [1], [0], [1], 1.0, 5)[0][0]),
    ("quiz 2", "7", naive.carousel([2], [1], [1], [1], 1.0, 5)[0][0]),
    ("quiz 2", "5", naive.carousel([2], [0], [1], [1], 1.0, 5)[0][0]),
    ("quiz 2", "0", naive.carousel([2], [0], [0], [1], 1.0, 5)[0][0]),
    ("quiz 4", "90", 100 * 0.9),
    ("quiz 4", "10", 100 * 0.9**22),
    ("quiz 4", "0.5", 100 * 0.9**50),
    ("quiz 4", "0.005", 0.9**50),
    (LOOP, "0.005", 0.9**50),
    (LOOP, "117", 1.1**50),
]


@pytest.mark.parametrize(("place", "number", "value"), TABLE)
def test_what_the_lesson_says_is_so(place, number, value):
    assert written(value, number) == number


for _place, _number, _ in TABLE:
    keeps(STEM, _place, _number)(test_what_the_lesson_says_is_so)


@keeps(STEM, "preset exercise-e12-7", "7", "11")
@keeps(STEM, "predict", "1")
def test_the_gates_of_the_first_exercise():
    assert E7.closed("i") == [5, 6, 7] and E7.closed("f") == [7, 11, 12, 13]
    assert set(Shown(LESSON.predict.preset).x) == {1.0}


@keeps(STEM, "preset exercise-e12-6", "0")
def test_a_gate_alone_gives_nothing_where_it_is_closed():
    alone = Shown("exercise-e12-6")
    assert all(alone.y[t - 1] == 0 for t in alone.closed("i")) and max(alone.closed("i")) == 13


@keeps(STEM, "preset book-demo", "8", "12")
def test_the_book_demo_replaces_the_sum_by_the_input():
    assert DEMO.closed("f") == [8, 12, 13] and not {8, 12, 13} & set(DEMO.closed("i"))
    assert all(DEMO.c[t - 1] == DEMO.x[t - 1] for t in (8, 12, 13))


@keeps(STEM, "preset keep-one-value", "5", "50", "56")
def test_one_value_is_kept_for_fifty_steps():
    let_in = [t for t in range(1, 61) if KEEP.i[t - 1]]
    assert let_in == [5, 56] and all(KEEP.x)
    assert KEEP.c[4:55] == [0.9] * 51 and KEEP.c[55] == 0.3


@keeps(STEM, "preset accumulate-read-clear", "0.25", "30")
def test_a_sum_is_shown_once_and_cleared():
    assert set(SUM.x) == {0.25} and [t for t in range(1, 41) if SUM.i[t - 1]] == list(range(1, 21))
    assert [t for t in range(1, 41) if SUM.y[t - 1]] == [25] and SUM.y[24] == 5
    assert SUM.c[28] == 5 and SUM.c[29] == 0 and SUM.closed("f") == [30]


@keeps(STEM, "preset exploding", "1")
def test_a_single_one_grows():
    assert LOUD.x == [1.0] + [0.0] * 59 and set(LOUD.i) == {1.0}


def test_the_leak_stops_below_its_limit():
    assert LEAKY.c[-1] < 10 and LEAKY.c[-1] == pytest.approx(10 * (1 - 0.9**55))


@keeps(STEM, "example 1", "0")
@keeps(STEM, "example 2", "1")
@keeps(STEM, "example 3", "6", "7", "0", "1")
@keeps(STEM, "example 4", "8", "0")
@keeps(STEM, "example 5", "11", "1")
def test_the_worked_example_puts_in_what_the_page_shows():
    assert set(DEMO.x) == {1.0} and DEMO.w == 1.0
    assert DEMO.closed("i") == [6, 7] and DEMO.f[7] == 0
    for step, t, before, now in ((0, 1, 0, 1), (1, 5, 4, 5), (2, 7, 5, 5), (3, 8, 5, 1), (4, 11, 3, 4)):
        i, f = DEMO.i[t - 1], DEMO.f[t - 1]
        assert (DEMO.c[t - 2] if t > 1 else 0) == before and DEMO.c[t - 1] == now == i + f * before
        said = rf"{i:.0f} \cdot 1 + 1 \cdot {f:.0f} \cdot {before} = {now}"
        assert said in LESSON.example[step].text and LESSON.example[step].cursor == t


@keeps(STEM, "example 6", "4", "8", "9", "10", "11", "1", "5", "6", "7", "0")
def test_the_inputs_that_are_in_the_sum():
    felt = [DEMO.i[k - 1] * naive.carousel_product([Fraction(v) for v in DEMO.f[:11]], Fraction(1), k)
            for k in range(1, 12)]  # fmt: skip
    assert felt == [0] * 7 + [1] * 4 and DEMO.c[10] == 4
    assert naive.carousel_product(DEMO.f[:11], 1.0, 5) == 0 and DEMO.f[7] == 0


# The challenges' conditions


def judged(number: int, **values: object) -> bool:
    """The verdict on a challenge at its solution, with some values changed."""
    challenge, m = LESSON.challenges[number - 1], GatedCEC()
    chosen = address.values_from(m, dict(challenge.solution) | values)
    m.param.update(**(address.starting_values(m) | chosen))
    return getattr(m, challenge.check)().passed


@keeps(STEM, "challenge 1", "0.1", "1", "50")
def test_the_first_challenge_asks_for_its_bounds():
    for value, wanted in ((0.1, False), (0.101, True), (-0.101, True)):
        assert judged(1, x=f"0.4*4,{value},0.2*55") == wanted
    last = "0*4,1,0*54,1"  # at the last step something new comes in
    for value, wanted in ((0.0089, True), (0.0091, False)):
        assert judged(1, input_gate=last, x=f"0.4*4,0.9,0.2*54,{value}") == wanted
    for held, wanted in ((49, False), (50, True)):
        assert judged(1, forget_gate=f"1*{5 + held},0,1*{59 - 5 - held}", input_gate="0*4,1,0*55") == wanted
    for leak, wanted in ((0.0098, True), (0.0102, False)):  # what is lost over 50 steps
        assert judged(1, forget_gate=f"1*5,{(1 - leak) ** (1 / 50)!r}*50,0*5") == wanted


@keeps(STEM, "challenge 2", "1", "3")
def test_the_second_challenge_asks_for_three_of_each_sign_and_a_carousel():
    assert judged(2) and not judged(2, w=1.01) and not judged(2, circuit="carousel")
    assert not judged(2, x="1,-1,2,-2,0.5,0,1,0,0,0") and not judged(2, x="1,-1,2,-2,0,-0.5,0,-1,0,0")
    assert judged(2, x="1,-1,2,-2,0.5,-0.5,0,0,0,0") and not judged(2, input_gate="1*10")
    assert pages.classes(STEM)[0]().param.x.bounds[1] == 3 and "−3 to 3" in GatedCEC().param.signed_input.label


@keeps(STEM, "challenge 3", "6", "1", "0", "5")
def test_the_third_challenge_asks_for_step_five_alone():
    assert judged(3) and judged(3, sensitivity_at=6) and not judged(3, sensitivity_at=5)
    assert not judged(3, input_gate="0*4,0.999999,0*8") and not judged(3, input_gate="0*3,0.001,1,0*8")
    assert judged(3, input_gate="1*5,0*8", forget_gate="1*4,0,1*8"), "forgotten at step 5 is as good"
    assert not judged(3, input_gate="0*4,1,0*7,0.1")


# The quiz


@keeps(STEM, "quiz 1", "1", "0")
@keeps(STEM, GATES, "0", "1")
@keeps(STEM, "quiz 2", "1")
@pytest.mark.parametrize("seed", range(20))
def test_four_actions_of_open_and_closed_gates(seed):
    x, before = np.random.default_rng(seed).normal(size=2).tolist()
    now = {(i, f): naive.carousel([x], [i], [f], [1], 1.0, before)[0][0] for i in (0, 1) for f in (0, 1)}
    assert now == {(1, 1): x + before, (0, 1): before, (1, 0): x, (0, 0): 0}
    assert (
        "| 1 | 1 | add the input |\n| 0 | 1 | hold |\n| 1 | 0 | replace by the input |\n| 0 | 0 | clear |"
        in LESSON.body
    )
    assert LESSON.quiz[0].choices[LESSON.quiz[0].answer] == "$i = 0$, $f = 1$"
    assert 0 <= naive.carousel([0.7], [0.4], [0], [1], 1.0, 0)[0][0] < 0.7, "weakened in between"


@keeps(STEM, "quiz 3", "60", "0", "1", "40", "41")
@keeps(STEM, BACK, "1", "0")
def test_what_a_single_closed_gate_cuts():
    f = [Fraction(1)] * 60
    f[39] = Fraction(0)
    reach = [k for k in range(1, 61) if naive.carousel_product(f, Fraction(1), k)]
    assert reach == list(range(40, 61)) and LESSON.quiz[2].answer == 1 and "$k = 40$ to 60" in LESSON.quiz[2].choices[1]
    open_, small, large = ([Fraction(v)] * 60 for v in ("1", "0.9", "1.1"))
    sizes = [float(naive.carousel_product(gates, Fraction(1), 10)) for gates in (open_, small, large)]
    assert sizes[0] == 1 and sizes[1] < 0.01 and sizes[2] > 100


@keeps(STEM, "quiz 4", "0.9", "1", "50", "22", "0")
def test_how_much_a_leak_leaves():
    left = [float(naive.carousel_product([Fraction(9, 10)] * (n + 1), Fraction(1), 1)) for n in range(51)]
    assert left[1] == 0.9 and written(100 * left[22], "10") == "10" and 0 < left[50] == pytest.approx(0.00515, abs=1e-5)
    assert LESSON.quiz[3].choices[LESSON.quiz[3].answer] == "About 0.5 %"


@keeps(STEM, LOOP, "50", "0.9", "1.1", "1")
@keeps(STEM, BACK, "50")
def test_fifty_rounds_of_a_loop():
    rounds = {w: naive.carousel([0.0] * 50, [0.0] * 50, [1.0] * 50, [1.0] * 50, w, 1.0)[0][-1] for w in (0.9, 1.0, 1.1)}
    assert rounds[1.0] == 1
    assert rounds[0.9] == pytest.approx(0.9**50) and rounds[1.1] == pytest.approx(1.1**50)


needs_none(STEM, "dictionary", "indices of the textbook's symbols", "1", "5", "4")
