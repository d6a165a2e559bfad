"""A network of the reader's own: the field is where one looks for it, says what is loaded, and keeps it."""

import numpy as np
import pytest

from tests.browser.driver import Reader
from tests.engine.torch_files import as_pt
from tests.engine.weight_files import state_dict

FIELD = "label:has(input[data-upload])"
# How much of the field can be seen between the header and what lies over the foot of the screen.
SHARE_IN_SIGHT = """() => {
  const boxes = selector => [...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect())
  const field = boxes("label:has(input[data-upload])")[0]
  const top = Math.max(...boxes(".top, .top-row").map(box => box.top < 5 ? box.bottom : 0))
  const over = boxes(".tabs, [data-drawer] .drawer").map(box => box.height && box.top > 100 ? box.top : innerHeight)
  return (Math.min(field.bottom, innerHeight, ...over) - Math.max(field.top, top)) / field.height
}"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.pt"
    path.write_bytes(as_pt(state_dict(n=3, m=2, layers=2, readout=1)))
    return str(path)


def choose(page: Reader, path: str) -> None:
    page.page.locator("input[data-upload]").set_input_files(path)
    page.page.wait_for_timeout(300)
    page.settle()


def sight(page: Reader) -> float:
    page.page.wait_for_timeout(200)
    return page.page.evaluate(SHARE_IN_SIGHT)


def test_whoever_chooses_a_network_of_their_own_sees_the_field(reader):
    page = reader("lstm")
    page.page.evaluate("document.querySelector('.stage').scrollTo(0, 9999)")
    page.page.locator("#preset").select_option("own-network")
    page.settle()
    assert sight(page) == 1
    page.page.locator("#preset").select_option("latch")
    page.settle()
    assert not page.page.locator(FIELD).is_visible()
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.locator("[data-act=drawer]").first.click()
    page.page.locator('[data-control="network"] select').select_option("uploaded")
    page.settle()
    assert sight(page) == 1


def test_the_card_says_what_is_loaded_and_keeps_it(reader, file, tmp_path):
    page = reader("lstm?preset=own-network")
    said = "Loaded: mine.pt, an LSTM with 2 layers of 3 units, 2 inputs, 1 output and 160 numbers."
    choose(page, file)
    assert said in page.text("[data-table=upload]")
    page.page.evaluate("unrolled.ask('set', {values: {layer: 2, unit: 3}})")
    page.settle()
    before, query = page.columns(), page.frame["query"]
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    choose(page, str(tmp_path / "photo.png"))
    notices = page.page.locator("main .notices p").all_inner_texts()
    assert notices == ["photo.png: This is a PNG picture; weights come as .safetensors, .npz or .pt."]
    page.page.locator('[data-control="topic"] select').select_option("gradient")
    page.settle()
    assert said in page.text("[data-table=upload]")
    page.page.locator('[data-control="topic"] select').select_option("gates")
    page.settle()
    # a new session knows nothing of the file; the page gives it once more
    page.page.evaluate("unrolled.wire.lose()")
    page.page.wait_for_function("document.querySelector('.lost').hidden", timeout=30_000)
    page.settle()
    assert said in page.text("[data-table=upload]") and page.frame["query"] == query
    np.testing.assert_equal(page.columns(), before)


def test_another_file_over_the_first_is_undone_and_done_again(reader, file, tmp_path):
    other = tmp_path / "other" / "mine.pt"
    other.parent.mkdir()
    other.write_bytes(as_pt(state_dict(n=2, m=2, readout=1)))
    page = reader("lstm?preset=own-network")
    seen = []
    for path in (None, file, str(other)):
        if path:
            choose(page, path)
        seen.append((page.text("[data-table=upload]"), page.columns()))
    assert "No file is loaded" in seen[0][0] and "2 layers of 3 units" in seen[1][0] and "with 2 units" in seen[2][0]
    for key, place in (("z", 1), ("z", 0), ("Shift+Z", 1), ("Shift+Z", 2), ("z", 1)):
        page.press(key)
        assert page.text("[data-table=upload]") == seen[place][0]
        np.testing.assert_equal(page.columns(), seen[place][1])
    page.page.wait_for_timeout(2700)  # the message that a file is read
    page.page.evaluate("unrolled.wire.lose()")
    page.page.wait_for_function("document.querySelector('.lost').hidden && unrolled.bridge", timeout=30_000)
    page.settle()
    assert page.text("[data-table=upload]") == seen[1][0]
    page.press("Shift+Z")
    assert page.text("[data-table=upload]") == seen[2][0]


def test_a_file_can_be_dropped_on_the_card(reader, file):
    page = reader("lstm?preset=own-network")
    with open(file, "rb") as opened:
        content = list(opened.read())
    page.page.evaluate(
        """content => {
          const files = new DataTransfer()
          files.items.add(new File([new Uint8Array(content)], "dropped.pt"))
          const card = document.querySelector("[data-card=upload]")
          card.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: files}))
        }""",
        content,
    )
    page.page.wait_for_timeout(300)
    page.settle()
    assert "Loaded: dropped.pt" in page.text("[data-table=upload]")
    page.press("p")
    assert page.page.locator("[data-strip=f]").is_visible(), "in a hall the plots come first once there is a file"
