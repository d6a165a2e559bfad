// One SVG of what is seen: a part of the page with its title, its axes and a caption. Its colours go by the ground that it
// is for, whatever theme the page has.
import {drawingOf, ticksOf} from "./bokeh.js"
import {$} from "./dom.js"
import {escaped, lettered, standalone, widthOf} from "./drawn.js"
import {fullAddress, lessonTitle, plotsShown, settings, timeLabel} from "./parts.js"
import {paintHeatmaps} from "./style.js"

const PAD = 16
const root = document.documentElement
const value = name => getComputedStyle(root).getPropertyValue(name).trim()

// part: "diagram", "stack", "numbers", a plot's name or the names of several on the time axis; ground: "white", "dark", "seen" or "none".
export function composed(page, {part, ground = "seen", band = true, caption = true, title = true}) {
  return inTheme(page, {white: "light", dark: "dark"}[ground], () => {
    const blocks = blocksOf(page, part, band).map(block => ({...block, svg: recoloured(block.svg, page.data.palette)}))
    const width = Math.max(280, ...blocks.map(block => block.width))
    if (title) blocks.unshift(...written(titleOf(page, part), width, {size: 15, weight: 600, fill: value("--ink")}), {width: 0, height: 4, svg: ""})
    if (caption) {
      const words = [`${lessonTitle()} · ${settings(page)}`, fullAddress(page)]
      blocks.push({width: 0, height: 8, svg: ""}, ...words.flatMap(text => written(text, width, {size: 11.5, fill: value("--muted")})))
    }
    return stacked(blocks, width, {white: "#FFFFFF", none: ""}[ground] ?? value("--card"))
  })
}

// All happens between two pictures of the screen: nobody sees the other theme.
function inTheme(page, theme, work) {
  const kept = root.dataset.theme, other = theme && theme !== kept
  root.dataset.composing = ""
  try {
    if (other) { root.dataset.theme = theme; paintHeatmaps(page.doc, page.data) }
    return work()
  } finally {
    if (other) { root.dataset.theme = kept; paintHeatmaps(page.doc, page.data) }
    document.body.getBoundingClientRect() // nothing is left to fade from one theme to the other
    delete root.dataset.composing
  }
}

// Plots keep the colours of the page's theme: each is swapped for its equal, as the page does it.
function recoloured(svg, palette) {
  const now = (root.dataset.theme === "dark" ? 1 : 0) + (root.hasAttribute("data-fits") ? 2 : 0)
  const swap = new Map(palette.flatMap(colours => colours.map(colour => [colour.toLowerCase(), colours[now]])))
  return svg.replace(/(fill|stroke)="([^"]+)"/g, (whole, name, colour) => {
    const swapped = swap.get(hexadecimal(colour))
    return swapped ? `${name}="${swapped}"` : whole
  })
}

const hexadecimal = colour => {
  const channels = colour.match(/^rgb\((\d+), ?(\d+), ?(\d+)\)$/)?.slice(1)
  return channels ? "#" + channels.map(channel => Number(channel).toString(16).padStart(2, "0")).join("") : colour.toLowerCase()
}

function stacked(blocks, inner, fill) {
  let y = PAD
  const placed = blocks.map(block => {
    const at = `<g transform="translate(${PAD} ${y.toFixed(2)})">${block.svg}</g>`
    y += block.height
    return at
  })
  const width = Math.ceil(inner + 2 * PAD), height = Math.ceil(y + PAD)
  const ground = fill && `<rect width="100%" height="100%" fill="${fill}"/>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${ground}${placed.join("\n")}</svg>`
  return {svg, width, height}
}

function titleOf(page, part) {
  if (part === "diagram" || part === "stack") return lessonTitle()
  return part === "numbers" ? `${lessonTitle()}: numbers at t = ${page.t}` : page.strips.byName[part].title
}

function blocksOf(page, part, band) {
  if (part === "diagram") return [diagram()]
  if (part === "numbers") return [lettered(page.frame.numbers, 560)]
  const strips = part === "stack" ? plotsShown(page).filter(strip => strip.timed) : [part].flat().map(name => page.strips.byName[name])
  const hidden = band ? [] : page.strips.bands
  return strips.every(strip => strip.timed) ? timed(page, strips, hidden) : [nested(drawingOf(page.strips.plot(part), hidden))]
}

function diagram() {
  const svg = $(".diagram svg"), [, , wide, high] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number)
  const box = svg.getBoundingClientRect(), scale = Math.min(box.width / wide, box.height / high)
  const width = wide * scale, height = high * scale
  return {width, height: height + 4, svg: standalone(svg).replace("<svg ", `<svg width="${width.toFixed(1)}" height="${height.toFixed(1)}" `)}
}

// Plots on the time axis below each other. The axis stands where it changes, and below the last one.
function timed(page, strips, hidden) {
  const blocks = []
  let waiting = null
  for (const strip of strips) {
    const plot = page.strips.plot(strip.name), drawn = drawingOf(plot, [...hidden, plot.below[0]])
    const axis = {plot, label: timeLabel(page, strip), left: drawn.left, right: drawn.right}
    const goesOn = waiting && waiting.label === axis.label && ["left", "right"].every(side => Math.abs(waiting[side] - axis[side]) < 2)
    if (waiting && !goesOn) blocks.push(timeAxis(waiting))
    blocks.push(nested({...drawn, height: drawn.bottom + 6}))
    waiting = axis
  }
  return [...blocks, timeAxis(waiting)]
}

function nested({svg, width, height}) {
  svg.setAttribute("width", width)
  svg.setAttribute("height", height)
  for (const image of svg.querySelectorAll("image")) image.setAttribute("image-rendering", "pixelated")
  return {width, height, svg: new XMLSerializer().serializeToString(svg)}
}

function timeAxis({plot, label, left, right}) {
  const axis = plot.below[0], size = parseFloat(axis.major_label_text_font_size), large = parseFloat(axis.axis_label_text_font_size)
  const look = {fill: axis.major_label_text_color, anchor: "middle"}
  const numbers = ticksOf(plot).map(([tick, x]) => text(String(tick), x, size + 2, {...look, size}))
  const name = text(label, (left + right) / 2, size + large + 8, {...look, size: large})
  return {width: right, height: size + large + 16, svg: numbers.join("") + name}
}

function text(content, x, y, {size, fill, weight = 400, anchor = "start"}) {
  return `<text x="${x.toFixed(2)}" y="${y.toFixed(2)}" font-family="${escaped(value("--font"))}" font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escaped(content)}</text>`
}

// Words broken into lines of a width; what has no spaces is broken anywhere.
function written(content, width, look) {
  const font = `${look.weight ?? 400} ${look.size}px ${value("--font")}`, lines = [""]
  for (const piece of content.match(/\S{1,24}\s*/g) ?? []) {
    if (lines.at(-1) && widthOf((lines.at(-1) + piece).trimEnd(), font) > width) lines.push("")
    lines[lines.length - 1] += piece
  }
  const height = Math.round(1.45 * look.size)
  return lines.map(line => ({width: 0, height, svg: text(line.trimEnd(), 0, look.size, look)}))
}
