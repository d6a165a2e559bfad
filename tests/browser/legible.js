// What can't be read, is cut off or lies over something else in presenter mode; evaluates to a list of sentences.
() => {
  const unit = Math.min(innerHeight / 1080, innerWidth / (900 / 690 * 1080)), found = []
  const TEXT = 18 * unit - 0.25, LINE = 2.5 * unit - 0.06
  const seen = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && !element.closest("[class*=unseen], .skip, dialog:not([open]), .bar > label, .toast, .waits, .lost")
  const name = element => {
    const host = element.getRootNode().host ?? element, part = host.closest("[data-card], [data-control], [data-strip], #diagram, .side, .below, .top")
    return `${element.localName}${element.className?.baseVal ?? element.className ? "." + (element.className.baseVal ?? element.className) : ""}`
      + (part ? ` in ${part.dataset.card ?? part.dataset.control ?? part.dataset.strip ?? (part.id || part.className)}` : "")
  }
  const say = text => found.includes(text) || found.push(text)
  const elements = []
  const collect = from => { for (const element of from.querySelectorAll("*")) { elements.push(element); if (element.shadowRoot) collect(element.shadowRoot) } }
  collect(document.body)

  // Text and lines of the page itself.
  const scaleOf = element => element.getScreenCTM ? Math.abs(element.getScreenCTM()?.a ?? 1) : element.currentCSSZoom
  for (const element of elements) {
    if (!seen(element.getRootNode().host ?? element) || !seen(element) || element.closest("mjx-container, .math")) continue
    const look = getComputedStyle(element), own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    if ((own && element.localName !== "style" && element.localName !== "option") || element.matches("select, input[type=text], input[type=number]")) {
      const size = parseFloat(look.fontSize) * scaleOf(element)
      if (size < TEXT) say(`text of ${(size / unit).toFixed(1)} px: ${name(element)} “${element.textContent.trim().slice(0, 24)}”`)
    }
    if (element.ownerSVGElement && element.closest("#diagram") && look.stroke !== "none" && !element.matches("text, g, marker *")) {
      const width = parseFloat(look.strokeWidth) * (look.vectorEffect === "non-scaling-stroke" ? 1 : scaleOf(element))
      if (width > 0 && width < LINE) say(`line of ${(width / unit).toFixed(2)} px: ${name(element)}`)
    }
    if (/\bbk-/.test(element.className)) continue
    const cuts = ["hidden", "auto", "scroll", "clip"], reading = element.matches(".side, article, .drawer")
    if (cuts.includes(look.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth) say(`cut off at its side by ${element.scrollWidth - element.clientWidth}: ${name(element)}`)
    if (!reading && cuts.includes(look.overflowY) && element.scrollHeight > element.clientHeight + 1 && element.clientHeight) say(`cut off below by ${element.scrollHeight - element.clientHeight}: ${name(element)}`)
  }

  // Text and lines of the plots.
  const painter = document.createElement("canvas").getContext("2d")
  const lefts = [], rights = []
  for (const {name: strip, timed} of unrolled.strips.all) {
    const plot = unrolled.strips.plot(strip), view = Bokeh.index.find_one(plot), element = document.querySelector(`[data-strip="${strip}"]`)
    if (!plot.visible || !element.checkVisibility()) continue
    const box = view.canvas_view.el.getBoundingClientRect(), {left, right} = view.frame.bbox
    if (timed && element.closest("[data-card='']")) { lefts.push(Math.round(box.left + left)); rights.push(Math.round(box.left + right)) }
    const least = (size, what) => { if (parseFloat(size) < TEXT) say(`text of ${(parseFloat(size) / unit).toFixed(1)} px: ${what} of plot ${strip}`) }
    const thick = (model, field = "line_width", colour = "line_color") => {
      const width = model[field]?.value ?? model[field], has = model[colour]?.value ?? model[colour]
      if (typeof width === "number" && width && has && width < LINE) say(`line of ${(width / unit).toFixed(2)} px: ${model.type} of plot ${strip}`)
    }
    for (const axis of [...plot.left, ...plot.below, ...plot.right]) {
      if (!axis.visible) continue
      if (axis.major_label_text_font_size) least(axis.major_label_text_font_size, "ticks")
      if (axis.title) least(axis.title_text_font_size, "colour bar")
      if (!axis.axis_label) continue
      least(axis.axis_label_text_font_size, "axis label")
      painter.font = `${axis.axis_label_text_font_size} ${axis.axis_label_text_font}`
      const length = painter.measureText(axis.axis_label).width, upright = plot.left.includes(axis) && axis.axis_label_orientation !== "horizontal"
      const room = upright ? view.frame.bbox.height + 12 * unit : plot.left.includes(axis) ? Infinity : view.bbox.width
      if (length > room) say(`axis label cut off by ${Math.round((length - room) / unit)}: ${strip}`)
    }
    for (const model of plot.center) {
      thick(model); thick(model, "grid_line_width", "grid_line_color")
      if (model.text && model.visible) least(model.text_font_size, "label")
    }
    for (const legend of [...plot.center, ...plot.above].filter(model => model.type === "Legend")) least(legend.label_text_font_size, "legend")
    for (const {glyph, visible} of plot.renderers) {
      if (!visible) continue
      if (glyph.text_font_size) least(glyph.text_font_size.value, "text")
      else thick(glyph)
    }
    if (view.frame.bbox.height < 16 * unit) say(`plot ${strip} is only ${Math.round(view.frame.bbox.height / unit)} px high`)
    if (view.bbox.height > element.clientHeight + 2) say(`plot ${strip} is higher than its place by ${Math.round((view.bbox.height - element.clientHeight) / unit)}`)
  }
  if (Math.max(...lefts) - Math.min(...lefts) > 1) say(`plots over time begin at different places: ${lefts}`)
  if (Math.max(...rights) - Math.min(...rights) > 1) say(`plots over time end at different places: ${rights}`)

  // Boxes over each other, or off the screen.
  const apart = (boxes, slack) => {
    const placed = boxes.map(box => [box, box.getBoundingClientRect()]).filter(([box, place]) => seen(box) && place.width && place.height)
    placed.forEach(([box, one], k) => {
      if (one.left < -1 || one.top < -1 || one.right > innerWidth + 1 || one.bottom > innerHeight + 1) say(`off the screen: ${name(box)}`)
      for (const [other, two] of placed.slice(k + 1)) {
        const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left), high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top)
        if (wide > slack && high > slack) say(`over each other: ${name(box)} “${box.textContent.trim().slice(0, 12)}” and ${name(other)} “${other.textContent.trim().slice(0, 12)}”`)
      }
    })
  }
  const all = selector => [...document.querySelectorAll(selector)]
  apart(all(".top, #diagram, .player, .sentence, .pins, .called, .stage > .plots, .side, .below"), 1)
  for (const card of all(".stage > .plots")) apart([...card.children], 1)
  for (const row of all(".strips")) apart([...row.children].filter(strip => strip.getBoundingClientRect().height > 1), 1)
  for (const row of all(".bar, .folds, .top nav, .player-row, .pins, .called")) apart([...row.children].filter(box => box.localName !== "label"), 1)
  apart(all("#diagram text").filter(text => text.textContent.trim()), 4 * unit)
  return found
}
