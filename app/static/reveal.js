// The answer to a prediction, one step at a time, so that a room can call the next. The server sends no step before it
// is asked for. In presenter mode what is going on stands on the stage, in large type.
import {$, $$} from "./dom.js"
import {written} from "./guess.js"

const root = document.documentElement

export class Reveal {
  constructor(page) {
    this.page = page
    this.gap = page.doc.get_model_by_name("time-gap")
    this.steps = 0 // that were asked for
    for (const button of $$("[data-reveal]")) button.addEventListener("click", () => this[button.dataset.reveal]())
    page.extras.set("predict", () => page.frame?.predicting ? written(page.strips.guess ?? []) : null)
  }

  /** Whether the answer is being shown step by step. */
  get on() { return (this.page.frame?.revealed ?? null) !== null }

  get inHall() { return Boolean(root.dataset.present) }

  begin(byStep) {
    const {guess, hand} = this.page.strips
    this.steps = 1
    this.page.ask("reveal", {values: guess, pixel: hand.pixel, by_step: byStep})
  }

  /** Shows one step more, or hides the last one again. @param {number} by 1 or −1 */
  step(by) {
    if (!this.on) return
    this.steps = Math.max(1, Math.min(this.steps + by, this.page.frame.steps))
    this.page.ask("uncover", {steps: this.steps})
  }

  next() { this.step(1) }
  back() { this.step(-1) }
  all() { this.step(this.page.frame.steps) }

  show(frame) {
    if (this.on && !this.page.busy) this.steps = frame.revealed
    for (const row of $$(".stepping")) row.hidden = !this.on
    this.mark(frame.score)
    const words = this.words(frame), box = $(".called")
    box.hidden = !words
    if ($("p", box).textContent !== words) $("p", box).textContent = words
    const leads = this.inHall && Boolean(frame.predicting || frame.score)
    if (leads !== Boolean(this.leads)) this.page.stage?.solo(leads ? this.page.strips.hand.strip.name : "")
    this.leads = leads
  }

  words({predicting, steps, score}) {
    if (this.on) return `Step ${this.steps} of ${steps} is shown. What comes next?`
    if (predicting) return "The answer is hidden. Draw what you expect."
    return score ? `${score.right} of ${score.total} steps right. ${score.text}` : ""
  }

  // Two rings where the first wrong step is: what was said, and what is there.
  mark(score) {
    if (score === this.marked) return
    this.marked = score
    const of = (one, other) => score?.step ? [one, other] : []
    const size = this.inHall ? 24 : 15
    this.gap.setv({data: {t: of(score?.step, score?.step), y: of(score?.said ?? NaN, score?.there ?? NaN), size: of(size, size)}}, {sync: false})
  }
}
