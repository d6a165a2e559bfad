"""The address of a page as a QR code."""

import json
import re

import pytest

from app.shell.contract import Refused
from app.shell.qr import LIMIT, SHORT, code
from tests.app.pages import Opened

ADDRESS = "http://lectures.example.edu/gamma?preset=leaky"


def modules(svg: str) -> list[list[bool]]:
    """The dark squares of a code, row by row, with the quiet border around it."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg).group(1))
    dark = [[False] * size for _ in range(size)]
    x = y = 0.0
    path = re.search(r'stroke="#000" d="([^"]+)"', svg).group(1)
    for letter, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        given = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if letter == "h":
            for k in range(round(given[0])):
                dark[int(y)][round(x) + k] = True
            x += given[0]
        else:
            x, y = (given[0], given[1]) if letter == "M" else (x + given[0], y + given[1])
    return dark


@pytest.mark.parametrize("size", [20, 100, SHORT, SHORT + 1, LIMIT])
def test_a_code_has_three_finders_and_a_quiet_border_and_is_dark_on_white(size):
    svg = code((ADDRESS + "&x=0.25" * size)[:size]).svg
    dark = modules(svg)
    assert '<path fill="#fff"' in svg
    assert not any(any(row) for row in dark[:4] + dark[-4:])
    assert not any(any(row[:4] + row[-4:]) for row in dark)
    n = len(dark)
    assert (n - 8 - 17) % 4 == 0 and n - 8 <= 177
    for top, left in ((4, 4), (4, n - 11), (n - 11, 4)):
        finder = [row[left : left + 7] for row in dark[top : top + 7]]
        assert [sum(row) for row in finder] == [7, 2, 5, 5, 5, 2, 7]


def test_a_page_answers_with_the_code_of_what_it_was_asked_for():
    page = Opened("gamma")
    before = page.frame | {"answered": 0}
    frame = page.ask("code", text=ADDRESS)
    assert frame | {"answered": 0} == before, "nothing else has changed"
    answer = json.loads(page.bridge.code)
    assert answer["text"] == ADDRESS and answer["svg"] == code(ADDRESS).svg
    page.ask("cursor", t=2)
    assert json.loads(page.bridge.code)["id"] == answer["id"]


@pytest.mark.parametrize("text", ["", "x" * (LIMIT + 1), "http://ä", "\ud800"])
def test_what_fits_no_code_is_refused(text):
    with pytest.raises(Refused, match="1 to 2,500"):
        code(text)
