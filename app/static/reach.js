// What is wider than its column scrolls: by the keyboard too, where nothing in it takes the focus.
import {$, $$} from "./dom.js"

const BOXES = ".eq, div.math, .live-table table, article table"

export function reachAll() {
  let timer = null
  const soon = () => { clearTimeout(timer); timer = setTimeout(check, 100) }
  const changes = new MutationObserver(soon)
  for (const part of $$(".side, .stage")) changes.observe(part, {childList: true, characterData: true, subtree: true, attributeFilter: ["hidden"]})
  document.addEventListener("scroll", soon, {capture: true, passive: true})
  new ResizeObserver(soon).observe($(".side"))
  check()
}

function check() {
  for (const box of $$(BOXES)) {
    box.toggleAttribute("data-goes-on", box.clientWidth > 0 && box.scrollLeft + box.clientWidth < box.scrollWidth - 1)
    const scrolls = box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0 && !$("input, button, a", box)
    if (scrolls === box.hasAttribute("data-scrolls")) continue
    box.toggleAttribute("data-scrolls", scrolls)
    if (!scrolls) for (const name of ["tabindex", ...box.matches(".eq") ? ["role", "aria-label"] : []]) box.removeAttribute(name)
    else box.tabIndex = 0
    if (scrolls && box.matches(".eq")) { box.setAttribute("role", "group"); box.setAttribute("aria-label", "Equation, scrolls sideways") }
  }
  for (const table of $$(".live-table")) table.toggleAttribute("data-wide", Boolean($("table[data-goes-on]", table)))
}
