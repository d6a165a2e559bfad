// Links to the other lessons: whoever presents goes on presenting there.
// @ts-check

const root = document.documentElement

export function keepPresenting() {
  // As soon as a link is pointed at or reached: it may be opened in a tab of its own.
  for (const kind of ["pointerdown", "focusin", "click"]) addEventListener(kind, event => lead(event.composedPath()[0]), true)
}

/** @param {any} target */
function lead(target) {
  /** @type {HTMLAnchorElement | null} */ const link = target.closest?.("a[href]")
  if (!link || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return
  link.dataset.own ??= link.getAttribute("href") // as it was written
  link.setAttribute("href", link.dataset.own)
  if (!root.dataset.present) return
  const others = link.search.slice(1).split("&").filter(part => part && part.split("=")[0] !== "present")
  link.search = [...others, "present=true"].join("&")
}
