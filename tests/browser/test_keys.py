"""Keys do what the help sheet says after any click. Fields keep them while one types, and so does what Tab reached."""

# What the page shows and has asked for; requests are noted and not sent.
WATCH = """() => {
  window.log = []
  unrolled.ask = (action, details = {}) => {
    log.push([action, ...Object.values(details).map(value => JSON.stringify(value))].join(" "))
  }
  document.documentElement.requestFullscreen = async () => { log.push("full screen") }
  const next = document.querySelector("a[rel=next]")  // the first lesson has none before it
  if (!document.querySelector("a[rel=prev]")) next.insertAdjacentHTML("beforebegin", "<a rel=prev></a>")
  for (const link of document.querySelectorAll("a[rel]"))
    link.onclick = event => { event.preventDefault(); log.push(link.rel) }
  return window.seen()
}"""
UNWATCH = "() => { delete unrolled.ask }"
SEEN = """window.seen = () => ({
  p: unrolled.p, plays: unrolled.player.on, theme: document.documentElement.dataset.theme, log: log.join(", "),
  tab: document.querySelector("[role=tab][aria-selected=true]").id,
  present: "present" in document.documentElement.dataset,
  drawer: "drawer" in document.documentElement.dataset, help: document.querySelector("#help").open,
  pinned: unrolled.pins.all.length, alone: unrolled.stage.alone,
  black: document.querySelector(".black").matches(":popover-open"),
})"""


def asks(words: str):
    return lambda before, after: after["log"].startswith(words)


def turns(part: str):
    return lambda before, after: after[part] != before[part]


def moves(by: int):
    return lambda before, after: after["p"] - before["p"] == by


# Each key with what it must do, and the keys that bring back what was there.
KEYS = {
    "ArrowRight": (moves(1), "ArrowLeft"),
    "ArrowLeft": (moves(-1), "ArrowRight"),
    "Shift+ArrowRight": (lambda before, after: after["p"] >= 15, "Shift+ArrowLeft"),
    "PageDown": (moves(1), "PageUp"),
    "PageUp": (moves(-1), "PageDown"),
    "Home": (lambda before, after: after["p"] == 1, ""),
    "End": (lambda before, after: after["p"] == 22, ""),
    "Space": (turns("plays"), "Space"),
    "ArrowUp": (asks('edit "bits"'), ""),
    "ArrowDown": (asks('edit "bits"'), ""),
    "Enter": (asks('edit "bits"'), ""),
    "z": (asks("restore"), ""),
    "Shift+Z": (asks("restore"), ""),
    "Control+z": (asks("restore"), ""),
    "r": (asks("reset"), ""),
    "n": (asks("seed"), ""),
    "c": (turns("pinned"), ""),
    "+": (asks("preset"), "-"),
    "g": (asks("predict"), ""),
    "1": (lambda before, after: after["tab"] == "tab-lesson", ""),
    "2": (lambda before, after: after["tab"] == "tab-numbers", ""),
    "3": (lambda before, after: after["tab"] == "tab-tasks", ""),
    "p": (turns("present"), "p"),
    "o": (turns("alone"), "o"),
    "s": (turns("drawer"), "s"),
    "d": (turns("theme"), "d"),
    "f": (asks("full screen"), ""),
    ".": (turns("black"), "x"),
    "b": (turns("black"), "ArrowRight"),
    "[": (asks("prev"), ""),
    "]": (asks("next"), ""),
    "<": (asks("prev"), ""),
    ">": (asks("next"), ""),
    "?": (turns("help"), "Escape"),
}


def pick_a_preset(page) -> None:
    """From the list that opens under the pointer."""
    page.page.locator("#preset").click()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Enter")


def shut_again(selector: str):
    def look(page) -> None:
        page.page.locator(selector).click()
        page.page.keyboard.press("Escape")

    return look


def help_and_close(page) -> None:
    page.page.locator("[data-act=help]").click()
    page.page.locator("#help [data-act=close]").click()


def click(selector: str):
    return lambda page: page.page.locator(selector).first.click()


CLICKS = {
    "the time slider": click("#cursor"),
    "a step button": click("[data-act=forward]"),
    "the speed, looked at": shut_again("#speed"),
    "a preset": pick_a_preset,
    "a setting's slider": click('[data-control="steepness"] .noUi-base'),
    "a setting's switch": lambda page: [page.page.locator('[data-control="random_bits"] input').click() for _ in "ab"],
    "a setting's choice": shut_again('[data-control="activation"] select'),
    "a plot to edit": lambda page: page.click_plot("x", 5, 0.5),
    "another plot": lambda page: page.click_plot("h1", 6, 0.5),
    "a tab": click("#tab-tasks"),
    "an answer": lambda page: [page.open_tab("tasks"), page.page.locator(".question input").first.click()],
    "the lesson's text": lambda page: [page.open_tab("lesson"), click("#lesson h2")(page)],
    "a fold": click(".more summary"),
    "the help sheet": help_and_close,
    "nothing": lambda page: None,
}


# What is clicked here leaves no field under the keys: a letter is then the same after one of them as after another.
NO_FIELD = [
    "a step button", "a plot to edit", "another plot", "a tab",
    "the lesson's text", "a fold", "the help sheet", "nothing",
]  # fmt: skip


def keys_after(what: str) -> list[str]:
    """All keys after a click on a field; else those that browsers use themselves, and each letter after every third."""
    if what not in NO_FIELD:
        return list(KEYS)
    turn = NO_FIELD.index(what)
    letters = [key for key in KEYS if len(key) == 1]
    return [key for key in KEYS if key not in letters or (letters.index(key) + turn) % 3 == 0]


def test_every_key_after_every_kind_of_click(reader):
    page = reader("parity?preset=lab-sequence&theme=light&seed=3")
    page.page.evaluate(f"window.log = []; {SEEN}")
    table = {}
    for what, do in CLICKS.items():
        prepare(page)
        do(page)
        page.settle()
        page.page.evaluate("unrolled.past.canRedo || unrolled.past.go(-1)")  # a click may be a step of its own
        page.settle()
        before = page.page.evaluate(WATCH)
        table[what] = [key for key in keys_after(what) if not works(page, key)]
        page.page.evaluate(UNWATCH)
        assert before["theme"] == "light"
    show(table)
    assert table == {what: [] for what in CLICKS}


def prepare(page) -> None:
    """Something to undo and to do again, and the cursor in the middle."""
    for ask in (
        "'restore', {query: 'preset=lab-sequence&random_bits=true&cursor=8'}",
        "'set', {values: {perturbation: 0.2}}",
        "'set', {values: {perturbation: 0.3}}",
    ):
        page.page.evaluate(f"unrolled.ask({ask})")
        page.settle()
    page.page.evaluate("unrolled.past.go(-1); unrolled.strips.choose('x')")
    page.settle()


def works(page, key: str) -> bool:
    right, back = KEYS[key]
    before = page.page.evaluate("log = []; unrolled.setPosition(8); unrolled.pins.remove('A'); seen()")
    page.page.keyboard.press(key)
    after = page.page.evaluate("seen()")
    if back:
        page.page.keyboard.press(back)
    return right(before, after)


def show(table: dict[str, list[str]]) -> None:
    """With pytest -s: the table, a row for each kind of click."""
    print("\n" + " ".join(KEYS))
    for what, failed in table.items():
        print(f"{what:24}", " ".join("·" if key in failed else "✓" for key in keys_after(what)))


def test_fields_keep_the_keys_while_one_types_and_what_tab_reaches_keeps_its_own(reader):
    page = reader("parity?preset=lab-sequence&cursor=8")
    field = page.page.locator('[data-control="bits"] input')
    field.click()
    page.page.keyboard.press("End")
    page.page.keyboard.type("1 z")
    assert field.input_value().endswith("1 z") and page.page.evaluate("unrolled.p") == 8
    page.page.keyboard.press("Backspace")
    page.page.keyboard.press("Backspace")
    page.press("Escape", "ArrowRight")  # the field is left, and what was typed holds
    assert page.page.evaluate("unrolled.p") == 9 and page.frame["steps"] == 23
    # By the Tab key, as without a pointer.
    page.page.locator("#preset").focus()
    page.press("ArrowDown")
    assert page.frame["preset"] == "book-demo"
    handle = page.page.locator('[data-control="n_steps"] .noUi-handle')
    handle.focus()
    steps, p = page.frame["steps"], page.page.evaluate("unrolled.p")
    page.press("ArrowRight", "d")
    assert (page.frame["steps"], page.page.evaluate("unrolled.p")) == (steps + 1, p)
    page.press("d")
    page.page.locator("#tab-numbers").focus()
    page.press("Space")
    assert page.page.locator("#numbers").is_visible() and not page.page.evaluate("unrolled.player.on")


def test_space_plays_what_was_played_last(reader):
    page = reader("gamma?preset=learn-alpha&cursor=2")
    page.click("[data-play=forward]")
    playing = "[...document.querySelectorAll('[data-player]')].some(box => box.timer)"
    page.page.keyboard.press("Space")
    assert page.page.evaluate(playing) and not page.page.evaluate("unrolled.player.on")
    page.page.keyboard.press("Space")
    assert not page.page.evaluate(playing)
    page.click("[data-act=forward]")
    page.page.keyboard.press("Space")
    assert page.page.evaluate("unrolled.player.on") and not page.page.evaluate(playing)
    page.page.keyboard.press("Space")
    assert not page.page.evaluate("unrolled.player.on")
