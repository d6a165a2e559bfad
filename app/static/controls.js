// Sliders, fields and choices: Bokeh's widgets, which here know no server. A change becomes a request.
// @ts-check

import {logarithmic} from "./bokeh.js"

export class Controls {
  /** @param {any} doc @param {(action: string, details: object) => void} ask */
  constructor(doc, ask) {
    this.values = {}
    this.setting = false
    this.widgets = new Map()
    for (const widget of doc.roots()) {
      if (!widget.name.startsWith("control-")) continue
      const name = widget.name.slice("control-".length), field = "active" in widget.properties ? "active" : "value"
      this.widgets.set(name, [widget, field])
      if (widget.tags.includes("logarithmic")) logarithmic(widget)
      widget.properties[field].change.connect(() => {
        if (!this.setting) ask("set", {values: {[name]: widget[field]}})
      })
    }
  }

  /** What the server has not taken goes back to what it was. @param {Record<string, any>} values */
  show(values) {
    this.setting = true
    for (const [name, value] of Object.entries(values)) {
      const [widget, field] = this.widgets.get(name) ?? [] // some settings stand in a table, or nowhere
      if (widget && widget[field] !== value) widget[field] = value
    }
    this.setting = false
  }
}
