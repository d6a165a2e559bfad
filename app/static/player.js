// The player: the time cursor goes by the clock, so that a speed is reached however long a picture takes.
// @ts-check
import {$} from "./dom.js"

const WHOLE = 5 // seconds from the first position to the last, where all is asked for

/** @typedef {{p: number, frame: {positions: number} | null, moveTo: (p: number) => void}} Page */

export class Player {
  /** @param {Page} page */
  constructor(page) {
    this.page = page
    this.on = false
    this.begin(0)
    // Out of sight there are no pictures, and time stands still.
    document.addEventListener("visibilitychange", () => this.begin(performance.now()))
  }

  /** Steps a second. */
  get speed() {
    const chosen = $("#speed").value
    return chosen === "whole" ? (this.page.frame.positions - 1) / WHOLE : Number(chosen)
  }

  play(on = !this.on) {
    cancelAnimationFrame(this.next)
    this.on = on && this.page.frame !== null
    if (this.on) {
      if (this.page.p >= this.page.frame.positions) this.page.moveTo(1)
      this.begin(performance.now())
      this.wait()
    }
    const button = $("[data-act=play]")
    button.textContent = this.on ? "❚❚ Pause" : "▶ Play"
    button.setAttribute("aria-label", this.on ? "Pause" : "Play")
  }

  wait() { this.next = requestAnimationFrame(() => { this.tick(performance.now()); if (this.on) this.wait() }) }

  /** The clock starts here. @param {number} now milliseconds */
  begin(now) {
    this.since = now
    this.from = this.shown = this.page.p
    this.pace = this.page.frame ? this.speed : 0
  }

  /** To where the cursor is by now; the hand may have moved it, or chosen another speed. @param {number} now milliseconds */
  tick(now) {
    const {page} = this, last = page.frame.positions
    if (page.p !== this.shown || this.speed !== this.pace) this.begin(now)
    const p = Math.min(last, this.from + Math.floor((now - this.since) * this.pace / 1000))
    if (p !== page.p) page.moveTo(p)
    this.shown = page.p
    if (page.p >= last) this.play(false)
  }
}
