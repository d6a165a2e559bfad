// Files that a reader takes home: texts made by the server, pictures made here.

const APART = 150 // milliseconds between two files: browsers drop what comes in one breath
let queue = Promise.resolve()

// One after the other, in the order in which they were asked for.
export function save(blob, name) {
  queue = queue.then(async () => {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(blob)
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
    await new Promise(resolve => setTimeout(resolve, APART))
  })
  return queue
}

export function saveFile({name, type, text, binary}) {
  const content = binary ? Uint8Array.from(atob(text), letter => letter.charCodeAt(0)) : text
  save(new Blob([content], {type}), name)
}

// A drawing as a file: itself, or painted at a scale.
export async function pictureOf({svg, width, height}, scale) {
  const drawing = new Blob([svg], {type: "image/svg+xml"})
  if (!scale) return drawing
  const image = new Image(), canvas = document.createElement("canvas")
  image.src = URL.createObjectURL(drawing)
  try {
    await image.decode()
    canvas.width = width * scale
    canvas.height = height * scale
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
  } finally { URL.revokeObjectURL(image.src) }
  return new Promise(resolve => canvas.toBlob(resolve, "image/png"))
}
