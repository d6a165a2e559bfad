// Settings at hand: in presenter mode the controls that matter stand in a slim bar under the stage.
import {$} from "./dom.js"
import {zoom} from "./screen.js"

const WIDTH = 200, CHOICE = 280 // pixels at rest: of a control, and of the presets
const MOST = 5

export class Bar {
  constructor(page, data) {
    this.page = page
    this.wanted = data.bars // controls by preset, the most telling first
    this.box = $(".bar")
    this.places = new Map() // of what has been moved, where it came from
  }

  fill() {
    const {start, unused = [], idle = []} = this.page.frame ?? {}
    const order = this.wanted[start] ?? Object.values(this.wanted)[0]
    const room = Math.floor((innerWidth / zoom() - CHOICE) / WIDTH)
    const used = order.filter(name => !unused.includes(name))
    const chosen = [...used.filter(name => !idle.includes(name)), ...used.filter(name => idle.includes(name))].slice(0, Math.min(MOST, room))
    const elements = [$("label[for=preset]"), $("#preset"), ...chosen.map(name => $(`[data-control="${name}"]`))]
    if (elements.length === this.box.children.length && elements.every((element, k) => element === this.box.children[k])) return
    this.empty()
    for (const element of elements) this.take(element)
  }

  take(element) {
    const mark = document.createComment("")
    element.before(mark)
    this.places.set(element, mark)
    this.box.append(element)
  }

  empty() {
    for (const [element, mark] of this.places) mark.replaceWith(element)
    this.places.clear()
  }
}
