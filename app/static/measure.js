// How much room the parts of the presenter's stage need, measured where they stand, and how the plots of a card share theirs.
import {$, $$} from "./dom.js"
import {shared} from "./fit.js"
import {onScreen, zoom} from "./screen.js"
import {crowd, grown, placed, plainSize} from "./style.js"

const AXIS = 40        // of sizes at rest, in pixels: the time axis
const BORDERS = [3, 2] // above and below a plot
const INNER = 24       // what two tick labels need
const CHART = 165, CHART_WIDTH = 250, TITLE = 24

/** The diagram's least, fair and best height: its smallest text is legible at the least. */
export function frameOf(diagram, width) {
  const k = zoom(), {width: across, height: tall} = $("svg", diagram).viewBox.baseVal
  const widest = (width - 28 * k) / across
  const scale = size => Math.min(size * k, widest) * tall + 10 * k
  return {floor: scale(0.6), best: scale(1.15), weight: 0.7 * tall * k}
}

/** Its text and lines are no thinner than anywhere else on the stage. */
export function sizeDiagram(diagram) {
  const svg = $("svg", diagram), size = `${innerWidth} ${innerHeight} ${diagram.style.gridArea} ${diagram.parentNode.style.gridTemplateRows}`
  if (svg.dataset.sized === size) return
  svg.dataset.sized = size
  const {width, height} = svg.getBoundingClientRect()
  const {viewBox} = svg
  const scale = Math.min(width / viewBox.baseVal.width, height / viewBox.baseVal.height)
  if (!scale) return
  diagram.style.setProperty("--least", `${Math.min(19, 11.5 * zoom() / scale)}px`)
  diagram.style.setProperty("--thin", `${1.6 * zoom() / scale}px`)
  for (const shape of $$("[stroke-width], [style*='stroke-width'], [data-own]", svg)) {
    const own = shape.dataset.own ??= parseFloat(shape.style.strokeWidth || shape.getAttribute("stroke-width"))
    const fixed = shape.getAttribute("vector-effect") === "non-scaling-stroke"
    shape.style.strokeWidth = `${fixed ? Math.max(own * scale, 1.6 * zoom()) : Math.max(own, 1.6 * zoom() / scale)}px`
  }
}

/** As it is drawn, for a page that scrolls. */
export function unsizeDiagram(diagram) {
  for (const name of ["--least", "--thin"]) diagram.style.removeProperty(name)
  for (const shape of $$("[data-own]", diagram)) shape.style.strokeWidth = `${shape.dataset.own}px`
  delete $("svg", diagram).dataset.sized
}

const charts = element => $$("[data-strip]", element).filter(strip => !strip.hidden && !strip.hasAttribute("data-away"))

/** What a card needs: see `Part` in fit.js. */
export function gauge(page, part, width) {
  const {element} = part, k = zoom(), heights = new Map()
  const shown = charts(element).map(strip => page.strips.byName[strip.dataset.strip]).filter(strip => page.strips.plot(strip.name).visible)
  const timed = shown.filter(strip => strip.timed), others = shown.filter(strip => !strip.timed)
  const table = $("[data-table]", element) !== null
  const need = (at, ease = 0) => {
    const wide = Math.round(at), columns = columnsOf(others.length, wide, k), rows = Math.ceil(others.length / columns)
    if (!heights.has(wide)) heights.set(wide, measured(element, `${wide}px`).height)
    const sizes = shown.map(strip => sizeOf(page, strip)), least = size => ease ? size.ease : size.floor
    const stack = sizes.reduce((sum, size, n) => sum + (shown[n].timed ? least(size) : 0), 0)
    const grid = others.length ? rows * (Math.max(...sizes.map((size, n) => shown[n].timed ? 0 : least(size))) + TITLE * k) : 0
    return heights.get(wide) + stack + grid
  }
  const least = Math.max(table ? measured(element, "min-content").width : 0, shown.length ? (others.length > 1 ? CHART_WIDTH : 300) * k : 0)
  const weight = shown.length ? shown.reduce((sum, strip) => sum + sizeOf(page, strip).weight, 0) / (others.length ? columnsOf(others.length, width, k) : 1) : 1
  const asks = !page.frame?.file || !$("[data-upload]", element) // a field that has its file needs no place before the plots
  const leads = element.matches("[data-leads], [data-card=training]") && asks
  return {...part, width, need, least, weight, whole: part.key === "stack", single: others.length === 1 && !timed.length, leads}
}

// As many side by side as are wide enough, and as many in each row.
function columnsOf(n, width, k) {
  const most = Math.max(1, Math.min(n, Math.floor(width / (CHART_WIDTH * k))))
  return Math.max(1, Math.ceil(n / Math.ceil(n / most)))
}

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
  if (!strip.timed) return {floor: k * Math.max(CHART, 0.6 * tall), ease: k * Math.max(CHART, 0.75 * tall), weight: k * tall}
  const axis = plot.below.some(axis => axis.visible) ? AXIS : 0
  const above = plainSize(plot, "min_border_top"), around = axis + (above > 6 && !crowd.terse ? above : BORDERS[0]) + BORDERS[1]
  const inner = tall - around
  if (grown.has(plot)) return {around: k * around, floor: k * (around + 110), ease: k * (around + 180), weight: 1e3 * k}
  return {around: k * around, floor: k * (around + Math.max(INNER, 0.5 * inner)), ease: k * (around + Math.max(32, 0.8 * inner)), weight: k * tall}
}

/** Each plot gets its part of its card's height. */
export function placeStrips(page, parts) {
  placed.clear()
  crowd.dots = Infinity
  for (const {element} of parts) {
    if (!element.matches("[data-card]") || element.hidden || element.hasAttribute("data-away")) continue
    const box = $(".strips", element), k = zoom()
    const strips = charts(element).map(strip => page.strips.byName[strip.dataset.strip]).filter(strip => page.strips.plot(strip.name).visible)
    const {clientWidth, clientHeight} = box
    if (!strips.length || !clientHeight) continue
    if (strips.every(strip => strip.timed)) {
      const heights = shared(clientHeight - 1, strips.map(strip => sizeOf(page, strip)))
      strips.forEach((strip, n) => placed.set(page.strips.plot(strip.name), {height: Math.floor(heights[n])}))
      crowd.dots = Math.min(crowd.dots, ...strips.map((strip, n) => (heights[n] - sizeOf(page, strip).around) / k / 4.5))
      continue
    }
    const columns = columnsOf(strips.length, clientWidth, k), rows = Math.ceil(strips.length / columns)
    box.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`
    const titles = $$("h3", box).map(title => title.getBoundingClientRect().height)
    const height = Math.floor(clientHeight / rows - Math.max(TITLE * k, ...titles) - 1), width = clientWidth / columns
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
export function fitText(box, largest = 16.2) {
  for (const size of [largest, 18, 15, 14, 13, 12.2, 11.5].filter(size => size <= largest)) {
    box.style.fontSize = `${size}px`
    if (box.scrollHeight <= box.clientHeight + 1) return
  }
}

const SMALLEST = 0.86
let smallest = 1, fitted = ""
/** Equations that are more than the panel holds are set smaller; once smaller they stay so, that nothing moves. */
export function fitNumbers() {
  const side = $(".side"), panel = $("#numbers"), now = JSON.stringify([innerWidth, innerHeight, onScreen(), $("#preset").value])
  if (now !== fitted) { smallest = 1; fitted = now; panel.style.removeProperty("--shrink") }
  if (!onScreen() || panel.hidden) return
  while (side.scrollHeight > side.clientHeight + 1 && smallest > SMALLEST) {
    smallest -= 0.04
    panel.style.setProperty("--shrink", smallest.toFixed(2))
  }
}
