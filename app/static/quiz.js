// The quiz. Alone, a reader gets the word on a choice at once. In presenter mode the room chooses first, and the answer
// waits until it is asked for.
import {$, $$} from "./dom.js"

const root = document.documentElement

export class Quiz {
  /** @param {number[]} answers the right choice of each question
   *  @param {(question: number) => void} right is told of each question that was answered rightly */
  constructor(answers, right) {
    this.answers = answers
    this.right = right
    this.questions = $$(".question")
    for (const question of this.questions) {
      question.addEventListener("change", () => this.choose(question))
      $("[data-quiz=reveal]", question).addEventListener("click", () => this.reveal(question))
    }
    // What was answered alone is asked anew in a hall.
    new MutationObserver(() => this.ask()).observe(root, {attributeFilter: ["data-present"]})
  }

  number(question) { return this.questions.indexOf(question) }

  chosen(question) {
    const value = $("input:checked", question)?.value
    return value === undefined ? null : Number(value)
  }

  choose(question) {
    this.show(question)
    this.count(question)
  }

  // In presenter mode: presses the button of the question that stands highest in sight.
  get inSight() {
    const near = this.questions.map(question => [question, $("legend", question).getBoundingClientRect(), question.getBoundingClientRect()])
      .filter(([question, top, all]) => question.offsetParent && all.bottom > 120 && top.top < innerHeight - 60)
    return root.dataset.present && near.length ? () => $("[data-quiz=reveal]", near[0][0]).click() : undefined
  }

  reveal(question) {
    question.toggleAttribute("data-revealed")
    this.show(question)
    this.count(question)
  }

  ask() {
    for (const question of this.questions) {
      delete question.dataset.revealed
      this.show(question)
    }
  }

  isOpen(question) { return !root.dataset.present || question.hasAttribute("data-revealed") }

  count(question) {
    const k = this.number(question)
    if (this.isOpen(question) && this.chosen(question) === this.answers[k]) this.right(k)
  }

  show(question) {
    const open = this.isOpen(question), hall = Boolean(root.dataset.present), chosen = this.chosen(question)
    $$("label", question).forEach((label, k) => {
      const answer = k === this.answers[this.number(question)]
      const told = open && (k === chosen || (hall && answer))
      label.toggleAttribute("data-right", told && answer)
      label.toggleAttribute("data-wrong", told && !answer)
      $(".outcome", label).textContent = !told ? "" : answer ? "✓" : "✗"
      const reason = $(`[data-reason="${k}"]`, question)
      reason.hidden = !told
      reason.classList.toggle("right", answer)
    })
    const button = $("[data-quiz=reveal]", question)
    button.textContent = question.hasAttribute("data-revealed") ? "Ask again" : "Reveal the answer"
    button.setAttribute("aria-label", `${button.textContent}: question ${this.number(question) + 1}`)
  }

  forget() {
    for (const input of $$(".question input")) input.checked = false
    this.ask()
  }
}
