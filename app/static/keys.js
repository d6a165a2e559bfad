// Keys of the whole page. What a pointer has touched gives the keys back to the page, but for a field in which one types.
// What was reached by the Tab key keeps its own keys.
import {$, $$, toast} from "./dom.js"
import {playLast} from "./cards.js"
import {black, goFull} from "./hall.js"
import {openDrawer, showTab} from "./panels.js"

const root = document.documentElement
const ALONG = ["ArrowLeft", "ArrowRight"], UP = ["ArrowUp", "ArrowDown"], FAR = ["Home", "End", "PageUp", "PageDown"]
const PRESS = [" ", "Enter"]
const TYPED = "input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea"
// What does something with keys by itself, and with which; null: with all.
const OWN = [
  [TYPED + ", select", null],
  ["[role=slider], input[type=range]", [...ALONG, ...UP, ...FAR]],
  ["input[type=radio]", [...ALONG, ...UP, ...PRESS]],
  ["button, a, summary, input", PRESS],
  ["[data-scrolls]", [...ALONG, ...UP, ...FAR, " "]],
  ["[role=tabpanel]", [...UP, ...FAR, " "]],
]
const HELD = OWN.map(([selector]) => selector).join()
const AGAIN = [...ALONG, ...UP, "PageUp", "PageDown", "z"] // held down, only these go on
const SILENT = ["?", ".", "b", "Escape"]
const WRITTEN = {" ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "◀", PageDown: "▶"}

// The element with the focus, inside Bokeh's widgets too.
function focused() {
  let found = document.activeElement
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement
  return found
}

const isOpen = element => element.matches("select:open")

/** What has got the focus from a pointer loses it when the pointer is done with it. */
export function giveKeysBack() {
  let byPointer = false, touched = null
  const release = () => {
    const element = focused()
    if (element === touched && element.matches(HELD) && !element.matches(TYPED) && !isOpen(element)) element.blur()
  }
  addEventListener("pointerdown", () => { byPointer = true }, true)
  for (const kind of ["pointerup", "click"]) addEventListener(kind, event => {
    if (!byPointer || (kind === "click" && !event.detail)) return // pressed by a key, or by a screen reader
    touched = focused()
    release() // before a dialog opens: closed, it would give the focus back to its button
    setTimeout(() => { touched = focused(); release() })
  }, true)
  addEventListener("input", event => { if (event.composedPath()[0].matches("select")) setTimeout(release) }, true) // a choice is made
  addEventListener("keydown", event => {
    byPointer = false
    if (event.key === "Tab") touched = null
    else if (event.key === "Escape") setTimeout(release)
    else release()
  }, true)
}

export function press(page, act, event) {
  const target = event.composedPath()[0], key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (target.matches?.(TYPED) && key === "Escape" && !$("dialog[open]")) { target.blur(); return }
  if ($("dialog[open]") || keeps(target, key) || (event.repeat && !AGAIN.includes(key))) return
  const todo = withControl(event) ? controlKeys(page)[event.shiftKey ? `shift ${key}` : key]
    : isPlain(event) && keysOf(page, act, event)[key]
  if (!todo) return
  event.preventDefault()
  const done = todo()
  // 200 people can't see the lecturer's hands.
  if (root.dataset.present && !SILENT.includes(key)) toast(done ?? WRITTEN[key] ?? event.key.toUpperCase(), 800)
}

// With AltGr a German keyboard writes [ and ].
const isPlain = event => event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey || event.altKey)
const withControl = event => (event.ctrlKey || event.metaKey) && !event.altKey

function keeps(target, key) {
  if (target !== focused()) return false // a pointer had touched it
  const own = OWN.find(([selector]) => target.matches(selector))
  return own !== undefined && (own[1] === null || own[1].includes(key))
}

const controlKeys = page => ({z: () => page.past.go(-1), "shift z": () => page.past.go(1), y: () => page.past.go(1)})

// A key is there only where it does something.
function keysOf(page, act, event) {
  const button = selector => { const found = $$(selector).find(one => !one.hidden && !one.disabled); return found && (() => found.click()) }
  const tab = event.composedPath()[0].closest?.("[role=tab]")
  return {
    ...cursorKeys(page, event.shiftKey ? 10 : 1, tab),
    ...plotKeys(page, event),
    " ": () => playLast(page),
    z: () => page.past.go(event.shiftKey ? 1 : -1),
    "+": () => choosePreset(page, 1), "=": () => choosePreset(page, 1), "-": () => choosePreset(page, -1),
    r: act.reset, n: button("[data-act=seed]"), c: button("[data-act=pin]"),
    g: predicting(page, button("[data-predict=start]")), v: page.reveal.on ? () => page.reveal.all() : button("[data-predict=reveal]") ?? page.tasks.quiz.inSight,
    "1": () => showTab("lesson"), "2": () => showTab("numbers"), "3": () => showTab("tasks"),
    o: () => page.stage.toggleSolo(), p: act.present, s: act.drawer, d: act.theme, "?": act.help,
    f: goFull, F5: root.dataset.present && goFull, // a clicker's button for the start of a show
    ".": black, b: black,
    "[": button("a[rel=prev]"), "<": button("a[rel=prev]"), "]": button("a[rel=next]"), ">": button("a[rel=next]"),
    Escape: () => { openDrawer(false); page.stage.solo("") },
  }
}

// While an answer is revealed step by step, a clicker's keys show the next one.
function cursorKeys(page, jump, tab) {
  const go = by => page.reveal.on ? page.reveal.step(Math.sign(by)) : page.moveTo(page.p + by)
  const along = by => tab ? moveTab(tab, by) : go(by * jump)
  return {
    ArrowLeft: () => along(-1), ArrowRight: () => along(1), PageUp: () => go(-1), PageDown: () => go(1),
    Home: () => page.moveTo(1), End: () => page.reveal.on ? page.reveal.all() : page.moveTo(page.frame.positions),
  }
}

function plotKeys(page, event) {
  const within = event.composedPath().find(part => part.dataset?.strip)?.dataset.strip, name = page.strips.underKeys(within)
  if (!name) return {}
  const keys = {ArrowUp: () => page.strips.nudge(name, 1), ArrowDown: () => page.strips.nudge(name, -1)}
  return page.strips.editable(page.strips.byName[name]) ? {...keys, Enter: () => page.strips.flip(name)} : keys
}

// The next in the list; its name is told.
function choosePreset(page, by) {
  const choice = $("#preset"), all = [...choice.options].filter(option => !option.disabled)
  // Keys may come faster than answers: each goes on from the one before.
  const asked = [...page.underway, ...page.waiting].findLast(request => request.do === "preset")?.name
  const now = asked ?? page.held?.start ?? page.frame.start
  const next = all[all.findIndex(option => option.value === now) + by]
  if (!next) return undefined
  choice.value = next.value
  choice.dispatchEvent(new Event("change"))
  return next.textContent
}

const predicting = (page, start) => start && (() => { showTab("tasks"); start() })

function moveTab(tab, by) {
  const tabs = $$("[role=tab]"), next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length]
  showTab(next.getAttribute("aria-controls"))
  next.focus()
}
