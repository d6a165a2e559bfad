// Theme and type size of the Bokeh plots. They are built light and normal; here each colour is swapped for its equal.
import {modelsOf} from "./bokeh.js"

const colourProperties = ["background_fill_color", "border_fill_color", "fill_color", "line_color", "grid_line_color",
  "axis_label_text_color", "major_label_text_color", "title_text_color", "text_color", "hatch_color", "label_text_color"]
const sizes = new WeakMap()
export const grown = new Map() // plots that the hand draws on, each with the height that it needs

export function restyle(doc, data) {
  dress(modelsOf(doc), data)
  paintHeatmaps(doc, data)
}

// Also for what the server has just set: it knows neither theme nor presenter mode.
export function dress(models, data) {
  const root = document.documentElement, dark = root.dataset.theme === "dark", large = Boolean(root.dataset.present)
  const swap = new Map(data.palette.map(([light, night]) => dark ? [light.toLowerCase(), night] : [night.toLowerCase(), light]))
  for (const model of models) {
    const changes = {}
    for (const name of colourProperties) {
      if (!(name in model.properties)) continue
      const value = model[name], colour = typeof value === "string" ? value : value?.value
      const swapped = typeof colour === "string" && swap.get(colour.toLowerCase())
      if (swapped) changes[name] = typeof value === "string" ? swapped : {...value, value: swapped}
    }
    resize(model, large, changes)
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

// Presenter mode: larger labels, heights and lines. The first size seen is the normal one.
function resize(model, large, changes) {
  const plain = sizes.get(model) ?? {}
  sizes.set(model, plain)
  const scale = (name, factor, unit) => {
    if (!(name in model.properties) || model[name] == null) return
    const now = parseFloat(model[name])
    if (now !== plain[name]?.set) plain[name] = {size: now} // first seen, or changed by the server since
    const size = Math.round(plain[name].size * (large ? factor : 1))
    plain[name].set = size
    changes[name] = unit ? size + unit : size
  }
  scale("major_label_text_font_size", 1.45, "px")
  scale("axis_label_text_font_size", 1.4, "px")
  scale("label_text_font_size", 1.4, "px")
  if (model.type === "ColorBar") scale("title_text_font_size", 1.4, "px")
  if (model.name === "band") scale("text_font_size", 1.6, "px")
  if (model.type === "Plot" || model.type === "Figure") {
    scale("height", 1.22)
    if (grown.has(model)) plain.height.set = changes.height = Math.max(changes.height, grown.get(model))
    scale("min_border_left", 1.4)
  }
}

// Dots shrink as the steps crowd, so that 200 of them stay apart.
export function sizeDots(doc, steps) {
  const width = document.querySelector("[data-strip]").clientWidth - 90
  const size = Math.round(Math.max(3, Math.min(width < 400 ? 7 : 8, 0.62 * width / steps)))
  for (const [name, value] of [["dot", size], ["mark", Math.max(7, 1.6 * size)]])
    for (const model of modelsOf(doc))
      if (model.type === "Scatter" && model.name === name && model.size?.value !== value) model.setv({size: {value}}, {sync: false})
}
