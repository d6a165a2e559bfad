"""No number in a lesson's words without a test that keeps it, or a reason why it needs none."""

import pytest

from app.shell import lessons
from tests.lessons.promises import numbers, stale, unkept


@pytest.mark.parametrize("stem", lessons.stems())
def test_every_number_in_a_lesson_is_kept(stem):
    assert not unkept(stem)


@pytest.mark.parametrize("stem", lessons.stems())
def test_nothing_is_promised_that_is_not_said(stem):
    assert not stale(stem)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("reads 0.5, then 2,000 steps", ["0.5", "2,000"]),
        (r"about $5 \cdot 10^{-8}$ of $10^{-87}$", [r"5 \cdot 10^{-8}", "10^{-87}"]),
        ("Eqs. 12.35 and 12.36, Figure 12.14, (12.36), E12.5", []),
        ("$h_1(2) = 0.74$ and $w_{12}$, [10 steps](gamma?n_steps=7)", ["0.74", "10"]),
        ("10⁻⁹ and 1.5e-7", ["10⁻⁹", "1.5e-7"]),
    ],
)
def test_numbers_are_found_and_names_are_not(text, found):
    assert numbers(text) == found
