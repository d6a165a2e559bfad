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

/** Puts a document's roots into the elements of these ids. @param {any} json @param {Record<string, string>} places */
export async function embed(json, places) {
  await Bokeh.embed.embed_items({page: json}, [{docid: "page", roots: places, root_ids: Object.keys(places)}])
  return Bokeh.documents[0]
}

/** A session over a websocket. @param {string} url @param {string} token @returns {Promise<any>} */
export const pullSession = (url, token) => Bokeh.require("client/connection").pull_session(url, token)

/** A matrix as glyphs take it. @param {any} values @param {string} dtype @param {number[]} shape */
export const matrix = (values, dtype, shape) => Bokeh.require("core/util/ndarray").ndarray(values, {dtype, shape})

/** MathJax, once its script is loaded. @returns {any} */
export const mathjax = () => Bokeh.require("models/text/mathjax/index")
