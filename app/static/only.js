// `?only=x`: one part of the page alone, for a frame in slides or on another site. The attribute `data-only` hides all else
// before the first picture; here the part is found and made to fill the frame.
import {$, $$} from "./dom.js"
import {fullAddress, timeLabel} from "./parts.js"

const root = document.documentElement
const LEAST = 0.85, MOST = 20 // how far plots shrink before the frame scrolls, and how far they grow
const BORDERS = 110 // axes beside a round plot

export class Only {
  constructor(page) {
    const name = root.dataset.only
    this.page = page
    this.name = name
    this.factor = 1
    this.sizes = new Map()
    for (const own of ["only", "ground"]) page.extras.set(own, () => root.dataset[own])
    this.parts = partsNamed(page, name)
    for (const part of this.parts ?? []) part.dataset.part = ""
    $(".notices").dataset.part = ""
    const strip = page.strips.byName[name]
    this.timed = strip?.timed ? strip : null
    if (strip) page.strips.element(name).closest("[data-card]").dataset.around = ""
    if (this.parts?.some(part => part.matches(".diagram") || page.strips.byName[part.dataset.strip]?.timed)) $(".player").dataset.part = ""
    this.note = document.createElement("p")
    this.note.className = "no-part"
    this.note.dataset.part = ""
    $(".stage").append(this.note)
    this.addLink()
    addEventListener("resize", () => this.fill())
  }

  // The whole page with the same settings.
  addLink() {
    const link = document.createElement("a")
    link.className = "to-page"
    link.textContent = "Unrolled ↗"
    link.title = $(".top h1").textContent
    this.link = link
    const place = $(".player").hasAttribute("data-part") ? $(".player-row") : $(".stage")
    link.dataset.part = ""
    place.append(link)
  }

  // After each frame: what is shown may have changed, and its heights.
  show() {
    this.link.href = fullAddress(this.page)
    delete this.link.dataset.own // as links.js has it
    this.note.textContent = this.missing()
    this.note.hidden = !this.note.textContent
    if (this.timed) {
      const [axis] = this.page.strips.plot(this.timed.name).below
      axis.setv({visible: true, axis_label: timeLabel(this.page, this.timed)}, {sync: false})
    }
    requestAnimationFrame(() => this.fill())
  }

  missing() {
    if (!this.parts) return `There is no part “${this.name.slice(0, 40)}” here. There are ${names(this.page).join(", ")}.`
    const [part] = this.parts, gone = part.closest("[hidden]") || (part.dataset.strip && !this.plotIn(part).visible)
    return gone ? `“${this.name}” is not shown with these settings.` : ""
  }

  // Plots take the height that the frame leaves them, all by the same factor.
  fill() {
    const shown = $$("[data-strip]").filter(element => element.offsetParent && this.plotIn(element).visible)
    const rows = new Map(), sides = plot => plot.height == null ? ["frame_width", "frame_height"] : ["height"]
    let most = MOST
    for (const element of shown) {
      const plot = this.plotIn(element), height = plot[sides(plot).at(-1)]
      rows.set(element.offsetTop, Math.max(height, rows.get(element.offsetTop) ?? 0))
      // a round plot is as wide as it is high
      if (plot.height == null) most = Math.min(most, (element.clientWidth - BORDERS) / this.natural(plot, "frame_width"))
    }
    const tall = [...rows.values()].reduce((sum, height) => sum + height, 0)
    if (!tall) return
    const bottom = Math.max(...$$(".stage > [data-part]:not(.to-page)").map(part => part.getBoundingClientRect().bottom))
    const room = innerHeight - (bottom + $(".stage").scrollTop - tall)
    const factor = Math.max(LEAST, Math.min(most, room / tall * this.factor))
    for (const plot of shown.map(this.plotIn, this)) for (const side of sides(plot)) this.grow(plot, side, factor)
    this.factor = factor
  }

  plotIn(element) { return this.page.strips.plot(element.dataset.strip) }

  // A size as the server has it: what was not set here is new from there.
  natural(plot, side) {
    const known = this.sizes.get(plot)?.[side]
    return known?.set === plot[side] ? known.plain : plot[side]
  }

  grow(plot, side, factor) {
    const plain = this.natural(plot, side), set = Math.round(plain * factor)
    this.sizes.set(plot, {...this.sizes.get(plot), [side]: {plain, set}})
    if (plot[side] !== set) plot.setv({[side]: set}, {sync: false})
  }
}

const names = page => ["stage", "diagram", ...page.strips.all.map(strip => strip.name),
  ...$$("[data-card]").map(card => card.dataset.card).filter(key => key && !page.strips.byName[key])]

// The elements of a part, or null where there is none of this name.
function partsNamed(page, name) {
  if (name === "stage") return [$(".diagram"), ...$$(".stage > [data-card]"), ...$$("[data-strip]")]
  if (name === "diagram") return [$(".diagram")]
  const strip = page.strips.byName[name] && page.strips.element(name)
  if (strip) return [strip, strip.closest("[data-card]")]
  const card = name && $(`[data-card="${CSS.escape(name)}"]`)
  return card ? [card, ...$$("[data-strip]", card)] : null
}
