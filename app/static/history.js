// What was done, state by state: undo and redo, and the browser's Back, which undoes a preset and stays in the lesson.
// A state is what restores it: a query, the reader's file, the step of the worked example, and the settings that come
// back after that. The stack is the browser's own: it outlives a lost connection.
import {$$} from "./dom.js"

const MOST = 50   // steps back
const REST = 700  // milliseconds: keys that change the same thing again within this time are one step
const STILL = ["cursor", "uncover", "download", "code"] // requests that change no state: the cursor alone is no step, it goes along

export const STEP = Symbol("step") // of a request: the number of the step that it belongs to; JSON leaves it out

const bare = query => query.split("&").filter(part => !part.startsWith("cursor=")).join("&")
const same = (one, other) => bare(one.query) === bare(other.query) && one.file === other.file && one.example === other.example

export class Past {
  constructor(page) {
    this.page = page
    this.states = []   // the oldest first
    this.at = -1       // the one that is shown
    this.now = {query: undefined, file: null, example: -1, own: ""} // the state that the server has said last
    this.predicting = false
    this.step = 0      // that requests belong to at present
    this.noted = null  // the step that the newest state belongs to
    this.moved = null  // the step that was no change, but undoing one
    this.going = false // a state is being asked for, in one request or two
    this.owed = 0      // steps of undo and redo that wait until all has been answered
    this.gesture = 0   // presses of the pointer so far
    this.byKey = false
    this.last = {}     // what was changed last, when and how
    addEventListener("pointerdown", () => { this.gesture += 1; this.byKey = false }, true)
    addEventListener("keydown", () => { this.byKey = true }, true)
  }

  /** The step that a request belongs to. One drag is one step, and never joined with the next. */
  stepOf(action, details) {
    if (STILL.includes(action) || this.going) return this.step
    const name = {set: () => Object.keys(details.values).join(), edit: () => details.name}[action]?.()
    const change = {what: name && `${action} ${name}`, time: performance.now(), gesture: this.gesture, byKey: this.byKey}
    if (!this.goesOn(change)) this.step += 1
    this.last = change
    return this.step
  }

  goesOn({what, time, gesture, byKey}) {
    const {last} = this
    if (!what || what !== last.what || byKey !== last.byKey) return false
    return byKey ? time - last.time < REST : gesture === last.gesture
  }

  /** A frame has come; step is that of the last request that it answers. */
  hear(change, step) {
    const {now} = this
    this.now = {query: change.query ?? now.query, file: change.file === undefined ? now.file : change.file, example: change.example ?? now.example, own: change.own ?? now.own}
    this.predicting = change.predicting ?? this.predicting
    if (this.page.uploads && change.file) this.page.uploads.taken = change.file
    if (this.now.query === undefined) return
    // What is hidden is nothing to come back to, nor are states that are only gone through to pin them.
    if (!this.predicting && !(this.page.pins.asked && this.at >= 0)) this.note(this.now, step)
    if (this.owed && this.rests) { const by = this.owed; this.owed = 0; this.go(by) }
    this.showButtons()
  }

  showButtons() {
    const can = {undo: this.canUndo, redo: this.canRedo}
    if (this.can?.undo === can.undo && this.can.redo === can.redo) return
    this.can = can
    for (const [name, on] of Object.entries(can)) for (const button of $$(`[data-act=${name}]`)) button.disabled = !on
  }

  note(state, step) {
    const {states, at} = this
    if (at >= 0 && same(states[at], state)) states[at] = state
    else if (step !== undefined && step === this.noted) this.renew(state)
    else if (step === undefined ? at < 0 : step !== this.moved) { // what nobody has asked for is a page or a session that opens
      states.splice(at + 1, Infinity, state)
      if (states.length > MOST + 1) states.shift()
      this.at = states.length - 1
      this.noted = step
    }
  }

  // The same step goes on. Where it has led back to its beginning, nothing was done.
  renew(state) {
    const {states, at} = this
    if (at > 0 && same(states[at - 1], state)) {
      states.splice(at)
      this.at -= 1
      this.noted = null
    } else states.splice(at, Infinity, state)
  }

  get canUndo() { return this.at > 0 || (this.at === 0 && this.predicting) }
  get canRedo() { return this.at < this.states.length - 1 }
  get rests() { return !this.page.underway.length && !this.page.waiting.length }

  /** By so many states on, or back where it is negative. */
  go(by) {
    if (!this.rests) { this.owed += by; return }
    const from = this.predicting && by < 0 ? this.at + 1 : this.at // a prediction lies after the last state
    const to = Math.max(0, Math.min(from + by, this.states.length - 1))
    if (to === from) return
    this.at = to
    this.moved = this.step += 1
    this.going = true
    const {query, file, example, own} = this.states[to]
    this.page.uploads?.bring(file)
    this.page.ask("restore", {query, example, own})
    this.going = false
  }
}

/** The address says what the page shows; `lesson` tells such a place from a link within the page. */
export function writeAddress(page) {
  clearTimeout(page.rest)
  history.replaceState({lesson: true}, "", page.address())
}

/** The state before a preset keeps its place in the browser's history. */
export function keepPlace(page) {
  writeAddress(page)
  history.pushState({lesson: true}, "", page.address())
}

/** Back and forward restore the state of the address, as a step that can be undone. */
export function followBack(page) {
  history.replaceState({lesson: true}, "", location.href)
  addEventListener("popstate", event => {
    if (!event.state?.lesson) return
    clearTimeout(page.rest)
    page.ask("restore", {query: location.search.slice(1)})
  })
}
