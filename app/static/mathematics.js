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

export async function typeset(within) {
  const pending = [...within.querySelectorAll(".math:not([data-set])")]
  if (!pending.length) return
  let tex2svg
  try { ({tex2svg} = await mathjax()) } catch { return }  // the LaTeX text stays readable
  for (const element of pending) {
    if (element.dataset.set !== undefined) continue
    element.dataset.set = ""
    const tex = element.textContent
    element.setAttribute("aria-label", tex)
    const display = element.tagName === "DIV"
    // A narrow column shows what stands side by side one below the other.
    const narrow = document.querySelector(".side").clientWidth < 700
    const lines = display && narrow ? tex.split(/\\qquad/) : [tex]
    element.replaceChildren(...lines.map(line => tex2svg(line, {display})))
  }
}
