// LaTeX in the lesson becomes SVG with the MathJax that ships with Bokeh, loaded from this server when first needed.
import {mathjax as typesetter} from "./bokeh.js"

let loading = null

function mathjax() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    const version = document.querySelector('script[src*="bokeh.min.js"]').src.match(/\?.*$/)?.[0] ?? ""
    script.src = "static/js/bokeh-mathjax.min.js" + version
    script.onload = () => resolve(typesetter())
    script.onerror = reject
    document.head.append(script)
  })
  return loading
}

// What is far down a lesson is set when it comes near: a phone takes seconds for a hundred formulas.
const NEAR = "600px 0px"
const sight = new IntersectionObserver(
  seen => setFormulas(seen.filter(entry => entry.isIntersecting).map(entry => entry.target)),
  {rootMargin: NEAR, scrollMargin: NEAR},
)

export function typeset(within) {
  for (const element of within.querySelectorAll(".math:not([role])")) {
    element.setAttribute("role", "math")
    element.setAttribute("aria-label", spoken(element.textContent))
    sight.observe(element)
  }
  fit([...within.querySelectorAll(".math")])
}

/** For a handout, which has them all. */
export const typesetAll = within => setFormulas([...within.querySelectorAll(".math:not([data-set])")])

addEventListener("beforeprint", () => typesetAll(document))

async function setFormulas(elements) {
  if (!elements.length) return
  let tex2svg
  try { ({tex2svg} = await mathjax()) } catch { document.documentElement.dataset.plain = ""; return } // better LaTeX than nothing
  // A narrow column shows what stands side by side one below the other.
  const narrow = document.querySelector(".side").clientWidth < 700
  for (const element of elements) {
    if (element.dataset.set !== undefined) continue
    element.dataset.set = ""
    sight.unobserve(element)
    const tex = element.textContent, display = element.tagName === "DIV"
    const lines = display && narrow ? tex.split(/\\qquad/) : [tex]
    const pictures = lines.map(line => tex2svg(line, {display}))
    for (const picture of pictures) picture.setAttribute("aria-hidden", "true")
    element.replaceChildren(...pictures)
  }
  fit(elements)
}

// A formula that is a little too wide for its column is set smaller; one that is much too wide scrolls. All are measured
// before one is changed: the browser lays out the page once.
function fit(elements) {
  const set = elements.filter(element => element.matches("div.math[data-set]"))
  for (const element of set) element.style.fontSize = ""
  const shares = set.map(element => element.clientWidth / element.scrollWidth)
  shares.forEach((share, k) => { if (share > 0.8 && share < 1) set[k].style.fontSize = `${0.9 * share - 0.005}em` })
}

// LaTeX as a screen reader can say it: signs as they are, names without backslashes, no spacing.
function spoken(tex) {
  const signs = {partial: "∂", cdot: "times", times: "times", circ: "times", le: "≤", ge: "≥", approx: "≈", ne: "≠", infty: "∞", in: "in",
    to: "to", Delta: "Δ", rightarrow: "to", prod: "product", ldots: "…", dots: "…", cdots: "…", quad: ",", qquad: ","}
  return tex.replace(/\\(?:text|mathrm|mathbf|operatorname)\{([^{}]*)\}/g, "$1")
    .replace(/\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "($1) over ($2)")
    .replace(/\\[,;:! ]|\\(?:left|right|big|Big|displaystyle)(?![a-zA-Z])/g, " ")
    .replace(/\\([a-zA-Z]+)/g, (_, name) => ` ${signs[name] ?? name} `)
    .replace(/\^\s*(\{[^{}]*\}|\S)/g, " to the $1 ").replace(/_\s*(\{[^{}]*\}|\S)/g, " sub $1 ")
    .replace(/\\/g, " ").replace(/[{}&~]/g, " ").replace(/\s+/g, " ").trim()
}
