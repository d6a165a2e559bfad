"""Everything can be undone and done again, and the browser's Back undoes a preset."""

import pytest

PAST = "({states: unrolled.past.states, at: unrolled.past.at})"


def bare(query: str) -> str:
    """A state without its cursor."""
    return "&".join(part for part in query.split("&") if not part.startswith("cursor="))


def state(page) -> str:
    return bare(page.frame["query"])


def steps(page) -> int:
    return page.page.evaluate("unrolled.past.at")


def test_whatever_the_hand_does_is_undone_step_by_step_and_done_again(reader):
    page = reader("gated_cec")
    page.open_tab("tasks")
    hand = [
        lambda: page.click_plot("x", 4, 0.0),
        lambda: page.drag_plot("f", (2, 0.0), (7, 0.0)),
        lambda: page.drag_plot("f", (8, 0.0), (10, 0.0)),
        lambda: page.drag_slider("w", -0.3),
        lambda: page.page.locator('[data-control="snap"] input').click(),
        lambda: page.page.locator("#preset").select_option("exploding"),
        lambda: page.drag_slider("w", -0.1),
        lambda: page.click("[data-act=reset]"),
        lambda: page.press("-"),
        lambda: solve(page),
        lambda: [page.open_tab("lesson"), page.click('[data-example="next"]')],
        lambda: page.click(".example [data-act=done]"),
    ]
    seen = [state(page)]
    for number, move in enumerate(hand, 1):
        move()
        page.settle()
        assert steps(page) == number, number
        assert state(page) != seen[-1], number
        seen.append(state(page))
    for query in reversed(seen[:-1]):
        page.press("z")
        assert state(page) == query
    assert page.page.locator("#drawer [data-act=undo]").is_disabled()
    page.press("ArrowRight", "z")  # the cursor alone is no step, and there is nothing left
    assert state(page) == seen[0] and steps(page) == 0
    for query in seen[1:]:
        page.press("Shift+Z")
        assert state(page) == query
    assert page.page.locator("#drawer [data-act=redo]").is_disabled()
    page.press("z", "z")
    page.click("[data-act=reset]")
    assert not page.page.evaluate("unrolled.past.canRedo"), "what is done now ends what could have been done again"


def test_the_words_of_the_example_go_back_and_forth_with_its_settings(reader):
    page = reader("gated_cec?w=0.7")
    page.open_tab("lesson")
    own, words = state(page), page.page.locator(".example-step:visible .count")
    for _ in range(2):
        page.click('[data-example="next"]')
    page.press("z")
    assert words.all_inner_texts() == ["Step 1 of 6"]
    page.press("z")
    assert words.count() == 0 and state(page) == own
    page.press("Shift+Z", "Shift+Z")
    assert words.all_inner_texts() == ["Step 2 of 6"]
    page.page.evaluate("unrolled.wire.lose()")
    page.page.wait_for_function("document.querySelector('.lost').hidden && unrolled.bridge", timeout=10_000)
    page.settle()
    assert words.all_inner_texts() == ["Step 2 of 6"] and steps(page) == 2
    page.click(".example [data-act=done]")
    assert words.count() == 0 and state(page) == own
    page.press("z")
    assert words.all_inner_texts() == ["Step 2 of 6"]
    page.click(".example [data-act=done]")
    assert state(page) == own


def solve(page) -> None:
    page.click("[data-task=challenge-0] summary")
    page.click('[data-solve="0"]')


def test_a_solution_that_comes_back_is_not_counted(reader):
    page = reader("gated_cec")
    page.open_tab("tasks")
    solve(page)
    page.press("z", "Shift+Z")
    assert page.frame["challenges"][0]["passed"] and page.text(".badge") == "0 of 8"


def test_the_cursor_goes_along(reader):
    page = reader("gated_cec?cursor=5")
    page.click_plot("x", 9, 0.0)
    page.press("ArrowRight", "z")
    assert page.frame["t"] == 5
    page.press("Control+y")
    assert page.frame["t"] == 10


def test_two_strokes_are_two_steps_however_slow_the_answer_and_keys_on_one_slider_are_one(reader):
    page = reader("gated_cec")
    page.page.evaluate("unrolled.busy = true; window.ask = unrolled.send; unrolled.send = () => {}")
    for step in (2, 3):
        page.page.mouse.click(*page.point("x", step, 0.0))
    page.page.keyboard.press("z")  # of the second, which has not been answered either
    page.page.evaluate("unrolled.send = window.ask; unrolled.busy = false; unrolled.send()")
    page.settle()
    assert page.page.evaluate(PAST)["at"] == 1 and len(page.page.evaluate(PAST)["states"]) == 3
    page.page.locator('[data-control="w"] .noUi-handle').focus()
    page.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert steps(page) == 2
    page.page.wait_for_timeout(800)
    page.press("ArrowLeft")
    assert steps(page) == 3


def test_a_drag_that_ends_where_it_began_is_no_step_and_fifty_are_kept(reader):
    page = reader("gated_cec")
    page.page.evaluate("unrolled.ask('set', {values: {w: 0.5}})")
    page.settle()
    kept = page.page.evaluate(
        """() => {
          const {past} = unrolled, [before] = past.states
          for (const query of ["w=0.1", "w=0.2", before.query]) past.note({...before, query}, 1000)
          past.note({...before, query: "w=0.3"}, 1000)
          const same = [past.states.length, past.at]
          for (let k = 0; k < 60; k++) past.note({...before, query: `w=${k}`}, 2000 + k)
          return [same, past.states.length, past.at, past.states.at(-1).query]
        }"""
    )
    assert kept == [[3, 2], 51, 50, "w=59"]


def test_a_prediction_is_undone_as_a_whole_and_never_shown_by_going_back_and_forth(reader):
    page = reader("gated_cec?w=0.9")
    before = page.frame["query"]
    page.press("g")
    assert page.frame["predicting"]
    page.press("z")
    assert (page.frame["query"], page.frame["predicting"]) == (before, False)
    assert not page.page.evaluate("unrolled.past.canRedo")
    page.press("g")
    page.press("v")
    revealed = state(page)
    page.press("z")
    assert page.frame["query"] == before
    page.press("Shift+Z")
    assert state(page) == revealed


def test_back_undoes_a_preset_and_forward_does_it_again_and_both_can_be_undone(reader):
    page = reader("gated_cec?preset=book-demo")
    first = state(page)
    page.page.locator("#preset").select_option("exploding")
    page.settle()
    page.drag_slider("w", -0.2)
    page.address()
    second = state(page)
    page.page.locator("#preset").select_option("leaky-integrator")
    page.settle()
    third = state(page)
    for way, query in [("back", second), ("back", first), ("forward", second), ("forward", third), ("back", second)]:
        page.page.evaluate(f"history.{way}()")
        page.page.wait_for_function(
            "query => unrolled.frame.query.replace(/&?cursor=\\d+/, '') === query", arg=query, timeout=5000
        )
        page.settle()
    assert "gated_cec" in page.address() and steps(page) == 8
    page.press("z")
    assert state(page) == third
    page.page.evaluate("location.hash = 'stage'")  # a link within the page is none of these places
    page.settle()
    assert state(page) == third and steps(page) == 7


def test_what_was_done_outlives_a_lost_connection(reader):
    page = reader("gated_cec")
    before = state(page)
    page.click_plot("x", 4, 0.0)
    page.page.evaluate("unrolled.wire.lose()")
    page.page.wait_for_function("document.querySelector('.lost').hidden && unrolled.bridge", timeout=10_000)
    page.settle()
    page.press("z")
    assert state(page) == before


@pytest.mark.parametrize(("width", "height", "mode"), [(390, 844, ""), (1280, 720, "?present=true"), (1280, 800, "")])
def test_buttons_for_it_are_in_sight(reader, width, height, mode):
    page = reader(f"gated_cec{mode}")
    page.page.set_viewport_size({"width": width, "height": height})
    if width < 500:
        page.page.locator("#drawer").wait_for(state="hidden", timeout=5000)  # it slides out
    undo, redo = (page.page.locator(f"[data-act={name}]").filter(visible=True) for name in ("undo", "redo"))
    assert (undo.count(), redo.count()) == (1, 1) and undo.is_disabled() and redo.is_disabled()
    undo.scroll_into_view_if_needed()
    before = state(page)
    page.click_plot("x", 4, 0.0)
    box = undo.bounding_box()
    if width < 500:
        assert box["width"] >= 44 and box["height"] >= 44
    undo.click()
    page.settle()
    assert state(page) == before and redo.is_enabled()


def test_states_that_an_address_pins_are_nothing_to_undo(reader):
    page = reader("gated_cec?w=0.5&pin=w%3D0.9~w%3D0.7")
    page.page.wait_for_function("unrolled.pins.all.length === 2 && !unrolled.pins.asked", timeout=10_000)
    page.settle()
    assert steps(page) == 0 and not page.page.evaluate("unrolled.past.canUndo")
    before = state(page)
    page.click_plot("x", 4, 0.0)
    page.press("z")
    assert state(page) == before and "w=0.5" in before
