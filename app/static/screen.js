// Which of its three forms the page has: all in one column, side by side, or one screen for a hall.
// @ts-check

const root = document.documentElement
const narrow = matchMedia("(max-width: 1120px)"), landscape = matchMedia("(orientation: landscape)")
const HEIGHT = 690 // a screen for a hall is laid out for so many pixels and then enlarged; 11.5 of them are its smallest type,
const WIDTH = 900  // a sixtieth of the height

/** Presenter mode on one screen, which nothing scrolls. A phone held upright keeps its column. */
export const onScreen = () => Boolean(root.dataset.present) && (landscape.matches || !narrow.matches)

/** All stands in one column, with a bar at the bottom, as in phone.css. */
export const inColumn = () => narrow.matches && !onScreen()

/** By how much the page is enlarged. */
export const zoom = () => onScreen() ? Math.min(innerHeight / HEIGHT, innerWidth / WIDTH) : 1

/** Calls back when the page changes between a column and anything else. @param {() => void} change */
export function onColumn(change) { for (const query of [narrow, landscape]) query.addEventListener("change", change) }

/** The stylesheet follows; shell.html does the same before the first paint. */
export function fitScreen() {
  const fits = onScreen()
  root.toggleAttribute("data-fits", fits)
  root.style.setProperty("--zoom", String(zoom()))
  for (const link of document.querySelectorAll("[data-style='phone.css'], [data-style='touch.css']")) {
    link.setAttribute("media", fits ? link.matches("[data-style='touch.css']") ? "(pointer: coarse)" : "not all" : "all")
  }
}
