// Files that the reader gives, chosen in a field or dropped on its card: they go to the server as text inside a request.
// The page keeps what it has sent, so that the session after a lost connection gets it again.
import {$, $$, toast} from "./dom.js"
import {showNotices} from "./panels.js"

const FIELD = "input[data-upload]"
const NOTHING = {name: "", content: ""}

export class Uploads {
  constructor(page) {
    this.page = page
    this.files = new Map([[0, NOTHING]]) // by number: name and content of all that can still come back
    this.sent = 0  // number of the newest
    this.taken = 0 // and of the one that the server has
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
      const wanted = [0, this.taken, ...this.page.past.states.map(state => state.file)]
      for (const number of this.files.keys()) if (!wanted.includes(number)) this.files.delete(number)
      this.files.set(++this.sent, {name: file.name, content: reader.result.split(",")[1] ?? ""})
      this.ask(this.sent)
    }
    reader.onerror = () => showNotices([`${name} could not be read.`])
    reader.readAsDataURL(file)
  }

  ask(number) { this.page.ask("upload", {...this.files.get(number), number}) }

  /** Gives the server the file of a state that comes back, where it has another one.
   *  @param {number | null} number 0: no file yet; null: it makes no difference */
  bring(number) {
    if (number === null || number === this.taken || !this.files.has(number)) return
    this.taken = number
    this.ask(number)
  }

  // What a new session is asked first: it has the settings of the address, which can't hold a file. Taking a file
  // chooses its network, so the settings are said once more.
  again() {
    if (!this.taken) return []
    return [{do: "upload", ...this.files.get(this.taken), number: this.taken}, {do: "restore", query: this.page.query}]
  }
}

const cardOf = event => {
  const card = event.target.closest?.("[data-card]")
  return card && $(FIELD, card) ? card : null
}
