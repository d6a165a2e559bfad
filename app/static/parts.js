// The parts of a page that can stand alone: which are in sight, what they are called, and what the settings behind them are.
import {$, $$} from "./dom.js"

// Plots that are in sight, in the order of the page, each with its card.
export function plotsShown(page) {
  return $$("[data-strip]").map(element => page.strips.byName[element.dataset.strip])
    .filter(strip => page.strips.element(strip.name).offsetParent && page.strips.plot(strip.name).visible)
}

const cardOf = (page, strip) => page.strips.element(strip.name).closest("[data-card]")

// What can be taken out of the page now: a key and a title for each.
export function partsShown(page) {
  const plots = plotsShown(page), parts = plots.map(strip => [strip.name, strip.title])
  if (plots.filter(strip => strip.timed).length > 1) parts.unshift(["stack", "All plots on the time axis"])
  if ($(".diagram").offsetParent) parts.unshift(["diagram", "Network diagram"])
  if (!page.frame.predicting) parts.push(["numbers", `Equations with numbers at t = ${page.t}`])
  return parts
}

// What stands below the time axis of a plot: only the lowest one of a card says it.
export function timeLabel(page, strip) {
  const card = cardOf(page, strip)
  const lowest = plotsShown(page).filter(other => other.timed && cardOf(page, other) === card).at(-1) ?? strip
  return page.strips.plot(lowest.name).below[0].axis_label
}

export const lessonTitle = () => $(".top h1").textContent

// The settings in words: where they come from, what was changed, the time step, the seed.
export function settings(page) {
  const {frame} = page, preset = $(`#preset option[value="${CSS.escape(frame.start)}"]`)
  const changed = [...new URLSearchParams(frame.query)].filter(([name]) => !["preset", "cursor", "seed"].includes(name))
    .map(([name, value]) => `${labelOf(page, name)} ${value.length > 60 ? value.slice(0, 59) + "…" : value}`)
  return [preset && `“${preset.textContent}”`, changed.length && `changed: ${changed.join(", ")}`, `t = ${page.t}`,
    frame.seed !== null && !frame.unused.includes("seed") && `seed ${frame.seed}`].filter(Boolean).join(" · ")
}

function labelOf(page, name) {
  const widget = page.controls.widgets.get(name)?.[0]
  return widget?.title || widget?.label || name.replaceAll("_", " ")
}

// The address of the whole page with these settings, without what only says how it is looked at.
export const fullAddress = page => new URL(`${location.pathname}?${page.query}`, location.href).href
