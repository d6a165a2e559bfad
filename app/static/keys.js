// Keys of the whole page.
import {$, $$, toast} from "./dom.js"
import {openDrawer, showTab} from "./panels.js"

const root = document.documentElement

export function press(page, act, event) {
  const target = event.composedPath()[0]
  const typing = target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=slider]")
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape") { openDrawer(false); return }
  if (typing || $("dialog[open]")) return
  const tab = target.closest?.("[role=tab]"), strip = target.closest?.("[data-edits], [data-asking]") ?? (target === document.body ? $("[data-asking]") : null)
  const jump = event.shiftKey ? 10 : 1
  const keys = {
    ArrowLeft: () => tab ? moveTab(tab, -1) : page.moveTo(page.p - jump),
    ArrowRight: () => tab ? moveTab(tab, 1) : page.moveTo(page.p + jump),
    Home: () => page.moveTo(1), End: () => page.moveTo(page.frame.positions),
    "1": () => showTab("lesson"), "2": () => showTab("numbers"), "3": () => showTab("tasks"),
    p: act.present, s: act.drawer, d: act.theme, r: act.reset, "?": act.help,
  }
  if (strip) Object.assign(keys, {
    ArrowUp: () => page.strips.nudge(strip.dataset.strip, 1), ArrowDown: () => page.strips.nudge(strip.dataset.strip, -1),
  })
  if (strip?.matches("[data-edits]")) keys[" "] = () => page.strips.flip(strip.dataset.strip)
  else if (!target.matches?.("button, a, summary, input")) keys[" "] = act.play
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (!keys[key]) return
  event.preventDefault()
  keys[key]()
  // 200 people can't see the lecturer's hands.
  if (root.dataset.present && event.key !== "?") toast(keyName(event.key), 800)
}

function keyName(key) {
  return {" ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓"}[key] ?? key.toUpperCase()
}

function moveTab(tab, by) {
  const tabs = $$("[role=tab]"), next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length]
  showTab(next.getAttribute("aria-controls"))
  next.focus()
}
