// How much room the parts of the presenter's stage need, measured where they stand, and how the plots of a card share theirs.
import {$, $$} from "./dom.js"
import {shared} from "./fit.js"
import {onScreen, zoom} from "./screen.js"
import {grown, placed, plainSize} from "./style.js"

const AXIS = 34        // of sizes at rest, in pixels: the time axis
const BORDERS = [6, 4] // above and below a plot
const INNER = 22       // what two tick labels need
const CHART = 150, CHART_WIDTH = 250, TITLE = 24

/** The diagram's least, fair and best height: its smallest text is legible at the least. */
export function frameOf(diagram, width) {
  const k = zoom(), {width: across, height: tall} = $("svg", diagram).viewBox.baseVal
  const widest = (width - 28 * k) / across
  const scale = size => Math.min(size * k, widest) * tall + 10 * k
  return {floor: scale(0.66), best: scale(1.3), weight: tall * k}
}

/** Its text and lines are no thinner than anywhere else on the stage. */
export function sizeDiagram(diagram) {
  const svg = $("svg", diagram), {width, height} = svg.getBoundingClientRect(), {viewBox} = svg
  const scale = Math.min(width / viewBox.baseVal.width, height / viewBox.baseVal.height)
  if (!scale) return
  diagram.style.setProperty("--least", `${Math.min(19, 11.5 * zoom() / scale)}px`)
  diagram.style.setProperty("--thin", `${1.6 * zoom() / scale}px`)
}

const charts = element => $$("[data-strip]", element).filter(strip => !strip.hidden && !strip.hasAttribute("data-away"))

/** What a card needs: see `Part` in fit.js. */
export function gauge(page, part, width) {
  const {element} = part, k = zoom(), heights = new Map()
  const shown = charts(element).map(strip => page.strips.byName[strip.dataset.strip]).filter(strip => page.strips.plot(strip.name).visible)
  const timed = shown.filter(strip => strip.timed), others = shown.filter(strip => !strip.timed)
  const sizes = shown.map(strip => sizeOf(page, strip))
  const table = $("[data-table]", element) !== null
  const need = at => {
    const wide = Math.round(at)
    if (!heights.has(wide)) {
      const columns = columnsOf(others.length, wide, k), rows = Math.ceil(others.length / columns)
      const floors = sizes.filter((_, n) => !shown[n].timed).map(size => size.floor)
      const plots = timed.length ? sizes.reduce((sum, size, n) => sum + (shown[n].timed ? size.floor : 0), 0) : 0
      heights.set(wide, measured(element, `${wide}px`).height + plots + (others.length ? rows * (Math.max(...floors) + TITLE * k) : 0))
    }
    return heights.get(wide)
  }
  const least = Math.max(table ? measured(element, "min-content").width : 0, shown.length ? (others.length > 1 ? CHART_WIDTH : 300) * k : 0)
  const weight = shown.length ? sizes.reduce((sum, size) => sum + size.weight, 0) / (others.length ? columnsOf(others.length, width, k) : 1) : 1
  return {...part, width, need, least, weight, whole: part.key === "stack", leads: element.matches("[data-leads], [data-card=training]")}
}

const columnsOf = (n, width, k) => Math.max(1, Math.min(n, Math.floor(width / (CHART_WIDTH * k))))

/** A card's own box at a width, without its plots. */
function measured(element, width) {
  element.dataset.measured = ""
  element.style.width = width
  const box = element.getBoundingClientRect()
  delete element.dataset.measured
  element.style.width = ""
  return box
}

/** The least height of a plot, and its share of what is left. */
function sizeOf(page, strip) {
  const k = zoom(), plot = page.strips.plot(strip.name), tall = plainSize(plot, "height") ?? (plainSize(plot, "frame_height") ?? 200) + 60
  if (!strip.timed) return {floor: k * Math.max(CHART, 0.6 * tall), weight: k * tall}
  const axis = plot.below.some(axis => axis.visible) ? AXIS : 0
  const around = axis + (plainSize(plot, "min_border_top") ?? BORDERS[0]) + BORDERS[1]
  const inner = tall - around
  if (grown.has(plot)) return {floor: k * (around + 110), weight: 1e3 * k}
  return {floor: k * (around + Math.max(INNER, 0.5 * inner)), weight: k * tall}
}

/** Each plot gets its part of its card's height. */
export function placeStrips(page, parts) {
  placed.clear()
  for (const {element} of parts) {
    if (!element.matches("[data-card]") || element.hidden || element.hasAttribute("data-away")) continue
    const box = $(".strips", element), k = zoom()
    const strips = charts(element).map(strip => page.strips.byName[strip.dataset.strip]).filter(strip => page.strips.plot(strip.name).visible)
    const {clientWidth, clientHeight} = box
    if (!strips.length || !clientHeight) continue
    if (strips.every(strip => strip.timed)) {
      const heights = shared(clientHeight - 1, strips.map(strip => sizeOf(page, strip)))
      strips.forEach((strip, n) => placed.set(page.strips.plot(strip.name), {height: Math.floor(heights[n])}))
      continue
    }
    const columns = columnsOf(strips.length, clientWidth, k), rows = Math.ceil(strips.length / columns)
    box.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`
    const height = Math.floor(clientHeight / rows - TITLE * k - 1), width = clientWidth / columns
    for (const strip of strips) placed.set(page.strips.plot(strip.name), sized(page.strips.plot(strip.name), width, height, k))
  }
}

// A plot whose scales are tied to each other keeps its proportions.
function sized(plot, width, height, k) {
  const across = plainSize(plot, "frame_width"), tall = plainSize(plot, "frame_height")
  if (!across) return {height}
  const right = plot.right.length ? 90 : 24
  const scale = Math.min((width - (86 + right) * k) / across, (height - 56 * k) / tall)
  return {frame_width: Math.round(across * scale), frame_height: Math.round(tall * scale)}
}

/** Text that is too much for its place is set smaller, down to the smallest type of the stage. */
export function fitText(box) {
  for (const size of [16.2, 15, 14, 13, 12.2, 11.5]) {
    box.style.fontSize = `${size}px`
    if (box.scrollHeight <= box.clientHeight + 1) return
  }
}

let smallest = 1, fitted = ""
/** Equations that are more than the panel holds are set smaller; once smaller they stay so, that nothing moves. */
export function fitNumbers() {
  const side = $(".side"), panel = $("#numbers"), now = JSON.stringify([innerWidth, innerHeight, onScreen(), $("#preset").value])
  if (now !== fitted) { smallest = 1; fitted = now; panel.style.removeProperty("--shrink") }
  if (!onScreen() || panel.hidden) return
  while (side.scrollHeight > side.clientHeight + 1 && smallest > 0.72) {
    smallest -= 0.04
    panel.style.setProperty("--shrink", smallest.toFixed(2))
  }
}
