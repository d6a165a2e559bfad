// The dialog that makes the lines of HTML by which one part of a page stands in slides or on another site.
import {$, toast} from "./dom.js"
import {escaped} from "./drawn.js"
import {lessonTitle, plotsShown} from "./parts.js"

const SIZES = [[480, 300], [640, 400], [900, 520], [1280, 720], [1600, 900]]

export class Embed {
  constructor(page) {
    this.page = page
    this.box = $("#embed")
    $("#embed-size").replaceChildren(...SIZES.map(([width, height]) => new Option(`${width} × ${height}`, `${width} ${height}`)))
    $("#embed-size").selectedIndex = 2
    this.box.addEventListener("input", () => this.show())
    this.box.addEventListener("close", () => { $("#embed-preview").replaceChildren() })
    $("#embed-copy").addEventListener("click", () => this.copy())
  }

  open() {
    const cards = [...document.querySelectorAll(".stage > [data-card]")].filter(card => card.dataset.card && card.offsetParent)
    const options = [["stage", "Diagram, player and plots"], ["diagram", "Network diagram"],
      ...plotsShown(this.page).map(strip => [strip.name, strip.title]),
      ...cards.filter(card => !this.page.strips.byName[card.dataset.card]).map(card => [card.dataset.card, `Card: ${titleOf(card)}`])]
    $("#embed-what").replaceChildren(...options.map(([key, title]) => new Option(title, key)))
    $("#embed-theme").value = document.documentElement.dataset.theme
    this.box.open || this.box.showModal()
    this.show()
  }

  get size() { return $("#embed-size").value.split(" ").map(Number) }

  get address() {
    const only = `only=${encodeURIComponent($("#embed-what").value)}`, theme = `theme=${$("#embed-theme").value}`
    const extra = [this.page.frame.query, only, theme, $("#embed-clear").checked && "ground=transparent"]
    return new URL(`${location.pathname}?${extra.filter(Boolean).join("&")}`, location.href).href
  }

  // A frame is only see-through where its colour scheme is that of the page around it.
  get snippet() {
    const [width, height] = this.size, title = `${lessonTitle()}: ${$("#embed-what").selectedOptions[0].text}`
    const look = $("#embed-clear").checked ? "border: 0; color-scheme: light" : "border: 0"
    return `<iframe src="${escaped(this.address)}" width="${width}" height="${height}" title="${escaped(title)}" loading="lazy" style="${look}"></iframe>`
  }

  show() {
    $("#embed-code").value = this.snippet
    const [width, height] = this.size, box = $("#embed-preview")
    box.innerHTML = this.snippet
    const scale = Math.min(1, box.clientWidth / width)
    Object.assign(box.firstChild.style, {transform: `scale(${scale})`, transformOrigin: "0 0"})
    box.style.height = `${height * scale}px`
  }

  async copy() {
    const field = $("#embed-code")
    field.select()
    try { await navigator.clipboard.writeText(field.value) } catch { document.execCommand("copy") }
    toast("HTML copied")
  }
}

const titleOf = card => $("h2", card)?.textContent || card.dataset.card
