// What tells one state of a page from another, in the words that stand beside the controls.
// @ts-check

const MANY = 3 // more differences than these are no label

/**
 * @typedef {object} State
 * @property {Record<string, any>} values of the settings
 * @property {string[]} unused settings that change nothing
 * @property {string} start the preset that it was started from
 * @property {boolean} changed since then
 * @property {Record<string, number[]>} columns of the stack
 *
 * @typedef {object} Words
 * @property {Record<string, string>} labels of the settings
 * @property {{edits: string, paints: string, title: string}[]} strips
 */

/** From an older state to the present one: “α 0.3 → 0.5”, or the older one's preset where more has changed.
 * @param {State} older @param {State} now @param {Words} words @param {(name: string) => string} titled of a preset */
export function difference(older, now, words, titled) {
  const found = Object.keys(older.values).filter(name => older.values[name] !== now.values[name])
    .filter(name => !(older.unused.includes(name) && now.unused.includes(name)))
    .map(name => said(name, older, now, words)).filter(Boolean)
  if (!found.length) return "as it is now"
  if (found.length <= MANY) return found.join(", ")
  const title = titled(older.start)
  return title ? title + (older.changed ? ", changed" : "") : "your own settings"
}

/** @param {string} name @param {State} older @param {State} now @param {Words} words */
function said(name, older, now, words) {
  const label = words.labels[name], strip = words.strips.find(strip => strip.edits === name)
  if (!strip) return `${label} ${plain(older.values[name])} → ${plain(now.values[name])}`
  const before = older.columns[strip.paints] ?? [], after = now.columns[strip.paints] ?? []
  const steps = Math.min(before.length, after.length)
  for (let k = 0; k < steps; k++) if (!Object.is(before[k], after[k])) return `${strip.title} edited`
  return "" // only longer, or not shown
}

/** @param {any} value */
function plain(value) {
  if (typeof value === "boolean") return value ? "on" : "off"
  return typeof value === "number" ? String(Number(value.toPrecision(4))).replaceAll("-", "−") : value
}
