// What a frame says of the figures: columns for their sources, properties for their models.
// @ts-check
import {matrix} from "./bokeh.js"

/** @typedef {import("./contract.js").Frame} Frame */

const TYPES = {float64: Float64Array, float32: Float32Array, uint32: Uint32Array, uint8: Uint8Array}

export class Figures {
  /** @param {any} doc */
  constructor(doc) {
    this.doc = doc
    this.source = doc.get_model_by_name("time-source")
    this.pinned = doc.get_model_by_name("time-pinned")
    this.ranges = new Map() // what the server last said, by range: a pinned trace may reach further
    this.lent = null        // an axis that is shown whatever the server says of it, and what the server says
    this.painted = {}       // columns as they were before the hand painted on them
  }

  /** @param {Frame} frame @returns {any[]} the models with new properties */
  show(frame) {
    for (const [id, columns] of Object.entries(frame.columns ?? {})) {
      const source = this.doc.get_model_by_id(id), data = {...source.data}
      for (const [name, values] of Object.entries(columns)) {
        data[name] = decoded(values)
        if (source === this.source) delete this.painted[name]
      }
      source.data = data
    }
    return Object.entries(frame.properties ?? {}).map(([id, values]) => {
      const model = this.doc.get_model_by_id(id)
      if (model === this.lent?.axis && "visible" in values) this.lent.own = values.visible
      model.setv(model === this.lent?.axis ? {...values, visible: true} : values)
      const known = this.ranges.get(model)
      if (known) this.ranges.set(model, [values.start ?? known[0], values.end ?? known[1]])
      return model
    })
  }

  /** The hand paints at once; what the server makes of it follows.
   *  @param {string} name @param {Record<string, number>} steps */
  paint(name, steps) {
    const column = this.source.data[name]
    this.painted[name] ??= Array.from(column)
    for (const [step, value] of Object.entries(steps)) column[Number(step) - 1] = value
    this.source.change.emit()
  }

  /** What the server did not take is put back. */
  settle() {
    for (const [name, values] of Object.entries(this.painted)) {
      const column = this.source.data[name]
      values.forEach((value, k) => { column[k] = value })
      this.source.change.emit()
    }
    this.painted = {}
  }

  /** A plot that stands alone has its time axis, also where it is not the lowest. @param {any} axis or null */
  lend(axis) {
    if (axis === (this.lent?.axis ?? null)) return
    this.lent?.axis.setv({visible: this.lent.own}, {sync: false})
    this.lent = axis && {axis, own: axis.visible}
    axis?.setv({visible: true}, {sync: false})
  }

  /** Ranges reach far enough for the pinned traces too.
   *  @param {{name: string, columns: string[]}[]} strips */
  reach(strips) {
    for (const strip of strips) {
      const range = this.doc.get_model_by_name(strip.name)?.y_range
      if (!range) continue
      if (!this.ranges.has(range)) this.ranges.set(range, [range.start, range.end])
      const [start, end] = this.ranges.get(range)
      const values = strip.columns.flatMap(name => this.pinned.data[name] ?? []).flat().filter(Number.isFinite)
      const low = Math.min(start, ...values), high = Math.max(end, ...values), margin = 0.04 * (high - low)
      range.setv({start: low < start ? low - margin : start, end: high > end ? high + margin : end})
    }
  }
}

/** @param {any} values */
export function decoded(values) {
  if (Array.isArray(values)) return values.map(entry => entry !== null && typeof entry === "object" ? decoded(entry) : entry)
  const {shape, ...packed} = values, [kind, text] = Object.entries(packed)[0]
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
  const array = new TYPES[kind](bytes.buffer)
  return shape ? matrix(array, kind, shape) : array
}
