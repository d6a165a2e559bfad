// Theme and type size of the Bokeh plots. They are built light and normal; here each colour is swapped for its equal.
import {modelsOf} from "./bokeh.js"
import {onScreen, zoom} from "./screen.js"

const colourProperties = ["background_fill_color", "border_fill_color", "fill_color", "line_color", "grid_line_color",
  "axis_label_text_color", "major_label_text_color", "title_text_color", "text_color", "hatch_color", "label_text_color"]
const sizes = new WeakMap()
export const placed = new Map() // presenter mode: what the stage gives a plot, by the names of its properties
export const crowd = {terse: false, dots: Infinity} // and how crowded it is: without hints, and the largest dots
export const grown = new Map() // plots that the hand draws on, each with the height that it needs

export function restyle(doc, data) {
  dress(modelsOf(doc), data)
  paintHeatmaps(doc, data)
}

// Also for what the server has just set: it knows neither theme nor presenter mode.
export function dress(models, data) {
  const dark = document.documentElement.dataset.theme === "dark", now = (dark ? 1 : 0) + (onScreen() ? 2 : 0)
  const swap = new Map(data.palette.flatMap(colours => colours.map(colour => [colour.toLowerCase(), colours[now]])))
  for (const model of models) {
    const changes = {}
    for (const name of colourProperties) {
      if (!(name in model.properties)) continue
      const value = model[name], colour = typeof value === "string" ? value : value?.value
      const swapped = typeof colour === "string" && swap.get(colour.toLowerCase())
      if (swapped && swapped !== colour) changes[name] = typeof value === "string" ? swapped : {...value, value: swapped}
    }
    if (!model.name?.startsWith("control-")) resize(model, changes) // controls follow the stylesheet
    if (Object.keys(changes).length) model.setv(changes, {sync: false})
  }
}

// A heatmap's palette goes by the name in its tags, which may change with every frame, and by the theme.
export function paintHeatmaps(doc, data) {
  const dark = document.documentElement.dataset.theme === "dark"
  for (const model of modelsOf(doc)) {
    if (model.type !== "LinearColorMapper") continue
    const palette = data.heats[model.tags[0]][dark ? 1 : 0]
    if (model.palette[0] !== palette[0] || model.palette.at(-1) !== palette.at(-1)) model.setv({palette}, {sync: false})
  }
}

const LEAST = {text: 11.5, line: 1.6} // of sizes at rest: enlarged, a sixtieth of the screen's height, and 2.5 pixels of 1080
const TEXTS = ["major_label_text_font_size", "axis_label_text_font_size", "label_text_font_size", "title_text_font_size", "text_font_size"]
const LINES = ["line_width", "grid_line_width"]
const DASHES = {dashed: [6], dotted: [2, 4], dotdash: [2, 4, 6, 4], dashdot: [6, 4, 2, 4]}
const SPACES = ["min_border_left", "min_border_right", "min_border_top", "min_border_bottom", "axis_label_standoff", "major_label_standoff",
  "x_offset", "y_offset", "glyph_width", "glyph_height", "label_height", "label_width", "label_standoff", "spacing", "padding", "margin",
  "title_standoff", "frame_width", "frame_height", "height"]

/** A size as it is at rest. */
export const plainSize = (model, name) => sizes.get(model)?.[name]?.size ?? model[name]

// Presenter mode: all grows with the screen. What a property holds first, or has from the server since, is its size at rest.
function resize(model, changes) {
  const k = zoom(), large = onScreen(), plain = sizes.get(model) ?? {}
  sizes.set(model, plain)
  const scale = (name, grow, unit = "") => {
    const held = name in model.properties ? model[name] : null, value = held?.value ?? held
    const size = unit ? parseFloat(value) : value
    if (held === null || typeof size !== "number" || Number.isNaN(size)) return
    if (size !== plain[name]?.set) plain[name] = {size}
    const set = plain[name].set = large ? Math.round(10 * grow(plain[name].size)) / 10 : plain[name].size
    if (set !== size) changes[name] = held?.value === undefined ? (unit ? set + unit : set) : {...held, value: unit ? set + unit : set}
  }
  for (const name of TEXTS) scale(name, size => k * Math.max(size, LEAST.text), "px")
  for (const name of LINES) scale(name, size => size && k * Math.max(size, LEAST.line))
  for (const name of SPACES) scale(name, size => Math.round(placed.get(model)?.[name] ?? k * spare(name, size)))
  if (model.type === "ColorBar") scale("width", size => Math.round(k * size))
  if (!["dot", "mark"].includes(model.name)) scale("size", size => k * size)
  if (grown.has(model) && !large) plain.height.set = changes.height = Math.max(plain.height.size, grown.get(model))
  stretch(model, large ? k : 1, plain, changes)
}

// Plots over time stand closer on a screen that must hold them all.
function spare(name, size) {
  if (name === "min_border_left") return size + 14 // type is larger by more than the rest
  return ["min_border_top", "min_border_bottom"].includes(name) && (size <= 6 || (crowd.terse && size < 20)) ? Math.min(3, size / 2) : size
}

function stretch(model, k, plain, changes) {
  if (!("line_dash" in model.properties)) return
  const held = model.line_dash, value = held?.value ?? held
  if (String(value) !== plain.dash?.set) plain.dash = {size: value}
  const pattern = DASHES[plain.dash.size] ?? plain.dash.size
  if (!Array.isArray(pattern)) return
  const set = k === 1 ? plain.dash.size : pattern.map(length => Math.round(10 * k * length) / 10)
  plain.dash.set = String(set)
  if (String(set) !== String(value)) changes.line_dash = held?.value === undefined ? set : {...held, value: set}
}

// Dots shrink as the steps crowd, so that 200 of them stay apart.
export function sizeDots(doc, steps) {
  const seen = [...document.querySelectorAll("[data-strip]")].find(strip => strip.clientWidth)
  const k = zoom(), width = (seen?.clientWidth ?? 600) / k - 90
  const size = Math.round(Math.max(3, Math.min(width < 400 ? 7 : 8, 0.62 * width / steps, crowd.dots)))
  for (const [name, value] of [["dot", size * k], ["mark", Math.max(7, 1.6 * size) * k]])
    for (const model of modelsOf(doc))
      if (model.type === "Scatter" && model.name === name && model.size?.value !== value) model.setv({size: {value}}, {sync: false})
}
