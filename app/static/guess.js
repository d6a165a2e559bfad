// A drawn prediction as an address has it: values with repeats, as sequences are written there, `1*4,0*3,0.5`.
// @ts-check

/** @param {number[]} values @returns {string} "true" where nothing has been drawn */
export function written(values) {
  if (!values.some(Boolean)) return "true"
  /** @type {[number, number][]} */ const runs = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last?.[0] === value) last[1] += 1
    else runs.push([value, 1])
  }
  return runs.map(([value, count]) => count === 1 ? String(value) : `${value}*${count}`).join()
}

/** @param {string} text @param {number} most values @returns {number[] | null} null where it is no such list */
export function read(text, most) {
  const values = []
  for (const run of text.split(",")) {
    const [, value, count = "1"] = run.match(/^(-?[\d.]+(?:e-?\d+)?)(?:\*(\d{1,3}))?$/) ?? []
    if (!Number.isFinite(Number(value)) || values.length + Number(count) > most) return null
    values.push(...new Array(Number(count)).fill(Number(value)))
  }
  return values
}
