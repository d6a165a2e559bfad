// Predict-then-reveal, challenges, quiz and the worked example. What is done is kept in this browser only.
import {$, $$, float, toast} from "./dom.js"
import {Quiz} from "./quiz.js"

const HOW = 'Draw your prediction on the marked plot: <span class="by-mouse">click or drag, or set the value at the cursor '
  + 'with ↑ and ↓ or in the field. Then reveal.</span><span class="by-touch">tap or drag, or type the value at the cursor. Then reveal.</span>'

export class Tasks {
  constructor(page, data) {
    this.page = page
    this.key = `unrolled-done-${data.stem}`
    try { this.done = new Set(JSON.parse(localStorage.getItem(this.key) ?? "[]")) } catch { this.done = new Set() }
    this.step = -1
    this.before = null
    this.quiz = new Quiz(data.quiz, k => this.finish(`quiz-${k}`))
    for (const question of this.quiz.questions) question.addEventListener("change", () => this.clear())
    for (const button of $$("[data-try]")) button.addEventListener("click", () => this.attempt(Number(button.dataset.try)))
    page.extras.set("challenge", () => $("[data-tried]") && String(Number($("[data-tried] [data-try]").dataset.try) + 1))
    for (const button of $$("[data-predict]")) button.addEventListener("click", () => this.predict(button.dataset.predict))
    for (const button of $$("[data-solve]")) button.addEventListener("click", () => this.solve(Number(button.dataset.solve)))
    for (const button of $$("[data-example]")) button.addEventListener("click", () => this.showStep(button.dataset.example === "next" ? 1 : -1))
    $(".gap").addEventListener("submit", event => { event.preventDefault(); this.compare() })
    this.mark()
  }

  show(frame) {
    if (!frame.predicting) this.showChallenges(frame)
    else for (const verdict of $$(".challenge .verdict")) verdict.textContent = "" // it could give the answer away
    this.showPrediction(frame)
    const {busy, sent} = this.page // a new session may not know yet what leads the reader
    if (!busy && frame.answered >= sent && frame.example !== this.step) this.lead(frame.example)
  }

  showChallenges(frame) {
    frame.challenges.forEach(({passed, reason}, k) => {
      const task = $(`[data-task=challenge-${k}]`)
      $(".verdict", task).textContent = reason
      task.toggleAttribute("data-passed", passed)
      // The page may open on a passing state; only a change made here counts as done.
      if (passed && this.before && !this.before[k] && !this.given) this.finish(`challenge-${k}`, `Challenge ${k + 1} done`)
    })
    if (this.given && frame.answered >= this.given) this.given = 0
    this.before = frame.challenges.map(challenge => challenge.passed)
  }

  showPrediction({predicting, score}) {
    const task = $("[data-task=predict]")
    $("[data-predict=start]", task).hidden = predicting
    for (const name of ["reveal", "by-step"]) $(`[data-predict=${name}]`, task).hidden = !predicting || this.page.reveal.on
    $("[data-predict=cancel]", task).hidden = !predicting
    const verdict = $(".verdict", task)
    const {strip, element} = this.page.strips.hand
    const news = score !== this.score
    if (news) this.askWhy(score)
    if (this.page.reveal.on) verdict.textContent = this.page.reveal.inHall ? "" : this.page.reveal.words(this.page.frame)
    else if (predicting) {
      if (verdict.innerHTML !== HOW) verdict.innerHTML = HOW
      float(task, element) // only now is the text as high as it will be
    } else if (!score) verdict.textContent = ""
    else {
      const within = strip.snap ? "" : `, to within ${Number(score.within.toPrecision(2))}`
      verdict.textContent = `${score.right} of ${score.total} steps right${within}. ${score.text}`
      if (score.right === score.total) this.finish("predict", "All steps right")
      if (news) $(".gap").scrollIntoView({block: "nearest"})
    }
  }

  // The gap between what was said and what is there: the reader's reason comes before the page's.
  askWhy(score) {
    const form = $(".gap")
    this.score = score
    form.hidden = !score?.step
    form.reset()
    $(".why", form).textContent = ""
    $("button", form).hidden = false
  }

  compare() {
    const form = $(".gap")
    $(".why", form).textContent = this.score.why
    $("button", form).hidden = true
    form.scrollIntoView({block: "nearest"})
  }

  // A solution that was shown is not one that was found.
  solve(challenge) {
    this.page.ask("solve", {challenge})
    this.given = this.page.sent + this.page.waiting.length // the id of this request
    toast("Shown, not counted")
    float(null)
  }

  // Done with a task or the example: the reader's own settings come back.
  leave(box) {
    this.page.ask("back")
    if (box?.matches(".example")) this.tell(-1)
  }

  predict(what) {
    if (what === "reveal" || what === "by-step") this.page.reveal.begin(what === "by-step" || this.page.reveal.inHall)
    else this.page.ask(what === "start" ? "predict" : "cancel")
    if (what === "cancel") float(null)
  }

  // On a phone what another task had to say would lie over the question.
  clear() { if (!this.page.frame.predicting) float(null) }

  // The challenge that is being tried is marked; on a phone its goal and the word on it go along.
  attempt(challenge) {
    const task = $(`[data-task=challenge-${challenge}]`), on = !task.hasAttribute("data-tried")
    for (const other of $$("[data-tried]")) delete other.dataset.tried
    task.toggleAttribute("data-tried", on)
    for (const button of $$("[data-try]")) {
      const pressed = on && Number(button.dataset.try) === challenge
      button.setAttribute("aria-pressed", pressed)
      button.textContent = `${pressed ? "Stop trying" : "Try"} challenge ${Number(button.dataset.try) + 1}`
    }
    float(on ? task : null)
    this.page.keepAddress()
  }

  showStep(by) {
    this.tell(Math.max(0, Math.min($$(".example-step").length - 1, this.step + by)))
    this.page.ask("example", {step: this.step})
    float($(".example"))
  }

  // Undoing leads back into the example, or out of it.
  lead(step) {
    this.tell(step)
    if (step >= 0) float($(".example"))
    else if ($(".example").dataset.led !== undefined) float(null)
  }

  // The words of one step of the example; −1: of none.
  tell(step) {
    const steps = $$(".example-step"), next = $("[data-example=next]")
    this.step = step
    steps.forEach((box, k) => { box.hidden = k !== step })
    $(".example-intro").hidden = step >= 0
    $("[data-example=back]").disabled = step <= 0
    next.textContent = step < 0 ? "Show the first step" : "Next step"
    next.disabled = step === steps.length - 1
  }

  finish(name, message = "") {
    if (this.done.has(name)) return
    this.done.add(name)
    if (message) toast(message)
    this.save()
  }

  forget() {
    this.done.clear()
    this.quiz.forget()
    this.save()
  }

  save() {
    try { localStorage.setItem(this.key, JSON.stringify([...this.done])) } catch { /* storage may be blocked */ }
    this.mark()
  }

  mark() {
    const all = $$("[data-task]")
    for (const task of all) task.toggleAttribute("data-done", this.done.has(task.dataset.task))
    const n = all.filter(task => this.done.has(task.dataset.task)).length
    $(".badge").textContent = `${n} of ${all.length}`
  }
}
