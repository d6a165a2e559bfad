// Tabs, drawer and notices: what opens and closes beside the plots.
import {$, $$, toast} from "./dom.js"
import {typeset} from "./mathematics.js"

const root = document.documentElement

export function showNotices(notices) {
  const html = notices.map(notice => { const p = document.createElement("p"); p.textContent = notice; return p.outerHTML }).join("")
  const shown = $("main .notices"), fresh = shown.innerHTML !== html
  for (const box of $$(".notices")) if (box.innerHTML !== html) box.innerHTML = html
  // On a phone the place for notices may be far from the hand.
  if (fresh && html && shown.getBoundingClientRect().bottom < 0) toast(notices.join(" "), 5000)
}

export function showTab(name) {
  for (const tab of $$("[role=tab]")) {
    const chosen = tab.getAttribute("aria-controls") === name
    tab.setAttribute("aria-selected", chosen)
    tab.tabIndex = chosen ? 0 : -1
    $("#" + tab.getAttribute("aria-controls")).hidden = !chosen
  }
  typeset($("#" + name))
}

export function openDrawer(on) {
  root.toggleAttribute("data-drawer", on)
  $(".menu").setAttribute("aria-expanded", on)
  if (on) $("#drawer").focus() // not a select: the next key would choose from it
}
