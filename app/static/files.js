// Files that a reader takes home: texts made by the server, pictures made here from the plots as they are.
import {viewOf} from "./bokeh.js"

function save(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

export function saveFile({name, type, text, binary}) {
  const content = binary ? Uint8Array.from(atob(text), letter => letter.charCodeAt(0)) : text
  save(new Blob([content], {type}), name)
}

export function saveImage(doc, plot, kind, stem) {
  const view = viewOf(doc.get_model_by_name(plot))
  const layer = view.export(kind, true), name = `${stem}-${plot}.${kind}`
  if (kind === "png") {
    // Plots are transparent on the page; a picture of its own needs the card behind it.
    const {canvas} = layer, painter = canvas.getContext("2d")
    painter.setTransform(1, 0, 0, 1, 0, 0)
    painter.globalCompositeOperation = "destination-over"
    painter.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--card")
    painter.fillRect(0, 0, canvas.width, canvas.height)
    canvas.toBlob(blob => save(blob, name))
  }
  else save(new Blob([layer.ctx.get_serialized_svg(true)], {type: "image/svg+xml"}), name)
}
