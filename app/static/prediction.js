// A prediction under the hand: while the answer is hidden, the reader draws, nudges or types one value for each step.
import {placeOf} from "./bokeh.js"
import {$} from "./dom.js"
import {read} from "./guess.js"
import {dress, grown} from "./style.js"

const TALL = [180, 260] // pixels for the plot itself
const UNIT = 10         // and at least so many from one answer to the next, where answers are whole
const AXIS = 40         // the time axis takes
const MOST = 201        // steps of the longest sequence
const NEAR = 0.25       // steps: so near to a step's place the hand was there
const SWAY = 0.06       // steps: so little further away it still is

export class Prediction {
  constructor(page, strip) {
    this.page = page
    this.strip = strip
    this.on = false
    this.locked = false // the answer has begun to show
    this.guess = undefined
    this.source = page.doc.get_model_by_name("time-prediction")
    this.form = $(".exactly")
    this.field = $("input", this.form)
    this.field.addEventListener("input", () => this.type())
    this.form.addEventListener("submit", event => { event.preventDefault(); this.onward() })
  }

  get element() { return $(`[data-strip="${this.strip.name}"]`) }
  get plot() { return this.page.doc.get_model_by_name(this.strip.name) }

  // How much one pixel of the plot is.
  get pixel() {
    const {y_scale} = placeOf(this.plot)
    return Math.abs(y_scale.invert(1) - y_scale.invert(0))
  }

  show(frame) {
    const begins = frame.predicting && !this.on
    if (begins || (this.on && this.guess.length !== frame.steps)) this.start(frame.steps)
    if (!frame.predicting && this.on) this.stop()
    if (this.on) { this.grow(begins); this.lock(frame.revealed !== null) }
    if (!this.on && !frame.score) this.clear()
  }

  start(steps) {
    this.on = true
    this.guess = this.kept?.length === steps ? this.kept : new Array(steps).fill(0)
    this.kept = null
    this.locked = true
    this.lock(false)
    this.element.focus({preventScroll: true})
    this.set({})
  }

  lock(on) {
    if (on === this.locked) return
    this.locked = on
    this.element.toggleAttribute("data-asking", !on)
    this.form.hidden = on
  }

  /** The prediction will start with what an address has; whether that can be read. @param {string} text */
  resume(text) {
    this.kept = read(text, MOST)
    return this.kept !== null
  }

  // A new session starts the prediction again, with what has been drawn.
  keep() { if (this.on) this.kept = this.guess }

  stop() {
    this.on = false
    this.lock(true)
    this.element.style.minHeight = ""
    grown.delete(this.plot)
    this.rule(1)
    dress([this.plot], this.page.data)
  }

  clear() {
    if (this.source.data.t.length) this.source.setv({data: {t: [], prediction: []}}, {sync: false})
  }

  // A strip is as tall as the hand needs it, whatever the server or the theme makes of its height.
  grow(into) {
    const {y_range, min_border_top, min_border_bottom, below} = this.plot
    const apart = this.strip.snap ? UNIT * (y_range.end - y_range.start) / this.strip.snap : 0
    const height = Math.round(within(apart, TALL) + min_border_top + min_border_bottom + (below.some(axis => axis.visible) ? AXIS : 0))
    if (grown.get(this.plot) !== height) {
      grown.set(this.plot, height)
      this.rule(3)
      dress([this.plot], this.page.data)
    }
    this.element.style.minHeight = `${height}px` // at once: Bokeh takes its time
    if (into) this.element.scrollIntoView({block: "nearest"})
  }

  // A tall plot has room for more lines of its grid.
  rule(times) {
    const {ticker} = this.plot.left[0]
    if (!("desired_num_ticks" in ticker.properties)) return
    this.lines ??= ticker.desired_num_ticks
    ticker.setv({desired_num_ticks: times * this.lines}, {sync: false})
  }

  // A stroke gives each step the value where it came nearest to the step's place, and on its way out the hand means the
  // next one. Steps that a fast hand leaps over are on the line between.
  stroke(place, last) {
    const steps = {}, off = Math.abs(place.at - place.step)
    const nearest = last?.step === place.step ? last.nearest : Infinity
    for (const step of last ? between(place.at, last.at) : []) {
      const seen = step === place.step ? Math.min(off, nearest) : step === last.step ? last.nearest : Infinity
      if (seen > NEAR) steps[step] = last.value + (step - last.at) / (place.at - last.at) * (place.value - last.value)
    }
    const met = place.step in steps
    if (!met && off <= nearest + SWAY) steps[place.step] = place.value
    for (const step of Object.keys(steps)) {
      if (step < 1 || step > this.guess.length) delete steps[step]
      else steps[step] = this.tidy(steps[step])
    }
    this.set(steps)
    return {...place, nearest: met ? 0 : Math.min(off, nearest)}
  }

  // To the answers' own grid, or to a round number finer than a pixel; never out of sight.
  tidy(value) {
    const {start, end} = this.plot.y_range, grid = this.strip.snap || round(this.pixel)
    return exact(within(Math.round(value / grid), [Math.ceil(start / grid), Math.floor(end / grid)]) * grid)
  }

  // The next multiple up or down.
  nudge(direction) {
    const by = this.strip.snap || round(4 * this.pixel), now = this.guess[this.page.t - 1] / by
    const next = direction > 0 ? Math.floor(now + 1e-6) + 1 : Math.ceil(now - 1e-6) - 1
    this.set({[this.page.t]: this.tidy(next * by)})
  }

  type() {
    const value = this.field.valueAsNumber
    if (Number.isFinite(value)) this.set({[this.page.t]: value})
  }

  // Enter: what is typed holds, and the next step's turn comes.
  onward() {
    this.page.moveCursor(this.page.t + 1)
    this.field.select()
  }

  set(steps) {
    for (const [step, value] of Object.entries(steps)) this.guess[step - 1] = value
    this.source.setv({data: {t: this.guess.map((_, k) => k + 1), prediction: [...this.guess]}}, {sync: false})
    this.follow(this.page.t)
    this.page.keepAddress()
  }

  // The field holds the value at the cursor; while somebody types there, it is theirs.
  follow(t) {
    if (!this.on || !this.guess) return
    const value = this.guess[t - 1] ?? 0
    $(".at", this.form).textContent = t
    if (this.field.valueAsNumber !== value && (document.activeElement !== this.field || this.shown !== t)) this.field.value = value
    this.shown = t
  }
}

const within = (value, [low, high]) => Math.max(low, Math.min(high, value))
const exact = value => Number(value.toPrecision(12))

/** Whole numbers between two others, both included. */
function between(one, other) {
  const low = Math.ceil(Math.min(one, other)), high = Math.floor(Math.max(one, other))
  return one === other ? [] : Array.from({length: Math.max(0, high - low + 1)}, (_, k) => low + k)
}

/** The largest of 1, 2 and 5 times a power of ten that is not above a value. */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [5, 2, 1].find(factor => factor * power <= value * (1 + 1e-9))
}
