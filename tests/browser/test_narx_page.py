"""The NARX page in a browser: the switch, a current drawn by hand, and a table of weights."""

import numpy as np


def test_the_switch_a_drawn_current_and_weights_move_what_follows(reader):
    page = reader("narx?preset=close-the-loop")
    alone = np.array(page.columns()["y"])
    page.page.locator('[data-control="loop"] select').first.select_option("open (series-parallel)")
    page.settle()
    assert page.frame["live"]["on"]["open"] and not page.frame["live"]["on"]["closed"]
    measured = np.array(page.columns()["measured"])
    led = np.array(page.columns()["y"])
    # the same network: led by what is measured it stays near, alone it does not
    assert np.abs(led - measured).max() < 0.3 < 3 < np.abs(alone - measured).max()
    page.drag_plot("current", (60, 1.2), (80, 1.2))
    assert page.frame["values"]["record"] == "drawn"
    # the magnet answers after the stroke; before it only the noise is another
    moved = np.abs(np.array(page.columns()["measured"]) - measured)
    assert moved[:60].max() < 0.2 < moved[60:].max()
    page.open("narx")
    before = page.columns()["y1"]
    field = page.page.locator('input[data-set="W1_12"]')
    field.fill("-1")
    field.press("Enter")
    page.settle()
    assert page.columns()["y1"][0] == before[0] == 8 and page.columns()["a1"][1] == 9
    assert not page.errors
