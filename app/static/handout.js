// A lesson on paper: question, figures as they stand, equations with numbers, text, tasks with room to write. It is made
// when the page is about to be printed, and taken away afterwards. Answers, reasons and hints are not in it.
import {composed} from "./compose.js"
import {$, $$} from "./dom.js"
import {typesetAll} from "./mathematics.js"
import {fullAddress, plotsShown, settings} from "./parts.js"

const DROPPED = "button, .answer, .reason, .outcome, .verdict, .gap, .exactly, details, .jump, .example-intro, .count, .mark, .badge, .row, script, input[type=file]"
// What an element has because the page is used: its name, its state, what became of a task.
const OWN = ["id", "hidden", "tabindex", "data-right", "data-wrong", "data-done", "data-passed", "data-tried", "data-led", "data-floating"]

export function followPrinter(page) {
  addEventListener("beforeprint", () => lay(page))
  addEventListener("afterprint", clear)
  matchMedia("print").addEventListener("change", ({matches}) => { if (!matches) clear(); else if (!$("#handout")) lay(page) })
}

let code = {} // the address as a code for phones, which the server makes: there for the button, not for a browser's own menu

export async function printHandout(page) {
  const text = fullAddress(page)
  const [svg] = await Promise.all([page.share.codeOf(text), typesetAll($("#lesson")), typesetAll($("#tasks"))])
  code = {text, svg}
  print()
}

const clear = () => $("#handout")?.remove()

function lay(page) {
  clear()
  const sheet = document.createElement("div")
  sheet.id = sheet.className = "handout"
  sheet.append(head(page), ...figures(page), ...numbers(page), ...lesson(), ...tasks(), foot(page))
  document.body.append(sheet)
  typesetAll(sheet)
}

function made(tag, className, ...content) {
  const element = document.createElement(tag)
  element.className = className
  element.append(...content.filter(Boolean))
  return element
}

// A part of the page as it is read, not as it is used.
function copied(element) {
  const copy = element.cloneNode(true), fields = $$("input, select", copy)
  $$("input, select", element).forEach((field, k) => fields[k].replaceWith(["radio", "checkbox"].includes(field.type) ? "○" : field.value))
  for (const part of $$(DROPPED, copy)) part.remove()
  for (const part of [copy, ...$$("*", copy)]) for (const name of OWN) part.removeAttribute(name)
  return copy
}

function head(page) {
  const question = $(".first-words h2")?.textContent
  return made("header", "", made("p", "brand", "Unrolled"), made("h1", "", $(".top h1").textContent),
    question && made("p", "asks", question), made("p", "settings", settings(page)))
}

// Cards in the order of the stage, and below the first plots what they show, in words.
function figures(page) {
  const cards = $$("[data-card]").filter(card => card.offsetParent).map(card => [card, printed(page, card)]).filter(([, parts]) => parts.length)
  const found = cards.map(([card, parts]) => {
    const title = $("h2", card), [first, ...others] = parts
    return [made("section", "kept", title && made("h3", "", title.textContent), first), ...others]
  })
  const sentence = page.frame.predicting ? [] : [made("p", "sentence", ...$("#sentence").cloneNode(true).childNodes)]
  return [$(".diagram").offsetParent ? picture(page, "diagram") : "", ...found.slice(0, 1), sentence, ...found.slice(1)].flat()
}

// A card's table, its plots on the time axis, and its other plots.
function printed(page, card) {
  const plots = plotsShown(page).filter(strip => card.contains(page.strips.element(strip.name)))
  const timed = plots.filter(strip => strip.timed), others = plots.filter(strip => !strip.timed)
  const table = $(".live-table", card)
  return [table?.textContent.trim() && copied(table), timed.length && picture(page, timed.map(strip => strip.name)),
    others.length && made("div", "charts", ...others.map(strip => picture(page, strip.name, true)))].filter(Boolean)
}

function picture(page, part, title = false) {
  const {svg, width} = composed(page, {part, ground: "white", caption: false, title}), box = made("figure", width > 500 ? "wide" : "")
  box.innerHTML = svg
  return box
}

function numbers(page) {
  if (page.frame.predicting) return []
  const box = made("section", "numbers")
  box.innerHTML = page.frame.numbers
  return [made("h2", "", `Numbers at t = ${page.t}`), box]
}

const lesson = () => [made("h2", "", "Lesson"), made("article", "", ...[...copied($("#lesson")).childNodes].filter(node => !node.matches?.(".asks")))]

// Each task with room to write, and for the prediction room to draw.
function tasks() {
  const copy = copied($("#tasks"))
  for (const task of $$("[data-task]", copy)) {
    const asks = task.dataset.task.startsWith("quiz") && made("p", "", "Because …")
    task.append(...task.dataset.task === "predict" ? [paper()] : [asks || "", lines(asks ? 1 : 3)])
  }
  return [made("h2", "", "Tasks"), made("article", "", ...copy.childNodes)]
}

// Squared paper; a drawing, for printers leave backgrounds out.
function paper() {
  const box = made("div", "to-draw"), line = (x, y, to) => `<path d="M${x} ${y}${to}"/>`
  const across = Array.from({length: 37}, (_, k) => line(5 * k, 0, "v40")), down = Array.from({length: 9}, (_, k) => line(0, 5 * k, "h180"))
  box.innerHTML = `<svg viewBox="-1 -1 182 42" fill="none" stroke="#C3C9D6" stroke-width=".25">${across.join("")}${down.join("")}</svg>`
  return box
}

const lines = count => made("div", "to-write", ...Array.from({length: count}, () => made("div", "")))

function foot(page) {
  const address = fullAddress(page), box = made("div", "qr")
  box.innerHTML = code.text === address ? code.svg : ""
  return made("footer", "", box, made("p", "", address))
}
