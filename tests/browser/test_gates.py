"""A gate looks alike on all pages: a plate across the line, and a coloured passage as high as the gate is open."""

import os

import pytest

MEASURED = """[...document.querySelectorAll(".diagram .valve")].map(valve => {
  const [plate, passage] = [".plate", ".passage"].map(name => valve.querySelector(name))
  passage.getAnimations().forEach(animation => animation.finish())
  const [shut, open] = [plate, passage].map(part => part.getBoundingClientRect())
  return {name: passage.dataset.open, share: open.height / shut.height, low: shut.bottom - open.bottom,
          coloured: getComputedStyle(passage).fill != getComputedStyle(plate).fill}})"""


@pytest.mark.parametrize("path", ["gated_cec", "lstm?preset=latch"])
def test_open_looks_open_and_closed_looks_closed(reader, path):
    page, seen = reader(path), set()
    for step in range(1, page.frame["steps"] + 1):
        page.page.evaluate(f"unrolled.moveTo({step})")
        page.settle()
        found = {one["name"]: one for one in page.page.evaluate(MEASURED)}
        gates = page.frame["live"]["open"]
        assert found.keys() == gates.keys() == {"i", "f", "o"}
        for name, gate in gates.items():
            assert found[name]["share"] == pytest.approx(gate, abs=0.02), (step, name)
            assert found[name]["low"] == pytest.approx(0, abs=1) and found[name]["coloured"]
            seen.add(round(gate))
        if folder := os.environ.get("PICTURES"):
            page.page.locator(".diagram").screenshot(path=f"{folder}/{path[:4]}-{step}.png")
    assert seen == {0, 1}
