// One open page: keeps what the browser shows in step with what the server says. The server's half is
// app/shell/reader.py; contract.js has the names that both use.
import {$, $$} from "./dom.js"
import {Controls} from "./controls.js"
import {Figures} from "./figures.js"
import {Past, STEP, writeAddress} from "./history.js"
import {showLive, showTable} from "./live.js"
import {showNotices} from "./panels.js"
import {Pins} from "./pins.js"
import {Player} from "./player.js"
import {Reveal} from "./reveal.js"
import {Stage} from "./stage.js"
import {Strips} from "./strips.js"
import {dress, paintHeatmaps} from "./style.js"
import {Tasks} from "./tasks.js"
import {PARTED} from "./contract.js"

const root = document.documentElement
const PATIENCE = 3000 // milliseconds for an answer, before the next request goes out all the same
const HELD = 50        // milliseconds that a picture may be held back while a newer one is on its way

export class Page {
  constructor(doc, data, wire) {
    this.doc = doc
    this.data = data
    this.frame = null      // all that the server has said, the newest of each part
    this.waiting = []      // requests not sent yet
    this.underway = []     // requests that nobody has answered
    this.sent = 0          // id of the last request
    this.busy = false      // a request is on its way
    this.held = null       // what has been said and not drawn yet: pictures do not hold up a hand that moves fast
    this.drawn = 0         // when something was drawn last
    this.remarks = []      // what the browser itself has to say beside the server's notices
    this.task = null       // what the reader is led through, and the settings that come back afterwards
    this.p = 1
    this.asked = new URLSearchParams(location.search) // the address that the page was opened at, before it is written anew
    this.extras = new Map() // what the address says beside the settings: by name a function that gives a text, or null for nothing
    this.figures = new Figures(doc)
    this.controls = new Controls(doc, (action, details) => this.ask(action, details))
    this.strips = new Strips(this, data)
    this.pins = new Pins(this)
    this.reveal = new Reveal(this)
    this.tasks = new Tasks(this, data)
    this.past = new Past(this)
    this.player = new Player(this)
    this.stage = new Stage(this, data)
    this.wire = wire
    wire.page = this
  }

  get bridge() { return this.wire.bridge }

  // Requests: one message on its way at a time. What the hand does meanwhile is merged, so the latest wins; but each step
  // that can be undone is answered by itself.
  ask(action, details = {}) {
    const step = this.past.stepOf(action, details), newest = this.waiting.at(-1)
    const last = newest?.[STEP] === step ? newest : null
    if (last?.do === action && ["cursor", "uncover"].includes(action)) Object.assign(last, details)
    else if (last?.do === action && action === "set") Object.assign(last.values, details.values)
    else if (last?.do === action && action === "edit" && last.name === details.name) Object.assign(last.steps, details.steps)
    else this.waiting.push({do: action, ...details, [STEP]: step})
    this.lead(action, details)
    this.pins.follow(action, details)
    if (["set", "edit", "preset", "reset"].includes(action)) this.remarks = []
    if (!this.busy) this.send()
    if (action === "restore") this.tasks.given = this.sent + this.waiting.length // what comes back was not found anew
  }

  // What a new session must be asked again, so that a prediction goes on there.
  lead(action, details) {
    const request = {do: action, ...details}
    if (action === "predict") this.task = {query: this.task?.query ?? (this.frame.own || this.query), again: [request]}
    else if (details.by_step || (action === "uncover" && details.steps < this.frame.steps)) this.task?.again.splice(details.by_step ? 1 : 2, 2, request)
    else if (["reveal", "uncover", "cancel", "back", "preset", "reset", "restore", "solve", "example"].includes(action)) this.task = null
  }

  send() {
    if (!this.waiting.length || !this.wire.bridge) return
    // A file goes alone: what comes with it would be as long.
    const other = this.waiting.findIndex((request, k) => request[STEP] !== this.waiting[0][STEP] || (k && this.waiting[k - 1].do === "upload"))
    const batch = this.waiting.splice(0, other < 0 ? Infinity : other).map(request => ({...request, id: ++this.sent}))
    this.underway.push(...batch)
    this.busy = true
    clearTimeout(this.patience)
    this.patience = setTimeout(() => { this.busy = false; this.draw(); this.send() }, PATIENCE)
    this.wire.send(batch)
  }

  // The settings that a new session opens with.
  get query() { return this.task?.query ?? this.held?.query ?? this.frame?.query ?? location.search.slice(1) }

  // The page stays as it is: lesson, quiz and the last picture need no server.
  lose() {
    this.player.play(false)
    clearTimeout(this.patience)
    this.draw()
    root.dataset.lost = ""
    $(".lost").hidden = false
  }

  // What a new session must be asked, beside the settings that it opens with.
  again() {
    if (this.task) return this.underway.some(request => request.do === "predict") ? [] : this.task.again
    const {query, example, own} = this.frame ?? {}
    return own ? [{do: "restore", query, example, own}] : []
  }

  // A new session has opened with the settings of the address; what nobody had answered is asked again.
  resume() {
    delete root.dataset.lost
    $(".lost").hidden = true
    this.waiting = [...this.uploads?.again() ?? [], ...this.again(), ...this.underway.map(({id, ...request}) => request), ...this.waiting]
    this.underway = []
    this.busy = false
    this.strips.keepPrediction()
  }

  show(change) {
    if (change.build && change.build !== this.data.build) { location.replace(this.address()); return }
    const step = this.underway.findLast(request => request.id <= change.answered)?.[STEP]
    this.underway = this.underway.filter(request => request.id > change.answered)
    if (change.answered >= this.sent) { this.busy = false; this.send() }
    this.past.hear(change, step)
    this.held = this.held ? joined(this.held, change) : change
    if (!this.busy || performance.now() - this.drawn > HELD) this.draw()
  }

  draw() {
    const change = this.held, opened = this.frame !== null
    if (!change) return
    this.held = null
    this.drawn = performance.now()
    if (!this.frame && change.t === undefined) { showNotices(change.notices); return }
    const frame = this.frame = this.merged(change)
    dress(this.figures.show(change), this.data)
    if (change.diagram) $("#diagram").innerHTML = change.diagram
    // Cursor and controls belong to the browser while the hand is on them; the server's word counts once it has caught up.
    if (!this.busy) {
      this.figures.settle()
      this.controls.show(frame.values)
      this.setPosition(frame.position)
    }
    showLive(frame.live)
    for (const [key, html] of Object.entries(frame.tables)) showTable($(`[data-table="${key}"]`), html)
    this.strips.show(frame)
    this.figures.reach(this.strips.all)
    this.pins.show()
    paintHeatmaps(this.doc, this.data)
    this.showWords(frame)
    this.showParts(frame)
    this.reveal.show(frame)
    this.tasks.show(frame)
    this.stage.show(frame)
    this.only?.show()
    this.keepAddress(opened && change.start !== undefined)
  }

  // Of a preset at once: Back may leave its place soon.
  keepAddress(atOnce = false) {
    clearTimeout(this.rest)
    if (this.pins.asked) return // states that it pins are being gone through
    if (atOnce) writeAddress(this)
    else this.rest = setTimeout(() => writeAddress(this), 300)
  }

  remark(texts) {
    this.remarks = texts
    showNotices([...this.frame.notices, ...texts])
  }

  merged(change) {
    const whole = {...this.frame, ...change}
    for (const part of PARTED) whole[part] = {...this.frame?.[part], ...change[part]}
    whole.columns = whole.properties = {} // the figures have them
    return whole
  }

  showWords(frame) {
    $(".waits").hidden = !frame.waits
    if ($(".waits").textContent !== frame.waiting) $(".waits").textContent = frame.waiting
    showNotices([...frame.notices, ...this.remarks])
    const sentence = $("#sentence")
    if (sentence.last !== frame.sentence) sentence.innerHTML = sentence.last = frame.sentence
    const numbers = frame.predicting && !frame.numbers ? "<p>The numbers are hidden until you reveal your prediction.</p>" : frame.numbers
    if ($("#numbers").last !== numbers) $("#numbers").innerHTML = $("#numbers").last = numbers
    $("#preset").value = frame.preset
    for (const note of $$(".preset-note")) {
      note.hidden = frame.predicting || note.dataset.preset !== frame.start // it may tell the answer
      note.toggleAttribute("data-changed", frame.preset !== frame.start)
    }
    $(".preset-notes").toggleAttribute("data-empty", !$(".preset-note:not([hidden])"))
    for (const player of $$("[data-player]")) $("output", player).textContent = `step ${frame.players[player.dataset.player]}`
    if (frame.seed !== null && $(".seed")) $(".seed").textContent = `(${frame.seed})`
  }

  // Cards, strips and controls that the present settings use.
  showParts(frame) {
    $("#cursor").max = frame.positions
    $(".player").toggleAttribute("data-returns", frame.positions > frame.steps)
    $(".player .steps").textContent = frame.steps
    for (const card of $$("[data-card]")) card.hidden = frame.hidden.includes(card.dataset.card)
    // As attributes: to look with :has() at what a card holds takes the browser 10 ms at each change of a text.
    const shown = $$("[data-card]").filter(card => !card.hidden), stage = $(".stage")
    stage.dataset.shows = shown.map(card => card.dataset.card).join(" ")
    stage.toggleAttribute("data-headed", shown.some(card => card.hasAttribute("data-leads")))
    for (const strip of this.strips.all) {
      const box = this.strips.element(strip.name), visible = this.strips.plot(strip.name).visible
      box?.setAttribute("tabindex", visible ? 0 : -1)
      if (box && !strip.timed) box.hidden = !visible // its title as well
    }
    for (const control of $$("[data-control]")) {
      control.toggleAttribute("data-idle", frame.idle.includes(control.dataset.control))
      control.hidden = frame.unused.includes(control.dataset.control)
    }
    const more = $(".more")
    if (more) more.hidden = !$("[data-control]:not([hidden]), button", more)
    if ($("[data-act=seed]")) $("[data-act=seed]").hidden = frame.unused.includes("seed")
  }

  // While a prediction is drawn it names the reader's own settings: those come back afterwards.
  address(present = root.dataset.present) {
    const query = this.frame?.predicting ? this.query : this.frame?.query ?? location.search.slice(1)
    const extras = [...this.extras].map(([name, tell]) => [name, tell()]).filter(([, text]) => text)
    const written = extras.map(([name, text]) => `${name}=${encodeURIComponent(text).replaceAll("%2C", ",")}`)
    const shown = [present && "present=true", this.asked.get("theme") && `theme=${root.dataset.theme}`]
    return location.pathname + "?" + [query, ...written, ...shown].filter(Boolean).join("&")
  }

  // The player's position p is the time step; beyond the last step it leads back: T, T − 1, … 1.
  get back() { return this.p > this.frame.steps }
  get t() { return this.back ? 2 * this.frame.steps + 1 - this.p : this.p }

  setPosition(p) {
    this.p = Math.max(1, Math.min(p, this.frame.positions))
    this.strips.setCursor(this.t)
    $("#cursor").value = this.p
    $("#cursor").setAttribute("aria-valuetext", `t = ${this.t}${this.back ? ", backward" : ""}`)
    $(".player .now").textContent = this.t
    $(".player").toggleAttribute("data-back", this.back)
  }

  moveTo(p) {
    const before = this.p
    this.setPosition(p)
    if (this.p !== before) this.ask("cursor", {t: this.p})
  }

  // A click on a plot names a time step; the direction of the pass stays.
  moveCursor(t) {
    t = Math.max(1, Math.min(t, this.frame.steps))
    this.moveTo(this.back ? 2 * this.frame.steps + 1 - t : t)
  }
}

// Two changes as one: the newer wins, entry by entry and, of what figures show, field by field.
function joined(older, newer) {
  const whole = {...older, ...newer}
  for (const part of PARTED) whole[part] = {...older[part], ...newer[part]}
  for (const part of ["columns", "properties"]) {
    for (const [id, fields] of Object.entries(newer[part] ?? {})) whole[part][id] = {...older[part]?.[id], ...fields}
  }
  return whole
}
