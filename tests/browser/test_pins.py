"""Pinned states: three at most, named by what differs, kept in the address; and what else an address holds."""

from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest

PINNED = "unrolled.doc.get_model_by_name('time-pinned').data"


def labels(page) -> list[str]:
    return page.page.locator(".pins li").evaluate_all(
        "all => all.map(one => `${one.querySelector('b').textContent} ${one.querySelector('span').textContent}`)"
    )


def pin(page) -> None:
    page.page.evaluate("document.querySelector('[data-act=pin]').click()")
    page.settle()


def put(page, **values) -> None:
    page.page.evaluate("values => unrolled.ask('set', {values})", values)
    page.settle()


def query(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.address()).query)


def test_three_states_are_pinned_each_with_a_letter_a_dash_and_what_differs(reader):
    page = reader("gamma?preset=step-response")
    pin(page)
    assert labels(page) == ["A as it is now"]
    before = page.page.evaluate("unrolled.frame.values")
    put(page, alpha=0.25)
    alpha = f"gamma parameter α {before['alpha']:g} → 0.25"
    assert labels(page) == [f"A {alpha}"]
    pin(page)
    put(page, taps=4, alpha=0.2)
    pin(page)
    assert labels(page)[2] == "C as it is now"
    assert page.page.evaluate(f"{PINNED}.t.length") == 3
    assert len(set(page.page.evaluate(f"{PINNED}.dash"))) == 3
    ys = page.page.evaluate(f"{PINNED}.a1.map(values => Array.from(values))")
    assert np.isfinite(ys[:2]).all() and ys[0] != ys[1]
    assert np.isnan(np.array(ys[2], dtype=float)).all(), "the present trace would only lie on itself"
    pin(page)
    assert len(labels(page)) == 3 and page.text("[data-act=pin]") == "Three are pinned"
    page.click("[data-unpin=B]")
    assert [label[0] for label in labels(page)] == ["A", "C"] and page.page.evaluate(f"{PINNED}.t.length") == 2
    # More than three differences are no label: then it is the preset's title.
    put(page, signal="drawn", n_steps=15, taps=2, learning_rate=0.1)
    title = page.page.evaluate("document.querySelector('#preset option[value=step-response]').textContent")
    assert labels(page)[0] == f"A {title}"
    pinned_in_the_address(page)


def pinned_in_the_address(page) -> None:
    """Opened anew, or sent to somebody, the address shows the same picture and the same labels."""
    said, data, own = labels(page), page.page.evaluate(f"JSON.stringify({PINNED})"), page.columns()
    path = page.address().split("/", 3)[3]
    page.open(path)
    assert page.columns() == own
    assert page.page.evaluate(f"JSON.stringify({PINNED})") == data
    assert labels(page) == said
    assert page.frame["notices"] == [] and page.address().split("/", 3)[3] == path


def test_an_edited_sequence_is_named_and_a_prediction_has_the_plot_for_itself(reader):
    page = reader("gated_cec?preset=exploding")
    pin(page)
    page.click_plot("x", 3, 1.0)
    assert labels(page) == ["A Input x(t) edited"]
    page.open_tab("tasks")
    page.click('[data-predict="start"]')
    assert page.page.evaluate(f"{PINNED}.t.length") == 0
    page.click('[data-predict="reveal"]')
    page.click("[data-task=predict] [data-act=done]")
    assert page.page.evaluate(f"{PINNED}.t.length") == 1 and labels(page) == ["A Input x(t) edited"]


def test_a_preset_or_a_reset_ends_pins_unless_they_are_kept_and_undoing_it_brings_them_back(reader):
    page = reader("parity")
    choose = page.page.locator("#preset")
    pin(page)
    before = page.frame["query"]
    choose.select_option(index=3)
    page.settle()
    assert labels(page) == [] and not page.page.locator(".pins").is_visible() and "pin" not in query(page)
    page.page.evaluate("query => unrolled.ask('restore', {query})", before)
    page.settle()
    assert len(labels(page)) == 1 and page.page.evaluate(f"{PINNED}.t.length") == 1
    page.page.locator("#keep-pins").check()
    choose.select_option(index=4)
    page.settle()
    assert len(labels(page)) == 1
    page.page.locator("#keep-pins").uncheck()
    page.click("[data-act=reset]")
    assert labels(page) == []


@pytest.mark.parametrize("bad", [("alpha=7", "nosuch=1"), ("preset=nosuch", "x")])
def test_a_pin_that_is_none_gives_a_notice_and_nothing_else(reader, bad):
    page = reader(f"gamma?alpha=0.3&pin={quote('~'.join(('alpha=0.6', *bad)), safe='')}")
    assert len(labels(page)) == 1 and page.frame["values"]["alpha"] == 0.3
    notices = page.page.locator("main .notices p").all_inner_texts()
    assert len(notices) == 2 and len(set(notices)) == 2
    for notice in notices:
        assert notice.startswith("A pinned state of the address was left out") and "\n" not in notice


def test_an_address_holds_the_tab_a_challenge_and_an_open_prediction(reader):
    page = reader("gated_cec?w=0.8")
    assert "tab" not in query(page), "nobody has chosen one"
    page.open_tab("tasks")
    assert query(page)["tab"] == ["tasks"]
    page.click('[data-try="1"]')
    assert query(page)["challenge"] == ["2"]
    page.open(page.address().split("/", 3)[3])
    challenge = page.page.locator("[data-task=challenge-1]")
    assert challenge.get_attribute("data-tried") is not None and challenge.is_visible()
    assert challenge.evaluate(
        "box => { const {top, bottom} = box.getBoundingClientRect(); return top > 0 && bottom < innerHeight }"
    )
    page.click('[data-try="1"]')
    page.click('[data-predict="start"]')
    asked = query(page)
    assert asked["predict"] == ["true"] and asked["w"] == ["0.8"] and "challenge" not in asked
    page.open(page.address().split("/", 3)[3])
    assert page.frame["predicting"] and page.page.locator('[data-predict="reveal"]').is_visible()
    page.click_plot("c", 3, 2.0)
    drawn = page.page.evaluate("[...unrolled.strips.guess]")
    assert drawn[2] == 2 and query(page)["predict"] == ["0*2,2,0*10"]
    page.open(page.address().split("/", 3)[3])
    assert page.page.evaluate("[...unrolled.strips.guess]") == drawn
    page.click('[data-predict="cancel"]')
    assert "w=0.8" in page.frame["query"] and "predict" not in query(page)


def test_the_share_dialog_has_a_code_or_says_why_not(reader):
    page = reader("gamma?alpha=0.3")
    page.page.locator("[data-act=share]").click()
    code = page.page.locator(".code svg")
    code.wait_for()
    plain, size = code.inner_html(), code.bounding_box()["width"]
    page.page.locator("#share-present").check()
    page.settle()
    assert code.inner_html() != plain and "present=true" in page.page.locator("#address").input_value()
    assert page.text(".code-note") == "This address leads to this computer only."
    page.page.keyboard.press("Escape")
    page.press("p")
    page.page.evaluate("document.querySelector('[data-act=share]').click()")
    code.wait_for()
    assert code.bounding_box()["width"] > 1.3 * size, "for the last row"
    page.page.keyboard.press("Escape")
    page.page.evaluate("unrolled.extras.set('folded', () => 'x'.repeat(3000))")
    page.page.evaluate("document.querySelector('[data-act=share]').click()")
    page.settle()
    assert not page.page.locator(".code").is_visible() and "a code holds 2,500" in page.text(".code-note")
