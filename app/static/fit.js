// What fits on the presenter's stage, in numbers only: which cards, side by side or not, and how high each part is.
// @ts-check

/** @typedef {{key: string, whole: boolean, least: number, need: (width: number, ease?: number) => number, weight: number}} Part
 *  A part's key; whether it wants a row of its own; its least width; the height it needs at a width, at the least (ease 0) or
 *  at ease (1); and its share of what is left. */

const total = numbers => numbers.reduce((sum, number) => sum + number, 0)

/** A length shared in proportion to weights, none below its floor; where the floors are too much, all shrink alike.
 *  @param {number} length @param {{floor: number, weight: number}[]} parts @returns {number[]} */
export function shared(length, parts) {
  const floors = total(parts.map(part => part.floor))
  if (floors >= length) return parts.map(part => part.floor * Math.max(0, length) / floors)
  const open = new Set(parts.keys()), got = parts.map(part => part.floor)
  let rest = length, small = []
  do {
    const weight = total([...open].map(k => parts[k].weight)), each = rest / weight
    small = [...open].filter(k => parts[k].weight * each < parts[k].floor)
    for (const k of small) { open.delete(k); rest -= parts[k].floor }
    if (!small.length) for (const k of open) got[k] = parts[k].weight * each
  } while (small.length && open.size)
  return got
}

/** The height that a row of parts needs. @param {Part[]} row @param {number} width @param {number} ease */
export const needOf = (row, width, ease = 0) => Math.max(...row.map((part, k) => part.need(width * spanOf(row, k), ease)))

/** A part's share of its row's width. @param {Part[] & {first?: number}} row @param {number} k */
export const spanOf = (row, k) => row.first ? (k ? 1 - row.first : row.first) : 1 / row.length

const besides = (row, part, width) => !part.whole && !row.some(other => other.whole)
  && [...row, part].every(each => each.least <= width / (row.length + 1))

const height = (rows, width, gap, ease) => total(rows.map(row => needOf(row, width, ease))) + gap * (rows.length - 1)

/** Rows of the parts that find room, the first ones first. A part stands beside the last one if it may, else below. The
 *  first may be pressed; another one comes only where all stand at ease.
 *  @param {Part[]} parts @param {{width: number, height: number, gap: number}} room @returns {Part[][]} */
export function rowsOf(parts, room) {
  let rows = []
  for (const part of parts) {
    const last = rows.at(-1)
    const beside = last && besides(last, part, room.width) ? [...rows.slice(0, -1), [...last, part]] : null
    const below = [...rows, [part]]
    const found = [beside, below].find(trial => trial && height(trial, room.width, room.gap, rows.length ? 1 : 0) <= room.height)
    if (found) rows = found
  }
  return rows
}
