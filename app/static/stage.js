// The presenter's stage: all on one screen. What does not fit is folded to a button; a part can be folded by hand, or
// fill the stage alone.
import {Bar} from "./bar.js"
import {$, $$} from "./dom.js"
import {needOf, rowsOf, shared, spanOf} from "./fit.js"
import {fitNumbers, fitText, frameOf, gauge, placeStrips, sizeDiagram, unsizeDiagram} from "./measure.js"
import {fitScreen, onScreen, zoom} from "./screen.js"
import {crowd, dress, grown, placed, plainSize, sizeDots} from "./style.js"

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
      {key: "side", title: "Panel", element: $(".side")},
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
    for (const {element} of this.parts) if ($("[data-table]", element)) element.toggleAttribute("data-empty", isEmpty(element))
    this.refresh(false)
    this.keepRoom()
    if (onScreen()) {
      fitText($("#sentence"))
      fitText($(".called"), 21)
      sizeDiagram($("#diagram"))
    }
    fitNumbers()
  }

  // On a page that scrolls the sentence keeps the room that it has once needed, until other settings are chosen.
  keepRoom() {
    const box = $("#sentence"), now = `${this.start} ${innerWidth} ${onScreen()}`
    if (now !== this.kept) box.style.minHeight = ""
    if (now === this.kept && box.textContent === this.said) return
    this.kept = now
    this.said = box.textContent
    if (!onScreen()) box.style.minHeight = `${box.offsetHeight}px`
  }

  // Fold a part or unfold it; `on` undefined turns it round.
  fold(key, on = !this.isAway(key)) {
    this.alone = ""
    this.choices.delete(key)
    this.refresh()
    if (this.isAway(key) !== on) this.choices.set(key, on)
    this.refresh()
    this.page.keepAddress()
  }

  // One plot, card or the diagram fills the stage; "" brings the others back.
  solo(key) {
    this.alone = key && this.find(key) ? key : ""
    this.refresh()
    if (this.page.frame) this.page.keepAddress()
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
    if (!onScreen()) return "a page"
    const {strips} = this.page, plots = strips.all.map(({name}) => strips.plot(name))
    const seen = plots.map(plot => [plot.visible, plainSize(plot, "height"), plot.below.some(axis => axis.visible), grown.has(plot)])
    const rows = $$("[data-table]").map(table => $$("tr, p", table).length)
    const cards = this.parts.map(part => part.element.hidden)
    return JSON.stringify([innerWidth, innerHeight, onScreen(), this.alone, [...this.choices], cards, seen, rows, $(".pins").hidden, $(".called").hidden, !$("#sentence").textContent,
      this.page.frame?.start, this.page.frame?.unused, this.page.frame?.file])
  }

  arrange() {
    const alone = this.alone ? this.find(this.alone) : null
    for (const {element} of this.parts) element.removeAttribute("data-away")
    for (const strip of $$(".strip")) {
      const other = alone?.strip && strip !== alone.strip && alone.element.contains(strip)
      strip.toggleAttribute("data-away", Boolean(other) || !this.page.strips.plot(strip.dataset.strip).visible)
    }
    const strip = this.page.strips.byName[alone?.strip?.dataset.strip]
    this.page.figures.lend(strip?.timed ? this.page.strips.plot(strip.name).below[0] : null)
    $(".side").toggleAttribute("data-away", this.choices.get("side") ?? false)
    root.toggleAttribute("data-wide", this.isAway("side"))
    this.bar.fill()
    this.place(alone)
    sizeDiagram($("#diagram"))
    placeStrips(this.page, this.parts)
    dress(this.page.strips.all.map(({name}) => this.page.strips.plot(name)), this.page.data)
    fitText($(".top h1"), 15)
    fitText($(".called"), 21)
    sizeDots(this.page.doc, this.page.frame?.steps ?? 1)
    fitText($("#sentence"))
  }

  // Rows of the stage from top to bottom: diagram, player, sentence, what is pinned, cards.
  place(alone) {
    crowd.terse = false
    const k = zoom(), gap = 6 * k, look = getComputedStyle(this.box)
    const width = this.box.clientWidth - 2 * parseFloat(look.paddingLeft)
    const called = !$(".called").hidden, said = [$("#sentence"), (width < 700 * k ? 59 : 45) * k]
    // While an answer is hidden, what the hall is asked stands in the sentence's place.
    $("#sentence").toggleAttribute("data-away", called && !$("#sentence").textContent)
    const fixed = [[$(".player"), 36 * k], ...called ? [[$(".called"), said[1]]] : [], ...$("#sentence").hasAttribute("data-away") ? [] : [said],
      ...$(".pins").hidden ? [] : [[$(".pins"), 28 * k]]]
    let height = this.box.clientHeight - 2 * parseFloat(look.paddingTop)
    for (const [, size] of fixed) height -= size + gap
    const diagram = frameOf($("#diagram"), width)
    const cards = this.parts.filter(({element}) => element.matches("[data-card]") && !isEmpty(element))
      .map(part => gauge(this.page, part, width)).sort((one, other) => other.leads - one.leads)
    let rows = [], wanted = alone ? alone.element === $("#diagram") : !this.choices.get("diagram")
    if (alone) rows = cards.filter(card => card.element === alone.element).map(card => [card])
    else {
      const first = cards.find(card => this.choices.get(card.key) === false) ?? cards.find(card => !this.choices.has(card.key))
      // First things first: if need be without hints on the plots, then without the diagram.
      const stays = this.choices.get("diagram") === false // it was unfolded by hand
      for (const [picture, terse] of [[wanted, false], [wanted, true], [stays, false], [stays, true]]) {
        if (!first || rows.length) break
        crowd.terse = terse
        wanted = picture
        rows = this.choose(cards, first, {width, gap, height: height - (picture ? diagram.floor + gap : 0)})
      }
      if (first && !rows.length) rows = [[first]]
    }
    root.toggleAttribute("data-terse", crowd.terse)
    const shown = rows.flat()
    for (const card of cards) card.element.toggleAttribute("data-away", !shown.includes(card))
    $("#diagram").toggleAttribute("data-away", !wanted)
    this.setGrid(rows, wanted ? diagram : null, fixed, height, gap)
  }

  // Cards that were unfolded by hand come first; one that finds no row stands beside the plots over time if it can.
  choose(cards, first, room) {
    const open = cards.filter(card => this.choices.get(card.key) === false)
    const others = cards.filter(card => !this.choices.has(card.key))
    let rows = rowsOf([...open, ...others], room)
    const stack = others.find(card => card.key === STACK)
    const shown = rows.flat(), next = open[0] ?? others.find(card => card.single)
    if (stack && next && open.length < 2 && shown.length < 2) {
      const beside = Object.assign([stack, next], {first: 1 - Math.max(9, Math.ceil(COLUMNS * next.least / room.width)) / COLUMNS})
      const fits = beside.first >= 0.5 && needOf(beside, room.width, open.length ? 0 : 1) <= room.height
      if (fits) rows = [beside]
    }
    if (!rows.flat().includes(first)) return []
    const order = row => Math.min(...row.map(card => cards.indexOf(card)))
    return rows.sort((one, other) => order(one) - order(other))
  }

  setGrid(rows, diagram, fixed, height, gap) {
    const width = rows[0]?.[0].width
    const needs = rows.map(row => ({floor: needOf(row, width), weight: Math.max(...row.map(card => card.weight))}))
    const free = height - gap * (rows.length - (diagram ? 0 : 1))
    let heights = shared(free, diagram ? [{floor: diagram.floor, weight: diagram.weight}, ...needs] : needs)
    if (diagram && rows.length && heights[0] > diagram.best) heights = [diagram.best, ...shared(free - diagram.best, needs)]
    const tracks = [...diagram ? [heights.shift()] : [], ...fixed.map(([, size]) => size), ...heights]
    const lines = [...diagram ? [[$("#diagram")]] : [], ...fixed.map(([element]) => [element]), ...rows.map(row => row.map(card => card.element))]
    this.box.style.gridTemplateRows = tracks.map(size => `${size.toFixed(2)}px`).join(" ")
    lines.forEach((line, row) => {
      let from = 1
      line.forEach((element, k) => {
        const span = Math.round(COLUMNS * spanOf(Object.assign(line, {first: rows.find(row => row[0].element === line[0])?.first}), k))
        element.style.gridArea = `${row + 1} / ${from} / auto / span ${span}`
        from += span
      })
    })
  }

  // Back to a page that scrolls.
  release() {
    this.page.figures.lend(null)
    this.bar.empty()
    placed.clear()
    Object.assign(crowd, {terse: false, dots: Infinity})
    for (const name of ["data-wide", "data-terse"]) root.removeAttribute(name)
    for (const {element} of this.parts) element.removeAttribute("data-away")
    for (const strip of $$(".strip")) strip.removeAttribute("data-away")
    unsizeDiagram($("#diagram"))
    $("#sentence").removeAttribute("data-away")
    $(".top h1").style.fontSize = ""
    this.box.style.gridTemplateRows = ""
    for (const element of [...this.box.children, ...$$(".strips")]) {
      for (const name of ["gridArea", "gridTemplateColumns", "zoom", "fontSize"]) element.style[name] = ""
    }
    if (this.page.frame) sizeDots(this.page.doc, this.page.frame.steps)
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
      button.hidden = isEmpty(element)
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

// A card that has nothing to say yet.
const isEmpty = card => card.hidden || (card.matches("[data-card]") && !$("[data-strip]", card) && !$("[data-table]", card)?.hasChildNodes())

// A button has room for a title up to its comma.
function titleOf(card) {
  const {card: key} = card.dataset
  return $("h2", card)?.textContent.split(",")[0] ?? (key ? key[0].toUpperCase() + key.slice(1) : "Plots")
}

function choicesFrom(text) {
  return new Map(text.split(",").filter(Boolean).map(key => [key.replace(/^-/, ""), !key.startsWith("-")]))
}
