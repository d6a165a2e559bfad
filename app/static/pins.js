// Up to three states that stay on the plots while the settings move on: each has a letter, a dash pattern, and a label
// that says what is different now.
import {difference} from "./differences.js"
import {$, $$, toast} from "./dom.js"

const DASHES = {A: "10 5", B: "2 4", C: "10 4 2 4"}
const PATIENCE = 20_000 // milliseconds for one pinned state of an address to be computed
const BETWEEN = "~"     // two pinned states in an address

export class Pins {
  constructor(page) {
    this.page = page
    this.all = []
    this.ended = null // by a preset or a reset: undoing that brings them back
    this.asked = page.asked.get("pin") // of the address, until it is shown
    this.source = page.figures.pinned
    this.box = $(".pins")
    this.box.addEventListener("click", event => this.remove(event.target.closest("[data-unpin]")?.dataset.unpin))
    page.extras.set("pin", () => this.asked ?? this.written())
  }

  // A letter that is not in use leaves its place empty, so that the others keep theirs.
  written() {
    const of = letter => this.all.find(pin => pin.letter === letter)?.query.replaceAll(BETWEEN, "%7E") ?? ""
    return Object.keys(DASHES).map(of).join(BETWEEN).replace(/~+$/, "")
  }

  // An answer that is hidden, and one that is being looked at, have the plots for themselves.
  get hidden() { return Boolean(this.page.frame?.predicting || this.page.frame?.score) }

  add(letter = Object.keys(DASHES).find(letter => !this.all.some(pin => pin.letter === letter))) {
    const {frame} = this.page
    if (!letter) toast("Three are pinned. Unpin one with its ✕ first.")
    else if (this.hidden) toast("Not while you predict")
    else if (frame.waits) toast("Still computing: pin it once it is there")
    else this.keep({letter, query: settings(frame.query) || "cursor=1", ...this.state(frame, name => Array.from(this.page.figures.source.data[name]))})
  }

  keep(pin) {
    this.ended = null
    this.all = [...this.all, pin].sort((one, other) => one.letter < other.letter ? -1 : 1)
    this.list()
  }

  remove(letter) {
    if (!letter) return
    this.all = this.all.filter(pin => pin.letter !== letter)
    this.list()
  }

  // What the page is asked for may end the comparison, or bring it back.
  follow(action, {query} = {}) {
    if (["preset", "reset"].includes(action) && this.all.length && !$("#keep-pins").checked) {
      this.ended = {query: settings(this.page.frame.query), all: this.all}
      this.all = []
      this.list()
    } else if (action === "restore" && this.ended?.query === settings(query)) {
      this.all = this.ended.all
      this.ended = null
      this.list()
    }
  }

  state(frame, column) {
    const columns = Object.fromEntries(Object.keys(this.source.data).filter(name => name !== "dash").map(name => [name, column(name)]))
    const unused = [...frame.unused, ...frame.idle]
    return {values: frame.values, unused, start: frame.start, changed: frame.preset !== frame.start, columns}
  }

  show() {
    if (!this.all.length) return
    if (this.drawn !== String(this.seen())) this.draw()
    this.name()
  }

  list() {
    const rows = this.all.map(({letter}) => `<li data-pin="${letter}"><svg viewBox="0 0 36 6" aria-hidden="true"><path d="M1 3h34" `
      + `stroke-dasharray="${DASHES[letter]}"/></svg><b>${letter}</b> <span><i></i><em></em></span>`
      + `<button data-unpin="${letter}" aria-label="Unpin ${letter}">✕</button></li>`)
    $("ul", this.box).innerHTML = rows.join("")
    this.box.hidden = !this.all.length
    const full = this.all.length === Object.keys(DASHES).length
    for (const button of $$("[data-act=pin]")) {
      button.textContent = full ? "Three are pinned" : "Pin for comparison"
      button.setAttribute("aria-disabled", full)
    }
    this.draw()
    this.name()
    this.page.keepAddress()
  }

  // The names of the traces that are drawn, pin by pin: a trace that is as it was then would only lie on itself.
  seen() {
    const now = this.page.figures.source.data, names = Object.keys(this.source.data).filter(name => name !== "dash")
    return this.hidden ? [] : this.all.map(pin => names.filter(name => name === "t" || !same(pin.columns[name], now[name])))
  }

  draw() {
    const seen = this.seen(), shown = this.hidden ? [] : this.all, data = {dash: shown.map(pin => DASHES[pin.letter])}
    for (const name of Object.keys(this.source.data)) {
      data[name] ??= shown.map(({columns}, k) => seen[k].includes(name) ? columns[name] : columns.t.map(() => NaN))
    }
    this.drawn = String(seen)
    this.source.data = data
    this.page.figures.reach(this.page.strips.all)
  }

  name() {
    const now = this.state(this.page.frame, name => this.page.figures.source.data[name])
    const titled = name => $(`#preset option[value="${name}"]`)?.textContent
    for (const pin of this.all) {
      const place = $(`[data-pin="${pin.letter}"] span`, this.box), text = difference(pin, now, this.page.data, titled)
      if (place.title !== text) say(place, text)
    }
  }

  // The states that an address pins are asked for one after the other, and at last the reader's own again.
  async replay() {
    if (!this.page.frame) this.asked = null // nobody answers
    if (!this.asked) return
    const {page} = this, own = page.query, said = page.frame.notices, bad = []
    const letters = Object.keys(DASHES), written = this.asked.split(BETWEEN)
    if (written.length > letters.length) bad.push(`The address pins ${written.length} states; the first three are shown.`)
    for (const [k, letter] of letters.entries()) {
      const problem = written[k] && await this.visit(written[k])
      if (problem) bad.push(`A pinned state of the address was left out: ${problem}`)
      else if (written[k]) this.add(letter)
    }
    await this.goTo(own)
    this.asked = null
    page.remark([...said.filter(notice => !page.frame.notices.includes(notice)), ...bad])
    page.keepAddress()
  }

  // Why the page could not go to a state, or nothing. What is said of a query and not of the state that it led to is
  // said of values that were not taken.
  async visit(query) {
    const late = "it took too long to compute."
    if (!await this.goTo(query)) return late
    const first = this.page.frame.notices
    if (first.length && !await this.goTo(this.page.frame.query)) return late
    return first.find(notice => !this.page.frame.notices.includes(notice))
  }

  async goTo(query) {
    const {page} = this, until = performance.now() + PATIENCE
    page.ask("restore", {query})
    do await new Promise(next => setTimeout(next, 15))
    while ((page.busy || page.held || page.underway.length || page.frame.waits) && performance.now() < until)
    return performance.now() < until
  }
}

// Where there is little room the words before a symbol give way first: “gamma par… α 0.3 → 0.5”.
function say(place, text) {
  const [, words = "", rest] = text.match(/^([^,→]*? )?(\S+ \S+ → .*)$/) ?? [text, text, ""]
  place.title = text
  $("i", place).textContent = words
  $("em", place).textContent = rest
}

const same = (one, other) => one.length === other.length && one.every((value, k) => Object.is(value, other[k]))

/** A query without what is no setting. */
function settings(query) {
  const other = /^(cursor|present|theme|tab|predict|challenge|solo|folded|pin|only|ground)(=|$)/
  return query.split("&").filter(part => part && !other.test(part)).join("&")
}
