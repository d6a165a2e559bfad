// What a screen reader is told: the values at the cursor, in words, and what the plots show now. A player or a drag would
// flood it: there is a word once the hand rests, and now and then while the player runs.
import {$, $$} from "./dom.js"

const REST = 600      // milliseconds without a change
const PLAYING = 5000  // and between two words while the player runs

export class Voice {
  constructor(page) {
    this.page = page
    this.last = 0 // when something was said
    this.known = this.state()
    const watch = new MutationObserver(() => this.follow())
    const words = {childList: true, characterData: true, subtree: true}
    for (const part of [$(".player .now"), $("#sentence"), $("[data-act=play]"), ...$$("[data-player] output")]) watch.observe(part, words)
    page.figures.source.properties.data.change.connect(() => this.follow())
    page.figures.source.change.connect(() => this.follow()) // painted by hand
    page.strips.prediction?.properties.data.change.connect(() => this.follow())
    const answered = event => {
      const question = event.target.closest?.(".question")
      if (question) this.say($$(".reason:not([hidden])", question).map(reason => reason.textContent).join(" "))
    }
    document.addEventListener("change", answered)
    document.addEventListener("click", event => { if (event.target.closest?.("[data-quiz]")) answered(event) })
  }

  get running() { return this.page.player.on || $$("[data-player]").some(box => box.timer) }

  follow() {
    clearTimeout(this.timer)
    const wait = this.running ? Math.max(0, this.last + PLAYING - performance.now()) : REST
    this.timer = setTimeout(() => this.tell(), wait)
  }

  // Only what has changed: the values where the cursor or the hand has moved, the sentence where the settings have.
  tell() {
    const before = this.known, now = this.known = this.state()
    const parts = []
    if (now.t !== before.t || (now.strip && now.values !== before.values)) parts.push(`t = ${now.t}. ${now.values}`)
    for (const [k, text] of now.players.entries()) if (text !== before.players[k]) parts.push(text)
    if (now.sentence !== before.sentence) parts.push(now.sentence)
    this.say(parts.join(" "))
  }

  say(text) {
    if (!text) return
    $("#told").textContent = text
    this.last = performance.now()
  }

  state() {
    const strip = document.activeElement?.closest("[data-strip]")?.dataset.strip
    const players = $$("[data-player]").map(box => `${box.getAttribute("aria-label")}: ${$("output", box).textContent}.`)
    return {t: this.page.t, strip, values: this.values(strip), players, sentence: $("#sentence").textContent}
  }

  // On a plot that plot's value; elsewhere those of the stack, the first card that has plots over time.
  values(focused) {
    const {strips, t} = this.page, columns = this.page.figures.source.data
    const shown = strips.all.filter(strip => strip.timed && strips.plot(strip.name).visible && strips.element(strip.name)?.offsetParent)
    const mine = shown.filter(strip => strip.name === focused)
    const card = strip => strips.element(strip.name).closest("[data-card]")
    const stack = shown.filter(strip => card(strip) === card(shown[0]))
    return (mine.length ? mine : stack).map(strip => {
      const name = strip.title.replace("(t)", `(${t})`)
      if (strips.asking && strips.asking === strip.predicts) return `${name}, your prediction: ${inWords(strips.guess[t - 1])}.`
      return `${name}: ${inWords(columns[strip.columns[0]]?.[t - 1])}.`
    }).join(" ")
  }
}

function inWords(value) {
  if (!Number.isFinite(value)) return "no value"
  const text = String(Number(Number(value).toPrecision(3)))
  return text.replace(/^-/, "minus ").replace(/e([+-])(\d+)/, (_, sign, power) => ` times 10 to the ${sign === "-" ? "minus " : ""}${power}`)
}
