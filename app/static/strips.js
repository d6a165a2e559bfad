// Plots under the hand: the time cursor, painting sequences by click and drag, and drawing a prediction.

import {modelsOf, placeOf} from "./bokeh.js"
import {Prediction} from "./prediction.js"
import {sizeDots} from "./style.js"

const root = document.documentElement

export class Strips {
  constructor(page, data) {
    this.page = page
    this.all = data.strips
    this.byName = Object.fromEntries(data.strips.map(strip => [strip.name, strip]))
    this.bands = modelsOf(page.doc).filter(model => model.type === "BoxAnnotation" && model.name?.endsWith("-band"))
    this.hand = new Prediction(page, data.strips.find(strip => strip.predicts))
    for (const strip of this.all) this.listen(strip)
  }

  element(name) { return document.querySelector(`[data-strip="${name}"]`) }
  plot(name) { return this.page.doc.get_model_by_name(name) }

  // Of a prediction: the trace while it is asked for, what was drawn of it, and where that is shown.
  get asking() { return this.hand.on && !this.hand.locked ? this.hand.strip.predicts : null }
  get guess() { return this.hand.guess }
  set guess(values) { this.hand.guess = values }
  get prediction() { return this.hand.source }

  setCursor(t) {
    for (const band of this.bands) band.setv({left: t - 0.5, right: t + 0.5}, {sync: false})
    this.hand.follow(t)
  }

  show(frame) {
    // To ask for a width lets the browser lay out the page in the middle of a change.
    const room = [frame.steps, innerWidth, root.dataset.present, root.hasAttribute("data-drawer")].join()
    if (room !== this.room) sizeDots(this.page.doc, frame.steps)
    this.room = room
    this.hand.show(frame)
    for (const strip of this.all.filter(strip => strip.edits)) this.showEditable(strip, this.editable(strip))
  }

  // Where the pointer is, in the plot's own coordinates.
  locate(strip, event) {
    const {box, x_scale, y_scale} = placeOf(this.plot(strip.name))
    const x = x_scale.invert(event.clientX - box.left), y = y_scale.invert(event.clientY - box.top)
    return {at: x, step: Math.max(1, Math.min(Math.round(x), this.page.frame.steps)), value: y}
  }

  listen(strip) {
    const element = this.element(strip.name)
    if (!element || !strip.timed) return
    let last = null, touch = null
    const begin = event => {
      element.focus({preventScroll: true})
      if (this.takes(strip.name)) this.choose(strip.name)
      try { element.setPointerCapture(event.pointerId) } catch { /* a synthetic event has no pointer to capture */ }
      last = this.stroke(strip, this.locate(strip, event), null)
    }
    element.addEventListener("pointerdown", event => {
      if (event.button) return
      // A finger may be about to scroll the page: it edits when it lifts (a tap) or has moved sideways.
      if (event.pointerType === "touch" && this.asking !== strip.predicts) touch = event
      else begin(event)
    })
    element.addEventListener("pointermove", event => {
      if (touch && Math.abs(event.clientX - touch.clientX) > 8) { begin(touch); touch = null }
      if (last) last = this.stroke(strip, this.locate(strip, event), last)
    })
    element.addEventListener("pointerup", event => { if (touch) begin(event); last = touch = null })
    element.addEventListener("pointercancel", () => { last = touch = null })
  }

  showEditable(strip, on) {
    const element = this.element(strip.name)
    element.toggleAttribute("data-edits", on)
    element.querySelector(".hint")?.toggleAttribute("hidden", !on)
  }

  editable(strip) { return Boolean(strip.edits) && !this.page.frame.fixed.includes(strip.name) }

  // One stroke of the pointer: every step between the last place and this one is set, so a fast hand leaves no gaps.
  stroke(strip, place, last) {
    if (this.asking && this.asking === strip.predicts) place = this.hand.stroke(place, last)
    else if (this.editable(strip)) {
      const from = last ?? place, span = Math.abs(place.step - from.step), steps = {}
      // A bit is switched by the first touch; the drag then carries the same bit on.
      const value = place => strip.binary ? this.bit(strip, place, last) : place.value
      const target = value(place)
      for (let k = 0; k <= span; k++) {
        const share = span ? k / span : 1
        const step = from.step + Math.sign(place.step - from.step) * k
        steps[step] = strip.binary ? target : this.rounded(strip, (1 - share) * (last ? last.value : place.value) + share * place.value)
      }
      this.paint(strip, steps)
      place = {...place, bit: target}
    }
    this.page.moveCursor(place.step)
    return place
  }

  bit(strip, place, last) {
    return last ? last.bit : 1 - Math.round(this.values(strip)[place.step - 1])
  }

  values(strip) { return this.page.doc.get_model_by_name("time-source").data[strip.paints] }

  rounded(strip, value) {
    const [low, high] = this.limits(strip)
    const snap = this.snaps() ? 1 : 0.01
    return Math.max(low, Math.min(high, Math.round(Math.round(value / snap) * snap * 100) / 100))
  }

  snaps() { return this.page.frame.live?.snap ?? false }

  // A stroke can't leave the visible range, nor what the sequence allows.
  limits(strip) {
    const shown = this.page.frame.live?.limits?.[strip.edits] ?? strip.bounds
    return [Math.max(shown[0], strip.bounds[0]), Math.min(shown[1], strip.bounds[1])]
  }

  // The strip itself changes at once; everything downstream follows when the server has computed it.
  paint(strip, steps) {
    this.page.figures.paint(strip.paints, steps)
    this.page.ask("edit", {name: strip.edits, steps})
  }

  // By keys: the plot with the focus, else the one that is asked for, else the one that was clicked last.

  takes(name) {
    const strip = this.byName[name]
    if (!strip || !this.page.frame || !this.plot(name).visible || !this.element(name)?.offsetParent) return false
    return this.editable(strip) || (this.asking !== null && this.asking === strip.predicts)
  }

  choose(name) {
    this.chosen = name
    for (const strip of this.all) this.element(strip.name)?.toggleAttribute("data-chosen", strip.name === name)
  }

  underKeys(focused) {
    const asked = this.asking ? this.hand.strip.name : null
    return [focused, asked, this.chosen].find(name => this.takes(name)) ?? null
  }

  nudge(name, direction) {
    const strip = this.byName[name], t = this.page.t
    if (this.asking && this.asking === strip.predicts) { this.hand.nudge(direction); return }
    const by = strip.binary || this.snaps() ? 1 : 0.1
    const [low, high] = strip.binary ? [0, 1] : this.limits(strip)
    const value = Math.max(low, Math.min(high, (this.values(strip)[t - 1] || 0) + direction * by))
    this.paint(strip, {[t]: Math.round(value * 100) / 100})
  }

  flip(name) {
    const strip = this.byName[name], t = this.page.t
    if (!this.editable(strip)) return
    this.paint(strip, {[t]: this.values(strip)[t - 1] > 0.5 ? 0 : 1})
  }

  keepPrediction() { this.hand.keep() }
}
