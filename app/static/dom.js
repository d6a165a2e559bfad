// Short names for looking things up in the page, and the passing message at its foot.

export const $ = (selector, within = document) => within.querySelector(selector)
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]

export function toast(text) {
  const box = $(".toast")
  box.textContent = text
  box.toggleAttribute("data-on", true)
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => box.toggleAttribute("data-on", false), 2600)
}
