// The page as a whole: puts figures and controls in their places, opens the wire to the server, and handles everything
// that needs no server (tabs, dialogs, theme, keys).
import {embed, eventsOf, modelsOf, viewOf} from "./bokeh.js"
import {$, $$, float, toast} from "./dom.js"
import {playCard} from "./cards.js"
import {Embed} from "./embed.js"
import {Exports} from "./exports.js"
import {followPrinter, printHandout} from "./handout.js"
import {followBack, keepPlace, writeAddress} from "./history.js"
import {giveKeysBack, press} from "./keys.js"
import {keepPresenting} from "./links.js"
import {Only} from "./only.js"
import {Page} from "./page.js"
import {arrange, keptTab, openDrawer, showPlots, showTab} from "./panels.js"
import {reachAll} from "./reach.js"
import {restyle} from "./style.js"
import {openTab, resumeTask} from "./resume.js"
import {Share} from "./share.js"
import {typeset} from "./mathematics.js"
import {Uploads} from "./uploads.js"
import {Voice} from "./voice.js"
import {Wire} from "./wire.js"

const root = document.documentElement
const data = JSON.parse($("#page-data").textContent)

function present(page, on) {
  if (page.only) return
  if (on) root.dataset.present = "true"
  else delete root.dataset.present
  openDrawer(false)
  delete root.dataset.tab
  showTab(on ? "numbers" : keptTab(), false)
  writeAddress(page)
  page.stage.refresh()
  restyle(page.doc, data)
}

function setTheme(page, theme) {
  root.dataset.theme = theme
  try { localStorage.setItem("unrolled-theme", theme) } catch { /* storage may be blocked */ }
  restyle(page.doc, data)
}

function actions(page) {
  const exporting = new Exports(page), embedding = new Embed(page)
  return {
    plots: showPlots,
    lesson: () => showTab("lesson"),
    example: () => $(".example").scrollIntoView({block: "center"}),
    drawer: () => openDrawer(!root.hasAttribute("data-drawer")),
    share: () => page.share.open(),
    export: () => exporting.open(),
    embed: () => embedding.open(),
    print: () => printHandout(page),
    help: () => $("#help").showModal(),
    present: () => present(page, !root.dataset.present),
    theme: () => setTheme(page, root.dataset.theme === "dark" ? "light" : "dark"),
    back: () => page.moveTo(page.p - 1),
    forward: () => page.moveTo(page.p + 1),
    play: () => page.player.play(),
    undo: () => page.past.go(-1),
    redo: () => page.past.go(1),
    reset: () => page.ask("reset"),
    seed: () => page.ask("seed"),
    pin: () => page.pins.add(),
    copy: () => page.share.copy(),
    close: button => button.closest("dialog").close(),
    done: button => {
      const box = button.closest("[data-led]")
      float(null)
      page.tasks.leave(box)
      box?.scrollIntoView({block: "nearest"})
    },
    "forget-tasks": () => page.tasks.forget(),
  }
}

function listen(page) {
  const act = actions(page)
  document.addEventListener("click", event => {
    // The text that leads through a task takes the place of the sheet.
    if (event.target.closest("[data-example], [data-predict=start]")) openDrawer(false)
    if (event.target.closest(".player")) page.played = null
    const button = event.target.closest("[data-act], [role=tab], [data-download], [data-play], button[data-set], [data-do]")
    if (!button) return
    if (button.dataset.act) act[button.dataset.act](button)
    else if (button.role === "tab" || button.getAttribute("role") === "tab") showTab(button.getAttribute("aria-controls"))
    else if (button.dataset.download) page.ask("download", {kind: button.dataset.download})
    else if (button.dataset.do) page.ask("act", {name: button.dataset.do})
    else if (button.dataset.set) page.ask("set", {values: JSON.parse(button.dataset.set)})
    else if (button.dataset.play) playCard(page, button, data.players)
  })
  $("#cursor").addEventListener("input", event => page.moveTo(Number(event.target.value)))
  for (const table of $$("[data-table]")) {
    table.addEventListener("input", event => { event.target.dataset.dirty = "" })
    table.addEventListener("change", event => {
      delete event.target.dataset.dirty
      table.last = null // drawn anew even where nothing has changed: a value that is not allowed must not stay
      const {set, pick, upload} = event.target.dataset
      if (upload !== undefined) {
        page.uploads.send(event.target.files[0])
        event.target.value = "" // the same file may be chosen again once it has changed
      }
      if (set) page.ask("set", {values: {[set]: event.target.value}})
      else if (pick) page.ask("set", {values: JSON.parse(pick)})
    })
  }
  $("#preset").addEventListener("change", event => { float(null); keepPlace(page); page.ask("preset", {name: event.target.value}) })
  document.addEventListener("keydown", event => press(page, act, event))
  giveKeysBack()
  keepPresenting()
}

// Bokeh's plots add a tab stop without a name, its sliders a handle without one, its checkboxes a label beside the box.
function nameForTheKeyboard(doc) {
  for (const model of modelsOf(doc)) {
    const control = model.type.endsWith("Slider") || model.type === "Checkbox"
    if (!control && model.type !== "Plot") continue // to look for what draws a model takes long
    const view = viewOf(model)
    if (model.type === "Plot") eventsOf(model)?.setAttribute("tabindex", -1)
    else if (model.type === "Checkbox") $("input", view.shadow_el).setAttribute("aria-label", model.label)
    else for (const handle of $$(".noUi-handle", view.shadow_el)) handle.setAttribute("aria-label", model.title)
  }
}

// Figures and controls are in the page, the same for everybody; the session has this reader's frame.
async function drawn() {
  const {roots, json} = JSON.parse($("#document").textContent)
  const places = Object.fromEntries(Object.entries(roots).map(([name, id]) => [id, `root-${name}`]))
  return embed(json, places)
}

async function start() {
  const wire = new Wire(JSON.parse($("#session").textContent).token)
  const first = wire.open().catch(() => null) // while the figures are being drawn
  const doc = await drawn()
  const page = new Page(doc, data, wire)
  nameForTheKeyboard(doc)
  page.share = new Share(page)
  openTab(page)
  arrange()
  restyle(doc, data)
  if (root.dataset.only) page.only = new Only(page)
  const frame = await first
  if (frame) page.show(frame)
  else wire.lose()
  await page.pins.replay()
  listen(page)
  followBack(page)
  new Uploads(page)
  followPrinter(page)
  new Voice(page)
  reachAll()
  window.unrolled = page
  addEventListener("resize", () => { page.stage.refresh(); restyle(doc, data) })
  root.removeAttribute("data-loading")
  if (frame) resumeTask(page)
  typeset($("#lesson"))
  typeset($("#tasks"))
  typeset($(".preset-notes"))
  typeset($(".first-words"))
}

start()
