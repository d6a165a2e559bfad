// Short names for looking things up in the page, and the passing message at its foot.

export const $ = (selector, within = document) => within.querySelector(selector)
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]

// On a narrow screen the plots are far from the text that speaks of them: the text goes along at the foot of the screen.
export function float(box) {
  if (innerWidth > 1120) return
  for (const other of $$("[data-floating]")) if (other !== box) other.removeAttribute("data-floating")
  if (!box || box.hasAttribute("data-floating")) return
  box.dataset.floating = ""
  $(".plots").scrollIntoView({block: "start"})
}

export function toast(text, milliseconds = 2600) {
  const box = $(".toast")
  box.textContent = text
  box.hidePopover()
  box.showPopover() // above an open dialog too
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => box.hidePopover(), milliseconds)
}
