"""Fields and choices in a card's live table, which is drawn anew with every answer of the server."""


def field(page, name):
    return page.page.locator(f'[data-set="{name}"]')


def test_a_field_sets_its_parameter_and_keeps_the_focus(reader):
    page = reader("unrolled")
    before = page.columns()["h1"]
    field(page, "W12").fill("1.25")
    page.press("Enter")
    assert "W12=1.25" in page.frame["query"] and page.columns()["h1"] != before
    assert page.page.evaluate("document.activeElement.dataset.set") == "W12"
    # What is being typed is not lost when something else changes.
    page.page.keyboard.type("5")
    typed = field(page, "W12").input_value()
    page.page.evaluate("unrolled.moveTo(2)")
    page.settle()
    assert field(page, "W12").input_value() == typed != "1.25"


def test_a_value_that_is_not_allowed_is_named_and_taken_back(reader):
    page = reader("unrolled")
    field(page, "U1").fill("77")
    page.press("Enter")
    assert "U1 = 77 is not allowed" in page.text(".notices") and field(page, "U1").input_value() == "1"


def test_a_choice_stays_under_the_hand(reader):
    page = reader("unrolled")
    choice = page.page.locator("input[data-pick*=W21]")
    choice.evaluate("choice => { choice.isTheSame = true }")
    choice.check()
    page.settle()
    assert page.frame["query"].endswith("weight=W21")
    assert choice.evaluate("choice => choice.isTheSame")
    # By keys too: the choice that they made keeps the focus.
    choice.focus()
    page.press("ArrowDown")
    assert page.page.evaluate("document.activeElement.dataset.pick") != '{"weight": "W21"}'
    assert page.page.evaluate("document.activeElement.checked")
    page.press("ArrowUp")
    assert page.page.evaluate("document.activeElement.dataset.pick") == '{"weight": "W21"}'
    assert page.page.locator("tr[data-chosen] input[data-pick*=W21]").is_checked()
