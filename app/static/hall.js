// For a hall: the whole screen, and a black one while the lecturer is to be looked at.
// @ts-check
import {$} from "./dom.js"

export function goFull() {
  if (document.fullscreenElement) document.exitFullscreen()
  else document.documentElement.requestFullscreen?.().catch(() => { /* a frame may not be allowed to */ })
}

/** Any key and any press of the pointer brings the picture back, and does nothing else. */
export function black() {
  const cover = $(".black")
  cover.showPopover()
  const back = event => {
    if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    cover.hidePopover()
    for (const kind of ["keydown", "pointerdown"]) removeEventListener(kind, back, true)
  }
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, back, true)
}
