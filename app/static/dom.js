// Short names for looking things up in the page, and the passing message at its foot.

import {inColumn} from "./screen.js"

export const $ = (selector, within = document) => within.querySelector(selector)
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]

// On a narrow screen the plots are far from the text that speaks of them: the text goes along at the foot of the screen.
// `data-led` says, on any screen, that a task or the example is under way.
// `target` is what the text asks to look at: it comes to stand just above the text.
export function float(box, target = null) {
  for (const other of $$("[data-led]")) if (other !== box) for (const mark of ["led", "floating"]) delete other.dataset[mark]
  if (box) box.dataset.led = ""
  const rises = box && inColumn() && !box.hasAttribute("data-floating")
  if (rises) box.dataset.floating = ""
  document.documentElement.dataset.floats = $("[data-floating]")?.className ?? ""
  if (!rises) return
  if (!target) { $("#diagram").scrollIntoView({block: "start"}); return }
  target.style.scrollMarginBottom = `${box.getBoundingClientRect().height + 12}px`
  target.scrollIntoView({block: "end"})
}

export function toast(text, milliseconds = 2600) {
  const box = $(".toast")
  box.textContent = text
  box.hidePopover()
  box.showPopover() // above an open dialog too
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => box.hidePopover(), milliseconds)
}
