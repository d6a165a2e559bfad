// The browser's Back undoes a preset, and does not leave the lesson.
// @ts-check

/** @typedef {{address: () => string, ask: (action: string, details: object) => void}} Page */

/** The state before a preset keeps its place in the browser's history. @param {Page} page */
export function keepPlace(page) { history.pushState(null, "", page.address()) }

/** @param {Page} page */
export function followBack(page) {
  addEventListener("popstate", () => page.ask("restore", {query: location.search.slice(1)}))
}
