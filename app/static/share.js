// The address of what is seen, as text and as a code for the phones of those who sit in the room.
import {$, toast} from "./dom.js"

const PATIENCE = 2000 // milliseconds

export class Share {
  constructor(page) {
    this.page = page
    this.field = $("#address")
    this.wanted = new Map() // texts whose code somebody waits for
    $("#share-present").addEventListener("change", () => this.show())
  }

  open() {
    $("#share-present").checked = Boolean(document.documentElement.dataset.present)
    this.show()
    $("#share").showModal()
    this.field.select()
  }

  show() {
    const {field, page} = this, address = new URL(page.address($("#share-present").checked), location.href)
    field.value = address.href
    $(".code").innerHTML = ""
    const size = field.value.length
    const far = size > page.data.longest ? `The address has ${size.toLocaleString("en")} characters, a code holds ${page.data.longest.toLocaleString("en")}.` : ""
    $(".code-note").textContent = far || (["localhost", "127.0.0.1", "[::1]"].includes(address.hostname) ? "This address leads to this computer only." : "")
    $(".code").hidden = Boolean(far)
    if (!far) page.ask("code", {text: field.value})
  }

  // The code of a text as SVG, or nothing where it is too long or nobody answers in time.
  codeOf(text) {
    return text.length > this.page.data.longest ? "" : new Promise(resolve => {
      this.wanted.set(text, resolve)
      this.page.ask("code", {text})
      setTimeout(resolve, PATIENCE, "")
    })
  }

  // An older answer may come while the dialog has gone on.
  draw({text, svg}) {
    this.wanted.get(text)?.(svg)
    if (text === this.field.value) $(".code").innerHTML = svg
  }

  async copy() {
    this.field.select()
    try { await navigator.clipboard.writeText(this.field.value) } catch { document.execCommand("copy") }
    toast("Address copied")
  }
}
