// The presenter's stage: all on one screen. What does not fit is folded to a button; a part can be folded by hand, or
// fill the stage alone.
import {Bar} from "./bar.js"
import {$, $$} from "./dom.js"
import {rowsOf, shared} from "./fit.js"
import {fitNumbers, fitText, frameOf, gauge, placeStrips, sizeDiagram} from "./measure.js"
import {fitScreen, onScreen, zoom} from "./screen.js"
import {dress, grown, placed, plainSize} from "./style.js"

const COLUMNS = 24
const root = document.documentElement
const STACK = "stack" // the card without a key: plots over time

export class Stage {
  constructor(page, data) {
    this.page = page
    this.box = $("#stage")
    this.parts = [
      {key: "diagram", title: "Diagram", element: $("#diagram")},
      ...$$("[data-card]").map(element => ({key: element.dataset.card || STACK, title: titleOf(element), element})),
      {key: "side", title: "Lesson, numbers, tasks", element: $(".side")},
    ]
    this.choices = choicesFrom(page.asked.get("folded") ?? "") // by hand: a part's key, and whether it is folded
    this.alone = page.asked.get("solo") ?? ""
    this.bar = new Bar(page, data)
    page.extras.set("solo", () => this.alone)
    page.extras.set("folded", () => [...this.choices].map(([key, folded]) => folded ? key : `-${key}`).join(","))
    this.makeButtons()
    this.box.addEventListener("dblclick", event => this.doubleClicked(event))
    document.fonts?.ready.then(() => this.refresh())
  }

  // After each frame: only what changes the places of things arranges them anew.
  show({start}) {
    if (this.start !== undefined && start !== this.start) {
      for (const [key, folded] of this.choices) if (!folded) this.choices.delete(key)
      if (this.alone && !this.find(this.alone)) this.alone = ""
    }
    this.start = start
    this.refresh(false)
    if (onScreen()) fitText($("#sentence"))
    fitNumbers()
  }

  // Fold a part or unfold it; `on` undefined turns it round.
  fold(key, on = !this.isAway(key)) {
    this.alone = ""
    this.choices.delete(key)
    this.refresh()
    if (this.isAway(key) !== on) this.choices.set(key, on)
    this.refresh()
  }

  // One plot, card or the diagram fills the stage; "" brings the others back.
  solo(key) {
    this.alone = key && this.find(key) ? key : ""
    this.refresh()
  }

  // Of the plot that has the focus or was touched last.
  toggleSolo() {
    const strip = document.activeElement?.closest?.("[data-strip]") ?? this.touched
    this.solo(this.alone ? "" : strip?.dataset.strip ?? STACK)
  }

  find(key) {
    const part = this.parts.find(part => part.key === key && part.key !== "side")
    const strip = part ? null : $(`[data-strip="${CSS.escape(key)}"]`)
    const element = part?.element ?? strip?.closest("[data-card]")
    return element && !element.hidden ? {element, strip} : null
  }

  isAway(key) {
    return this.parts.find(part => part.key === key).element.hasAttribute("data-away")
  }

  refresh(anew = true) {
    const state = this.state()
    if (!anew && state === this.last) return
    this.last = state
    fitScreen()
    if (onScreen()) this.arrange()
    else this.release()
    if (onScreen() && this.alone) root.dataset.solo = this.alone
    else delete root.dataset.solo
    this.showButtons()
  }

  // Whatever the places of things depend on, as text.
  state() {
    const {strips} = this.page, plots = strips.all.map(({name}) => strips.plot(name))
    const seen = plots.map(plot => [plot.visible, plainSize(plot, "height"), plot.below.some(axis => axis.visible), grown.has(plot)])
    const rows = $$("[data-table]").map(table => $$("tr, p", table).length)
    const cards = this.parts.map(part => part.element.hidden)
    return JSON.stringify([innerWidth, innerHeight, onScreen(), this.alone, [...this.choices], cards, seen, rows, $(".pinned-name").hidden,
      this.page.frame?.start, this.page.frame?.unused])
  }

  arrange() {
    const alone = this.alone ? this.find(this.alone) : null
    for (const {element} of this.parts) element.removeAttribute("data-away")
    for (const strip of $$(".strip")) strip.toggleAttribute("data-away", Boolean(alone?.strip && strip !== alone.strip && alone.element.contains(strip)))
    $(".side").toggleAttribute("data-away", this.choices.get("side") ?? false)
    root.toggleAttribute("data-wide", this.isAway("side"))
    this.bar.fill()
    this.place(alone)
    sizeDiagram($("#diagram"))
    placeStrips(this.page, this.parts)
    dress(this.page.strips.all.map(({name}) => this.page.strips.plot(name)), this.page.data)
    fitText($("#sentence"))
  }

  // Rows of the stage from top to bottom: diagram, player, sentence, what is pinned, cards.
  place(alone) {
    const k = zoom(), gap = 6 * k, look = getComputedStyle(this.box)
    const width = this.box.clientWidth - 2 * parseFloat(look.paddingLeft)
    const fixed = [[$(".player"), 42 * k], [$("#sentence"), 46 * k], ...$(".pinned-name").hidden ? [] : [[$(".pinned-name"), 22 * k]]]
    let height = this.box.clientHeight - 2 * parseFloat(look.paddingTop)
    for (const [, size] of fixed) height -= size + gap
    const diagram = frameOf($("#diagram"), width)
    const cards = this.parts.filter(({element}) => element.matches("[data-card]") && !element.hidden)
      .map(part => gauge(this.page, part, width))
    const room = {width, gap}
    let rows, wanted = alone ? alone.element === $("#diagram") : !this.choices.get("diagram")
    if (alone) rows = cards.filter(card => card.element === alone.element).map(card => [card])
    else {
      rows = this.choose(cards, {...room, height: height - (wanted ? diagram.floor + gap : 0)})
      const missing = cards.some(card => this.choices.get(card.key) === false && !rows.flat().includes(card))
      if (missing || (!rows.length && cards.length)) {
        wanted = false
        rows = this.choose(cards, {...room, height})
      }
    }
    const shown = rows.flat()
    for (const card of cards) card.element.toggleAttribute("data-away", !shown.includes(card))
    $("#diagram").toggleAttribute("data-away", !wanted)
    this.setGrid(rows, wanted ? diagram : null, fixed, height, gap)
  }

  // Cards that were unfolded by hand come first; the plots over time stand beside one that leaves them no row.
  choose(cards, room) {
    const open = cards.filter(card => this.choices.get(card.key) === false)
    const others = cards.filter(card => !this.choices.has(card.key))
    let rows = rowsOf([...open, ...others], room)
    if (open.length && !open.some(card => rows.flat().includes(card))) rows = [[open[0]]]
    const stack = others.find(card => card.key === STACK), row = rows[0]
    if (open.length && stack && rows.length === 1 && row.length === 1 && row[0] !== stack) {
      const half = room.width / 2
      if (row[0].least <= half && Math.max(stack.need(half), row[0].need(half)) <= room.height) rows = [[stack, row[0]]]
    }
    const order = row => Math.min(...row.map(card => cards.indexOf(card)))
    const leads = row => row.some(card => card.leads) ? 0 : 1
    return rows.sort((one, other) => leads(one) - leads(other) || order(one) - order(other))
  }

  setGrid(rows, diagram, fixed, height, gap) {
    const needs = rows.map(row => ({
      floor: Math.max(...row.map(card => card.need(card.width / row.length))), weight: Math.max(...row.map(card => card.weight)),
    }))
    const free = height - gap * (rows.length - (diagram ? 0 : 1))
    let heights = shared(free, diagram ? [{floor: diagram.floor, weight: diagram.weight}, ...needs] : needs)
    if (diagram && rows.length && heights[0] > diagram.best) heights = [diagram.best, ...shared(free - diagram.best, needs)]
    const tracks = [...diagram ? [heights.shift()] : [], ...fixed.map(([, size]) => size), ...heights]
    const lines = [...diagram ? [[$("#diagram")]] : [], ...fixed.map(([element]) => [element]), ...rows.map(row => row.map(card => card.element))]
    this.box.style.gridTemplateRows = tracks.map(size => `${size.toFixed(2)}px`).join(" ")
    lines.forEach((line, row) => line.forEach((element, k) => {
      const span = COLUMNS / line.length
      element.style.gridArea = `${row + 1} / ${1 + k * span} / auto / span ${span}`
    }))
  }

  // Back to a page that scrolls.
  release() {
    this.bar.empty()
    placed.clear()
    root.removeAttribute("data-wide")
    for (const {element} of this.parts) element.removeAttribute("data-away")
    for (const strip of $$(".strip")) strip.removeAttribute("data-away")
    this.box.style.gridTemplateRows = ""
    for (const element of [...this.box.children, ...$$(".strips")]) {
      for (const name of ["gridArea", "gridTemplateColumns", "zoom", "fontSize"]) element.style[name] = ""
    }
  }

  makeButtons() {
    const row = $(".folds")
    this.back = button("All together", () => this.solo(""))
    row.append(this.back)
    for (const part of this.parts) {
      part.button = button(part.title, () => this.fold(part.key))
      row.append(part.button)
    }
    for (const [box, key] of [...$$("[data-strip]").map(strip => [strip, strip.dataset.strip]), [$("#diagram").parentNode, ""]]) {
      if (!key) continue
      const corner = button("⤢", () => this.solo(this.alone ? "" : key))
      corner.className = "enlarge"
      corner.tabIndex = -1 // by keys: O
      corner.setAttribute("aria-label", "Let this plot fill the stage, or bring the others back")
      for (const kind of ["pointerdown", "pointerup", "dblclick"]) corner.addEventListener(kind, event => event.stopPropagation()) // no edit of the plot below
      box.append(corner)
    }
    document.addEventListener("pointerdown", event => { this.touched = event.target.closest?.("[data-strip]") ?? this.touched })
  }

  showButtons() {
    this.back.hidden = !this.alone
    for (const {key, element, button} of this.parts) {
      button.hidden = element.hidden
      button.setAttribute("aria-pressed", !this.isAway(key))
    }
  }

  // On a plot that is edited by clicks two of them edit twice: there the corner and the key are the way.
  doubleClicked({target}) {
    if (!onScreen() || target.closest("button, input, select, a, .player, [data-edits], [data-asking]")) return
    if (this.alone) { this.solo(""); return }
    const strip = target.closest("[data-strip]"), card = target.closest("[data-card]")
    if (strip || card || target.closest("#diagram")) this.solo(strip?.dataset.strip ?? (card ? card.dataset.card || STACK : "diagram"))
  }
}

function button(text, act) {
  const made = document.createElement("button")
  made.textContent = text
  made.addEventListener("click", act)
  return made
}

function titleOf(card) {
  const {card: key} = card.dataset
  return $("h2", card)?.textContent ?? (key ? key[0].toUpperCase() + key.slice(1) : "Plots over time")
}

function choicesFrom(text) {
  return new Map(text.split(",").filter(Boolean).map(key => [key.replace(/^-/, ""), !key.startsWith("-")]))
}
