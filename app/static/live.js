// What goes into the HTML with each frame: live values of the diagram, and tables that are edited in place.
import {$$, $} from "./dom.js"

export function showLive(live) {
  const within = $(".diagram")
  for (const [name, text] of Object.entries(live.text ?? {}))
    for (const part of $$(`[data-text="${name}"]`, within)) part.textContent = text
  for (const part of $$("[data-level]", within)) {
    const level = Math.max(0, Math.min(1, live.level?.[part.dataset.level] ?? 0))
    part.style.fillOpacity = level * 0.85
    part.parentNode.toggleAttribute("data-full", level > 0.6)
  }
  for (const [name, open] of Object.entries(live.open ?? {}))
    for (const part of $$(`[data-open="${name}"]`, within)) part.style.transform = `scaleY(${open})`
  for (const [name, transform] of Object.entries(live.transform ?? {}))
    for (const part of $$(`[data-transform="${name}"]`, within)) part.style.transform = transform
  for (const [name, on] of Object.entries(live.on ?? {}))
    for (const part of $$(`[data-on="${name}"]`, within)) part.toggleAttribute("data-lit", on)
}

// A table comes whole with each frame, but only what differs is put in: a button keeps being the same button while it
// is pressed, and the field that is being typed in keeps its text and the focus.
export function showTable(box, html) {
  if (!box || box.last === html) return
  box.last = html
  const fresh = document.createElement("div")
  fresh.innerHTML = html
  changeChildren(box, fresh)
}

function changeChildren(old, fresh) {
  const before = [...old.childNodes], after = [...fresh.childNodes]
  after.forEach((node, k) => before[k] ? changeNode(before[k], node) : old.append(node))
  for (const node of before.slice(after.length)) node.remove()
}

function changeNode(old, fresh) {
  if (old.nodeName !== fresh.nodeName) { old.replaceWith(fresh); return }
  if (old.nodeType !== Node.ELEMENT_NODE) { if (old.data !== fresh.data) old.data = fresh.data; return }
  for (const {name} of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "data-dirty") old.removeAttribute(name)
  for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  changeChildren(old, fresh)
  if (old.dataset.dirty !== undefined || old.type === "file") return
  if ("value" in old && old.value !== fresh.value) old.value = fresh.value
  if (old.type === "radio") old.checked = fresh.checked
}
