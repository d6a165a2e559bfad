// The dialog for what is taken home: which part of the page, in which form, for which ground.
import {composed} from "./compose.js"
import {$, toast} from "./dom.js"
import {pictureOf, save} from "./files.js"
import {partsShown} from "./parts.js"
import {zipped} from "./zip.js"

export class Exports {
  constructor(page) {
    this.page = page
    this.box = $("#export")
    this.box.addEventListener("input", () => this.preview())
    $("#export-save").addEventListener("click", () => this.save())
    $("#export-all").addEventListener("click", () => this.saveAll())
  }

  open() {
    const what = $("#export-what"), before = what.value
    what.replaceChildren(...partsShown(this.page).map(([key, title]) => new Option(title, key)))
    if ([...what.options].some(option => option.value === before)) what.value = before
    this.box.open || this.box.showModal()
    this.preview()
  }

  // What the form asks for.
  get wish() {
    return {ground: $("#export-ground").value, band: $("#export-band").checked, caption: $("#export-caption").checked}
  }

  preview() {
    const {svg} = composed(this.page, {part: $("#export-what").value, ...this.wish})
    const picture = $("#export-preview")
    URL.revokeObjectURL(picture.src)
    picture.src = URL.createObjectURL(new Blob([svg], {type: "image/svg+xml"}))
    picture.alt = `Preview: ${$("#export-what").selectedOptions[0].text}`
  }

  async file(part) {
    const scale = Number($("#export-how").value)
    const picture = await pictureOf(composed(this.page, {part, ...this.wish}), scale)
    return {picture, name: `${this.page.data.stem}-${part}.${scale ? "png" : "svg"}`}
  }

  async save() {
    const {picture, name} = await this.file($("#export-what").value)
    await save(picture, name)
  }

  // Browsers stop a page that saves file after file: all parts come as one.
  async saveAll() {
    const button = $("#export-all"), files = []
    button.disabled = true
    try {
      for (const [part] of partsShown(this.page)) {
        const {picture, name} = await this.file(part)
        files.push({name, bytes: new Uint8Array(await picture.arrayBuffer())})
      }
      await save(zipped(files), `${this.page.data.stem}.zip`)
      toast(`${files.length} pictures saved in one ZIP file`)
    } finally { button.disabled = false }
  }
}
