({
  // An open page as a test finds it, and how it becomes so again. tab.py asks for these by name.

  // All that a test can have changed in the page and its Bokeh document. Not what comes some time after: formulas that are
  // typeset, what was said last; nor what waits to be filled when it is shown: dialogs, hidden cards and plots.
  state() {
    const {unrolled: page} = window, copy = document.documentElement.cloneNode(true)
    const each = (selector, act) => { for (const element of copy.querySelectorAll(selector)) act(element) }
    each(".math, #told, .toast, dialog, .folds, .exactly[hidden] .at", element => element.remove())
    each("[data-card][hidden]", card => { card.replaceChildren(); card.removeAttribute("data-empty") })
    each("[style='']", element => element.removeAttribute("style"))
    each("[data-own]", link => link.removeAttribute("data-own"))
    each("[data-act=play]", button => button.removeAttribute("aria-label"))
    const away = name => document.querySelector(`[data-strip="${name}"], [data-table="${name}"]`)?.closest("[data-card]")?.hidden
    const seen = page.doc.roots().map(({name, visible}) => away(name) || visible === false ? null : name)
    const {roots, ...other} = page.doc.to_json(), tables = Object.entries(page.frame.tables).filter(([name]) => !away(name))
    // How a column has come does not show either, nor where a slider was let go.
    const plain = (name, value) => {
      if (name === "value_throttled") return undefined
      if (value?.type === "map" && value.entries) return {...value, entries: value.entries.toSorted(([one], [other]) => one < other ? -1 : 1)}
      return value?.type === "ndarray" && value.shape.length === 1 ? {...value, type: "typed_array", shape: undefined} : value
    }
    const scrolled = [...document.querySelectorAll(".stage, .side, .drawer")].map(box => box.scrollTop)
    const fields = [...document.querySelectorAll("input, select, textarea")].filter(field => !field.closest("dialog"))
      .map(field => [field.value, field.checked])
    const replaced = [page, page.wire, document.documentElement].map(one => Object.keys(one).filter(name => typeof one[name] === "function"))
    return JSON.stringify([innerWidth, innerHeight, scrollX, scrollY, scrolled, localStorage, document.activeElement.tagName, fields,
      replaced, String(print), page.p, {...page.frame, answered: 0, tables}, page.player.on, page.frame.predicting && page.strips.guess,
      page.past.states, seen, other, roots.filter((_, k) => seen[k] !== null), copy.outerHTML], plain)
  },

  remember() {
    const {unrolled: page} = window, {wire, stage} = page, {theme, present, tab} = document.documentElement.dataset
    document.documentElement.dataset.floats ??= "" // as it is once something has floated, been pinned, been answered
    page.pins.list()
    page.tasks.forget()
    localStorage.clear()
    const asked = new Set(), send = wire.send.bind(wire)
    wire.send = requests => { for (const request of requests) asked.add(request.do); send(requests) }
    const fields = new Map([...document.querySelectorAll("input, select, textarea")].map(field => [field, [field.value, field.checked]]))
    const folds = [...document.querySelectorAll("details[open]")], shown = document.querySelector("[role=tab][aria-selected=true]")
    window.asOpened = {asked, fields, folds, shown, theme, present, tab, bridge: wire.bridge, query: page.frame.query,
      choices: [...stage.choices], alone: stage.alone, pins: page.pins.all}
    window.asOpened.state = this.state()
  },

  isAsOpened() { return window.asOpened.state === this.state() },

  // Whatever a hand can undo. False where the page has been left, or more remains: a file, what work beside the page has made.
  async putBack() {
    const {unrolled: page, asOpened} = window, {dataset} = document.documentElement
    if (!asOpened || page.wire.bridge !== asOpened.bridge || ["act", "upload"].some(action => asOpened.asked.has(action))) return false
    const press = name => document.querySelector(`[data-act=${name}]`).click()
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close()
    for (const box of document.querySelectorAll("[data-player]")) if (box.timer) box.querySelector("[data-play=play]").click()
    if (page.player.on) page.player.play(false)
    for (const button of document.querySelectorAll("[data-tried] [data-try]")) button.click()
    if (page.tasks.step >= 0) page.tasks.leave(document.querySelector(".example"))
    if (page.pins.all !== asOpened.pins) { page.pins.all = asOpened.pins; page.pins.list() }
    page.tasks.forget()
    if (dataset.present !== asOpened.present) press("present")
    if (dataset.theme !== asOpened.theme) press("theme")
    if ("drawer" in dataset) press("drawer")
    page.stage.choices = new Map(asOpened.choices)
    if (page.stage.alone !== asOpened.alone) page.stage.solo(asOpened.alone)
    const {float} = await import(new URL("dom.js", document.querySelector("script[type=module]").src))
    float(null)
    page.strips.choose(null)
    if (asOpened.asked.size || page.frame.query !== asOpened.query) await this.restore(asOpened.query)
    this.tidy()
    return true
  },

  // To the state of a query, as a page that has been opened there: there is nothing to undo.
  async restore(query) {
    const {unrolled: page} = window
    page.ask("back")
    page.ask("restore", {query})
    do await new Promise(next => setTimeout(next, 15))
    while (page.busy || page.waiting.length || page.underway.length || page.held || page.frame.waits)
    page.stage.kept = null // the sentence needs no more room than its own
    page.stage.keepRoom()
    Object.assign(page.past, {states: [page.past.now], at: 0, noted: null, moved: null, owed: 0})
    page.past.showButtons()
    window.asOpened.asked.clear()
  },

  // Fields, folds, the tab and the places where one was, last of all.
  tidy() {
    const {fields, folds, shown, tab} = window.asOpened
    for (const box of document.querySelectorAll("details")) box.open = folds.includes(box)
    for (const [field, [value, checked]] of fields) {
      if (field.value !== value) field.value = value
      if (field.checked !== checked) field.checked = checked
      delete field.dataset.dirty
    }
    shown.click()
    if (tab) document.documentElement.dataset.tab = tab
    else delete document.documentElement.dataset.tab // that one was not chosen by hand
    document.body.tabIndex = -1 // the Tab key starts again from the top
    document.body.focus()
    document.body.blur()
    document.body.removeAttribute("tabindex")
    for (const box of document.querySelectorAll(".stage, .side, .drawer")) box.scrollTo(0, 0)
    scrollTo(0, 0)
    localStorage.clear()
  },
})
