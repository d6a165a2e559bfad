// Files that the reader gives, chosen in a field or dropped on its card: they go to the server as text inside a request.
// The page keeps what it has sent, so that the session after a lost connection gets it again.
import {$, $$, toast} from "./dom.js"
import {showNotices} from "./panels.js"

const FIELD = "input[data-upload]"

export class Uploads {
  constructor(page) {
    this.page = page
    this.contents = new Map() // by file name: what is loaded, and what was sent last
    page.uploads = this
    document.addEventListener("dragover", event => { if (cardOf(event)) event.preventDefault() })
    document.addEventListener("drop", event => {
      if (!cardOf(event)) return
      event.preventDefault()
      this.send(event.dataTransfer.files[0])
    })
    // Whoever chooses a network of their own looks for the field: its card comes into sight.
    const appear = changes => {
      const card = changes.map(({target}) => target).find(card => !card.hidden && $(FIELD, card))
      card?.scrollIntoView({block: "nearest"})
    }
    for (const card of $$("[data-card]")) new MutationObserver(appear).observe(card, {attributes: true, attributeFilter: ["hidden"]})
  }

  // The file that the server says it has.
  get loaded() { return $("[data-loaded]")?.dataset.loaded }

  // One that is too large doesn't even leave.
  send(file) {
    if (!file) return
    const name = file.name.slice(0, 60), {largest} = this.page.data
    if (file.size > largest) {
      showNotices([`${name} is too large: ${largest / 2 ** 20} MiB are allowed.`])
      return
    }
    toast(`Reading ${name} …`)
    const reader = new FileReader()
    reader.onload = () => {
      for (const other of this.contents.keys()) if (other !== this.loaded) this.contents.delete(other)
      this.contents.set(file.name, reader.result.split(",")[1] ?? "")
      this.page.ask("upload", {name: file.name, content: this.contents.get(file.name)})
    }
    reader.onerror = () => showNotices([`${name} could not be read.`])
    reader.readAsDataURL(file)
  }

  // What a new session is asked first: it has the settings of the address, which can't hold a file. Taking a file
  // chooses its network, so the settings are said once more.
  again() {
    const content = this.contents.get(this.loaded)
    if (content === undefined) return []
    return [{do: "upload", name: this.loaded, content}, {do: "restore", query: this.page.query}]
  }
}

const cardOf = event => {
  const card = event.target.closest?.("[data-card]")
  return card && $(FIELD, card) ? card : null
}
