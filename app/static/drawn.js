// What the page shows by HTML and CSS as pieces of an SVG of their own, which need no stylesheet and no page around them.
// @ts-check

const INHERITED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "font-family", "font-size", "font-style", "font-weight", "text-anchor", "paint-order", "visibility"]
const PLACED = new Set(["g", "path", "rect", "circle", "ellipse", "line", "polygon", "polyline", "text", "use", "image"])

/** @param {string} text */
export const escaped = text => text.replace(/[&<>"]/g, sign => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[sign])

/** @param {number} value */
const short = value => String(Math.round(value * 100) / 100)

/** Programs beside browsers know no `color(…)`, which mixed colours are told as. @param {string} colour */
export const plainColour = colour => colour.replace(/color\(srgb ([^)]*)\)/g, (_, parts) => {
  const [r, g, b, alpha] = parts.split(/[ /]+/).map(Number)
  const channels = [r, g, b].map(part => Math.round(255 * part)).join(", ")
  return alpha === undefined ? `rgb(${channels})` : `rgba(${channels}, ${alpha})`
})

/** A copy of an SVG of the page, with its looks written into it. It must be in sight. @param {SVGSVGElement} svg */
export function standalone(svg) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true))
  const parts = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")]
  parts.forEach((part, k) => {
    if (part !== svg && PLACED.has(part.nodeName) && getComputedStyle(part).display === "none") copies[k].remove()
    else dress(part, copies[k], part === svg)
  })
  // The page may hold the drawing too: a name in both would mean the first one.
  const text = new XMLSerializer().serializeToString(copy)
  return text.replace(/\bid="([^"]+)"/g, 'id="kept-$1"').replace(/url\((?:&quot;|["'])?#([\w-]+)(?:&quot;|["'])?\)/g, "url(#kept-$1)")
    .replace(/href="#/g, 'href="#kept-')
}

/** @param {Element} part @param {Element} own @param {boolean} first */
function dress(part, own, first) {
  const style = getComputedStyle(part), around = part.parentElement && getComputedStyle(part.parentElement)
  for (const {name} of [...own.attributes]) if (/^(class|style|data-.*|role|aria-.*)$/.test(name)) own.removeAttribute(name)
  for (const name of INHERITED) {
    const value = style.getPropertyValue(name)
    if (first || value !== around?.getPropertyValue(name)) own.setAttribute(name, plainColour(value))
    else own.removeAttribute(name)
  }
  if (style.opacity !== "1") own.setAttribute("opacity", style.opacity)
  if (first || !PLACED.has(part.nodeName) || style.transform === "none") return
  const graphic = /** @type {SVGGraphicsElement} */ (part), parent = /** @type {SVGGraphicsElement} */ (part.parentNode)
  const outer = parent.getCTM?.(), inner = graphic.getCTM()
  if (!outer || !inner) return
  const {a, b, c, d, e, f} = outer.inverse().multiply(inner)
  own.setAttribute("transform", `matrix(${[a, b, c, d, e, f].map(value => Number(value.toFixed(4))).join(" ")})`)
}

/** Equations in HTML as SVG: each word stands where the browser has put it.
 * @param {string} html @param {number} width @returns {{svg: string, width: number, height: number}} */
export function lettered(html, width) {
  const sheet = document.createElement("article")
  sheet.id = "numbers" // the stylesheet knows the equations by this name
  sheet.className = "measured"
  sheet.style.width = `${width}px`
  sheet.innerHTML = html
  document.body.append(sheet)
  try {
    const origin = sheet.getBoundingClientRect(), pieces = []
    let right = width
    const words = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT)
    for (let node = words.nextNode(); node; node = words.nextNode()) {
      for (const [from, to] of lines(/** @type {Text} */ (node))) {
        const {text, end} = letters(/** @type {Text} */ (node), from, to, origin)
        pieces.push(text)
        right = Math.max(right, end + 14)
      }
    }
    const boxes = [...sheet.querySelectorAll(".eq")].map(box => {
      const style = getComputedStyle(box), {left, top, height} = box.getBoundingClientRect()
      return `<rect x="${short(left - origin.left)}" y="${short(top - origin.top)}" width="${short(right - (left - origin.left))}" height="${short(height)}"`
        + ` rx="10" fill="${plainColour(style.backgroundColor)}" stroke="${plainColour(style.borderTopColor)}"/>`
    })
    return {svg: boxes.join("") + pieces.join(""), width: right + 1, height: origin.height}
  } finally { sheet.remove() }
}

/** Where each line of a text begins and ends, without the spaces around it. @param {Text} node @returns {[number, number][]} */
function lines(node) {
  const found = /** @type {[number, number, number][]} */ ([])
  for (const word of node.data.matchAll(/\S+/g)) {
    const top = rectOf(node, word.index, word.index + word[0].length).top, last = found.at(-1)
    if (last && Math.abs(last[2] - top) < 2) last[1] = word.index + word[0].length
    else found.push([word.index, word.index + word[0].length, top])
  }
  return found.map(([from, to]) => [from, to])
}

/** @param {Text} node @param {number} from @param {number} to */
function rectOf(node, from, to) {
  const range = document.createRange()
  range.setStart(node, from)
  range.setEnd(node, to)
  return range.getBoundingClientRect()
}

const ruler = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"))

/** How wide a text is. @param {string} text @param {string} font */
export function widthOf(text, font) {
  ruler.font = font
  return ruler.measureText(text).width
}

/** @param {Text} node @param {number} from @param {number} to @param {DOMRect} origin */
function letters(node, from, to, origin) {
  const style = getComputedStyle(/** @type {Element} */ (node.parentElement)), box = rectOf(node, from, to)
  ruler.font = style.font
  const {fontBoundingBoxAscent: above, fontBoundingBoxDescent: below} = ruler.measureText("x")
  const x = box.left - origin.left, y = box.top - origin.top + (box.height - above - below) / 2 + above
  const text = `<text x="${short(x)}" y="${short(y)}" textLength="${short(box.width)}" lengthAdjust="spacingAndGlyphs"`
    + ` font-family="${escaped(style.fontFamily)}" font-size="${style.fontSize}" font-style="${style.fontStyle}" font-weight="${style.fontWeight}"`
    + ` fill="${plainColour(style.color)}">${escaped(node.data.slice(from, to).replace(/\s+/g, " "))}</text>`
  return {text, end: x + box.width}
}
