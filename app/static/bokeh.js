// What the page needs of BokehJS that its documentation does not promise. It all stands here: a new Bokeh that renames
// one of these fails the browser tests at once, and is mended in one place.
// @ts-check

/** All models of a document. @param {any} doc @returns {any[]} */
export const modelsOf = doc => [...doc._all_models.values()]

/** What draws a model, if it is drawn. @param {any} model @returns {any} */
export const viewOf = model => Bokeh.index.find_one(model)

/** The box of a plot's canvas on the screen, and the scales of its axes. @param {any} plot */
export function placeOf(plot) {
  const view = viewOf(plot), {x_scale, y_scale} = view.frame
  return {box: view.canvas_view.el.getBoundingClientRect(), x_scale, y_scale}
}

/** The part of a plot that takes the pointer, a tab stop of its own. @param {any} plot @returns {HTMLElement | undefined} */
export const eventsOf = plot => viewOf(plot)?.canvas_view?.events_el

// Bokeh asks the stylesheets for each colour and width (`--bk-…`) at each painting, a third of its time. Ours have none.
const paintWithoutStylesheets = () => {
  Bokeh.require("core/visuals/visual").VisualProperties.prototype._get_css_value = () => ""
}

/** Puts a document's roots into the elements of these ids. @param {any} json @param {Record<string, string>} places */
export async function embed(json, places) {
  paintWithoutStylesheets()
  await Bokeh.embed.embed_items({page: json}, [{docid: "page", roots: places, root_ids: Object.keys(places)}])
  return Bokeh.documents[0]
}

/** A plot as vectors, as it is drawn now, and where the lines of its frame are; some models can be left out.
 * @param {any} plot @param {any[]} without */
export function drawingOf(plot, without = []) {
  const view = viewOf(plot), all = view.computed_renderers, {frame: {bbox: {left, right, bottom}}} = view
  view.computed_renderers = all.filter(model => !without.includes(model))
  try {
    const svg = view.export("svg", true).ctx.get_svg()
    return {svg, width: view.bbox.width, height: view.bbox.height, left, right, bottom}
  } finally { view.computed_renderers = all }
}

/** The numbers that stand along a plot's time axis, each with its place from the left of the plot. @param {any} plot */
export function ticksOf(plot) {
  const {start, end} = plot.x_range, {x_scale} = viewOf(plot).frame
  const {major} = plot.below[0].ticker.get_ticks(start, end, plot.x_range, NaN)
  return major.map(tick => [tick, x_scale.compute(tick)])
}

// A hundredth of a decade: 2.3 %.
const FACTOR = 0.01

/** The value at a place of a logarithmic slider: two digits where they are near enough, three elsewhere.
 * @param {number} place @param {number} start @param {number} end */
function valueAt(place, start, end) {
  const value = 10 ** place, two = Number(value.toPrecision(2))
  const near = Math.abs(Math.log10(two / value)) < 0.45 * FACTOR
  const ends = [start, end].find(limit => Math.abs(Math.log10(limit / value)) < 0.5 * FACTOR)
  return Math.min(Math.max(ends ?? (near ? two : Number(value.toPrecision(3))), start), end)
}

/** Lets a slider's handle move by factors; its model keeps plain values. @param {any} slider */
export function logarithmic(slider) {
  const view = viewOf(slider), pretty = view.pretty.bind(view)
  view._calc_to = () => ({
    range: {min: Math.log10(slider.start), max: Math.log10(slider.end)}, start: [Math.log10(slider.value)], step: FACTOR,
  })
  view._calc_from = ([place]) => valueAt(place, slider.start, slider.end)
  view.pretty = place => pretty(10 ** place)
  view.slider_el = null  // made anew: the Home key goes by the range that a slider was made with
  view.rerender()
  const say = () => view.slider_el.querySelector(".noUi-handle").setAttribute("aria-valuetext", pretty(slider.value))
  view._noUiSlider.on("update", say)
  slider.properties.value.change.connect(say)
  say()
}

/** A session over a websocket. @param {string} url @param {string} token @returns {Promise<any>} */
export const pullSession = (url, token) => Bokeh.require("client/connection").pull_session(url, token)

/** A matrix as glyphs take it. @param {any} values @param {string} dtype @param {number[]} shape */
export const matrix = (values, dtype, shape) => Bokeh.require("core/util/ndarray").ndarray(values, {dtype, shape})

/** MathJax, once its script is loaded. @returns {any} */
export const mathjax = () => Bokeh.require("models/text/mathjax/index")
