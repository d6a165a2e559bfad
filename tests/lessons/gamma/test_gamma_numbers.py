"""The gamma lesson's numbers: a reader with a pocket calculator gets what is printed."""

import re

import pytest

from tests.app.pages import Opened


def values_in(line):
    """The numbers in a line of HTML, powers of ten included."""
    text = re.sub(r"·10<sup>(.*?)</sup>", r"e\1", line)
    text = re.sub(r"<[^>]*>|&emsp;", "", text).replace("−", "-")
    return [float(found) for found in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def evaluated(line):
    """The value of a line such as `= 0.5·1 + (−0.5)·2`, worked out from what is printed."""
    text = re.sub(r"·10<sup>(.*?)</sup>", r"e\1", line)
    text = re.sub(r"<[^>]*>|&emsp;|=", "", text).translate(str.maketrans({"−": "-", "·": "*", "[": "(", "]": ")"}))
    return eval(text, {"__builtins__": {}})


@pytest.mark.parametrize("preset", ["learn-alpha", "impulse", "sunspots", "alternating"])
@pytest.mark.parametrize("t", [1, 2, 9, 12])
def test_the_printed_numbers_add_up(preset, t):
    page = Opened("gamma", preset=preset, descent_steps=2)
    blocks = {block.title.split(" ")[0]: block for block in page.view.numbers(page.model, t)}
    first = page.view.numbers(page.model, t)[0].lines
    result = values_in(first[2].split("=")[-1])[0]
    assert evaluated(first[1]) == pytest.approx(result, rel=2e-3, abs=1e-9)
    assert evaluated(first[2].rsplit("=", 1)[0]) == pytest.approx(result, rel=2e-3, abs=1e-9)
    learning = blocks["Learning"].lines
    for terms, total in ((3, 4), (6, 7), (9, 10)):
        assert evaluated(learning[terms]) == pytest.approx(values_in(learning[total])[0], rel=5e-3, abs=1e-6)
    rest = page.model.result.gradient.terms[t - 1 :].sum()
    assert values_in(learning[-1])[-1] == pytest.approx(rest, rel=1e-3, abs=1e-9)


def test_the_gradient_block_compares_with_a_difference_of_losses():
    page = Opened("gamma", preset="learn-alpha", descent_steps=3)
    block = next(block for block in page.view.numbers(page.model, 4) if block.title == "All steps together")
    total, measured = values_in(block.lines[0])[-1], values_in(block.lines[1])[-1]
    assert total == pytest.approx(measured, rel=1e-4)
    assert values_in(block.lines[4])[0] == pytest.approx(evaluated(block.lines[3]), rel=1e-3)
    following = Opened("gamma", preset="learn-alpha", descent_steps=4).model
    assert values_in(block.lines[4])[0] == pytest.approx(following.reached, rel=1e-3)


def test_a_gradient_of_zero_is_compared_by_its_difference():
    for arguments in ({"signal": "noise", "start_alpha": 0.3}, {"signal": "drawn", "x": "0*12"}):
        page = Opened("gamma", **arguments)
        block = page.view.numbers(page.model, 4)[-2]
        assert block.title == "All steps together"
        assert "The difference is" in block.note and values_in(block.note)[-2] < 1e-6
    page = Opened("gamma", preset="learn-alpha")
    assert "The relative difference is" in page.view.numbers(page.model, 4)[-2].note


def test_the_learning_block_tells_the_two_alphas_apart():
    page = Opened("gamma", preset="learn-alpha", descent_steps=3, alpha=0.25)
    block = next(block for block in page.view.numbers(page.model, 4) if block.title.startswith("Learning"))
    shown = [*values_in(block.lines[0]), *values_in(block.lines[1])]
    assert shown == [pytest.approx(page.model.reached, rel=1e-3), 0.25] and shown[0] != shown[1]
    following = page.model.result.gradient.output[3]
    assert values_in(block.lines[3])[-1] == pytest.approx(following, rel=1e-5)
