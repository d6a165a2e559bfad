// The browser's half of the page shell: waits for Bokeh, keeps page and server in step, and handles everything that
// needs no server (tabs, dialogs, theme, keys). The server's half is app/shell/page.py.
import {$, $$, float, toast} from "./dom.js"
import {Strips} from "./strips.js"
import {paintHeatmaps, restyle} from "./style.js"
import {Tasks} from "./tasks.js"
import {saveFile, saveImage} from "./files.js"
import {typeset} from "./mathematics.js"

const root = document.documentElement
const data = JSON.parse($("#page-data").textContent)

class Page {
  constructor(doc) {
    this.doc = doc
    this.bridge = doc.get_model_by_name("bridge")
    this.frame = JSON.parse(this.bridge.frame)
    this.waiting = []      // requests not sent yet
    this.sent = 0          // id of the last request
    this.busy = false      // a request is on its way
    this.p = this.frame.position
    this.strips = new Strips(this, data)
    this.tasks = new Tasks(this, data)
    this.bridge.properties.frame.change.connect(() => this.show(JSON.parse(this.bridge.frame)))
    this.bridge.properties.download.change.connect(() => saveFile(JSON.parse(this.bridge.download)))
    this.show(this.frame)
  }

  // Requests: one message on its way at a time. What the hand does meanwhile is merged, so the latest wins.
  ask(action, details = {}) {
    const last = this.waiting.at(-1)
    if (last?.do === action && action === "cursor") Object.assign(last, details)
    else if (last?.do === action && action === "edit" && last.name === details.name) Object.assign(last.steps, details.steps)
    else this.waiting.push({do: action, ...details})
    if (!this.busy) this.send()
  }

  send() {
    if (!this.waiting.length) return
    const batch = this.waiting.map(request => ({...request, id: ++this.sent}))
    this.waiting = []
    this.busy = true
    clearTimeout(this.patience)
    this.patience = setTimeout(() => { this.busy = false; this.send() }, 3000)
    this.bridge.request = JSON.stringify(batch)
  }

  show(frame) {
    if (frame.answered >= this.sent) { this.busy = false; this.send() }
    if (frame.t === undefined) { showNotices(frame.notices); return }
    this.frame = frame
    $(".waits").hidden = !frame.waits
    // The cursor belongs to the browser while the hand is on it; the server's word counts once it has caught up.
    if (frame.diagram) $("#diagram").innerHTML = frame.diagram
    if (!this.busy) this.setPosition(frame.position)
    showLive(frame.live)
    for (const [key, html] of Object.entries(frame.tables)) showTable($(`[data-table="${key}"]`), html)
    $("#cursor").max = frame.positions
    $(".player").toggleAttribute("data-returns", frame.positions > frame.steps)
    $(".player .steps").textContent = frame.steps
    this.strips.show(frame)
    paintHeatmaps(this.doc, data)
    showNotices(frame.notices)
    const sentence = $("#sentence")
    if (sentence.innerHTML !== frame.sentence) sentence.innerHTML = frame.sentence
    $("#numbers").innerHTML = frame.predicting ? "<p>The numbers are hidden until you reveal your prediction.</p>" : frame.numbers
    $("#preset").value = frame.preset
    for (const note of $$(".preset-note")) {
      note.hidden = note.dataset.preset !== frame.start
      note.toggleAttribute("data-changed", frame.preset !== frame.start)
    }
    for (const card of $$("[data-card]")) card.hidden = frame.hidden.includes(card.dataset.card)
    for (const strip of this.strips.all) {
      const box = this.strips.element(strip.name), visible = this.strips.plot(strip.name).visible
      box?.setAttribute("tabindex", visible ? 0 : -1)
      if (box && !strip.timed) box.hidden = !visible // its title as well
    }
    for (const control of $$("[data-control]")) {
      control.toggleAttribute("data-idle", frame.idle.includes(control.dataset.control))
      control.hidden = frame.unused.includes(control.dataset.control)
    }
    const more = $(".more")
    if (more) more.hidden = !$("[data-control]:not([hidden]), button", more)
    if ($("[data-act=seed]")) $("[data-act=seed]").hidden = frame.unused.includes("seed")
    for (const player of $$("[data-player]")) $("output", player).textContent = `step ${frame.players[player.dataset.player]}`
    if (frame.seed !== null && $(".seed")) $(".seed").textContent = `(${frame.seed})`
    this.tasks.show(frame)
    clearTimeout(this.rest)
    this.rest = setTimeout(() => history.replaceState(null, "", this.address()), 300)
  }

  address(present = root.dataset.present) {
    const asked = new URLSearchParams(location.search)
    const extra = [this.frame.query, present && "present=true", asked.get("theme") && `theme=${root.dataset.theme}`]
    return location.pathname + "?" + extra.filter(Boolean).join("&")
  }

  // The player's position p is the time step; beyond the last step it leads back: T, T − 1, … 1.
  get back() { return this.p > this.frame.steps }
  get t() { return this.back ? 2 * this.frame.steps + 1 - this.p : this.p }

  setPosition(p) {
    this.p = Math.max(1, Math.min(p, this.frame.positions))
    this.strips.setCursor(this.t)
    $("#cursor").value = this.p
    $("#cursor").setAttribute("aria-valuetext", `t = ${this.t}${this.back ? ", backward" : ""}`)
    $(".player .now").textContent = this.t
    $(".player").toggleAttribute("data-back", this.back)
  }

  moveTo(p) {
    const before = this.p
    this.setPosition(p)
    if (this.p !== before) this.ask("cursor", {t: this.p})
  }

  // A click on a plot names a time step; the direction of the pass stays.
  moveCursor(t) {
    t = Math.max(1, Math.min(t, this.frame.steps))
    this.moveTo(this.back ? 2 * this.frame.steps + 1 - t : t)
  }

  play(on = !this.timer) {
    clearInterval(this.timer)
    this.timer = null
    if (on) {
      if (this.p >= this.frame.positions) this.moveTo(1)
      this.timer = setInterval(() => {
        if (this.p >= this.frame.positions) this.play(false)
        else this.moveTo(this.p + 1)
      }, 1000 / Number($("#speed").value))
    }
    const button = $("[data-act=play]")
    button.textContent = on ? "❚❚ Pause" : "▶ Play"
    button.setAttribute("aria-label", on ? "Pause" : "Play")
  }
}

function showLive(live) {
  const within = $(".diagram")
  for (const [name, text] of Object.entries(live.text ?? {}))
    for (const part of $$(`[data-text="${name}"]`, within)) part.textContent = text
  for (const part of $$("[data-level]", within)) {
    const level = Math.max(0, Math.min(1, live.level?.[part.dataset.level] ?? 0))
    part.style.fillOpacity = level * 0.85
    part.parentNode.toggleAttribute("data-full", level > 0.6)
  }
  for (const [name, open] of Object.entries(live.open ?? {}))
    for (const part of $$(`[data-open="${name}"]`, within)) part.style.transform = `rotate(${-42 * (1 - open)}deg)`
  for (const [name, flow] of Object.entries(live.flow ?? {}))
    for (const part of $$(`[data-flow="${name}"]`, within)) part.style.transform = `scaleY(${flow})`
  for (const [name, transform] of Object.entries(live.transform ?? {}))
    for (const part of $$(`[data-transform="${name}"]`, within)) part.style.transform = transform
  for (const [name, on] of Object.entries(live.on ?? {}))
    for (const part of $$(`[data-on="${name}"]`, within)) part.toggleAttribute("data-lit", on)
}

// A table comes whole with each frame, but only what differs is put in: a button keeps being the same button while it
// is pressed, and the field that is being typed in keeps its text and the focus.
function showTable(box, html) {
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

function showNotices(notices) {
  const html = notices.map(notice => { const p = document.createElement("p"); p.textContent = notice; return p.outerHTML }).join("")
  const shown = $("main .notices"), fresh = shown.innerHTML !== html
  for (const box of $$(".notices")) if (box.innerHTML !== html) box.innerHTML = html
  // On a phone the place for notices may be far from the hand.
  if (fresh && html && shown.getBoundingClientRect().bottom < 0) toast(notices.join(" "), 5000)
}

function showTab(name) {
  for (const tab of $$("[role=tab]")) {
    const chosen = tab.getAttribute("aria-controls") === name
    tab.setAttribute("aria-selected", chosen)
    tab.tabIndex = chosen ? 0 : -1
    $("#" + tab.getAttribute("aria-controls")).hidden = !chosen
  }
  typeset($("#" + name))
}

function openDrawer(on) {
  root.toggleAttribute("data-drawer", on)
  $(".menu").setAttribute("aria-expanded", on)
  if (on) $("#drawer").focus() // not a select: the next key would choose from it
}

function present(page, on) {
  if (on) root.dataset.present = "true"
  else delete root.dataset.present
  openDrawer(false)
  if (on) showTab("numbers")
  history.replaceState(null, "", page.address())
  restyle(page.doc, data)
}

function setTheme(page, theme) {
  root.dataset.theme = theme
  try { localStorage.setItem("unrolled-theme", theme) } catch { /* storage may be blocked */ }
  restyle(page.doc, data)
}

function actions(page) {
  const shareDialog = () => {
    const field = $("#address")
    field.value = new URL(page.address($("#share-present").checked), location.href).href
    $("#share").open || $("#share").showModal()
    field.select()
  }
  $("#share-present").addEventListener("change", shareDialog)
  return {
    drawer: () => openDrawer(!root.hasAttribute("data-drawer")),
    share: shareDialog,
    export: () => {
      for (const button of $$("[data-image]")) { // a plot that is not shown has no picture
        const name = button.dataset.of, shown = page.strips.element(name).offsetParent && page.strips.plot(name).visible
        button.closest("tr").hidden = !shown
      }
      $("#export").showModal()
    },
    help: () => $("#help").showModal(),
    present: () => present(page, !root.dataset.present),
    theme: () => setTheme(page, root.dataset.theme === "dark" ? "light" : "dark"),
    back: () => page.moveTo(page.p - 1),
    forward: () => page.moveTo(page.p + 1),
    play: () => page.play(),
    reset: () => page.ask("reset"),
    seed: () => page.ask("seed"),
    pin: button => {
      const on = button.getAttribute("aria-pressed") !== "true"
      button.setAttribute("aria-pressed", on)
      button.textContent = on ? "Unpin" : "Pin for comparison"
      page.ask("pin", {on})
    },
    copy: async () => {
      $("#address").select()
      try { await navigator.clipboard.writeText($("#address").value) } catch { document.execCommand("copy") }
      toast("Address copied")
    },
    close: button => button.closest("dialog").close(),
    done: button => {
      const box = button.closest("[data-open]")
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
    const button = event.target.closest("[data-act], [role=tab], [data-download], [data-image], [data-play], button[data-set], [data-do]")
    if (event.target.closest(".scrim")) openDrawer(false)
    if (!button) return
    if (button.closest(".drawer") && button.dataset.act !== "drawer" && innerWidth <= 1120) openDrawer(false)
    if (button.dataset.act) act[button.dataset.act](button)
    else if (button.role === "tab" || button.getAttribute("role") === "tab") showTab(button.getAttribute("aria-controls"))
    else if (button.dataset.download) page.ask("download", {kind: button.dataset.download})
    else if (button.dataset.do) page.ask("act", {name: button.dataset.do})
    else if (button.dataset.set) page.ask("set", {values: JSON.parse(button.dataset.set)})
    else if (button.dataset.play) playCard(page, button)
    else saveImage(page.doc, button.dataset.of, button.dataset.image, data.stem)
  })
  $("#cursor").addEventListener("input", event => page.moveTo(Number(event.target.value)))
  for (const table of $$("[data-table]")) {
    table.addEventListener("input", event => { event.target.dataset.dirty = "" })
    table.addEventListener("change", event => {
      delete event.target.dataset.dirty
      table.last = null // drawn anew even where nothing has changed: a value that is not allowed must not stay
      const {set, pick, upload} = event.target.dataset
      if (upload !== undefined) sendFile(page, event.target.files[0])
      if (set) page.ask("set", {values: {[set]: event.target.value}})
      else if (pick) page.ask("set", {values: JSON.parse(pick)})
    })
  }
  $("#speed").addEventListener("change", () => { if (page.timer) page.play(true) })
  $("#preset").addEventListener("change", event => { float(null); page.ask("preset", {name: event.target.value}) })
  document.addEventListener("keydown", event => press(page, act, event))
}

// A card's own player counts one whole-number setting up: gradient descent step by step, for instance.
function playCard(page, button) {
  const box = button.closest("[data-player]"), name = box.dataset.player
  const value = () => page.frame.players[name]
  const stop = () => { clearInterval(box.timer); box.timer = null; $("[data-play=play]", box).textContent = "▶ Play" }
  const go = n => page.ask("set", {values: {[name]: Math.max(0, Math.min(n, data.players[name]))}})
  const what = button.dataset.play
  if (what === "play" && !box.timer) {
    $("[data-play=play]", box).textContent = "❚❚ Pause"
    let last = -1
    box.timer = setInterval(() => { if (page.busy) return; if (value() === last) stop(); else { last = value(); go(last + 1) } }, 200)
    return
  }
  stop()
  if (what === "restart") go(0)
  else if (what === "back" && value() > 0) go(value() - 1)
  else if (what === "forward") go(value() + 1)
}

// A file goes to the server as text inside a request; one that is too large doesn't even leave.
function sendFile(page, file) {
  if (!file) return
  if (file.size > data.largest) {
    showNotices([`${file.name.slice(0, 60)} is too large: ${data.largest / 2 ** 20} MiB are allowed.`])
    return
  }
  toast(`Reading ${file.name.slice(0, 60)} …`)
  const reader = new FileReader()
  reader.onload = () => page.ask("upload", {name: file.name, content: reader.result.split(",")[1] ?? ""})
  reader.onerror = () => showNotices([`${file.name.slice(0, 60)} could not be read.`])
  reader.readAsDataURL(file)
}

function press(page, act, event) {
  const target = event.composedPath()[0]
  const typing = target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [role=slider]")
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape") { openDrawer(false); return }
  if (typing || $("dialog[open]")) return
  const tab = target.closest?.("[role=tab]"), strip = target.closest?.("[data-edits]")
  const jump = event.shiftKey ? 10 : 1
  const keys = {
    ArrowLeft: () => tab ? moveTab(tab, -1) : page.moveTo(page.p - jump),
    ArrowRight: () => tab ? moveTab(tab, 1) : page.moveTo(page.p + jump),
    Home: () => page.moveTo(1), End: () => page.moveTo(page.frame.positions),
    "1": () => showTab("lesson"), "2": () => showTab("numbers"), "3": () => showTab("tasks"),
    p: act.present, s: act.drawer, d: act.theme, r: act.reset, "?": act.help,
  }
  if (strip) Object.assign(keys, {
    ArrowUp: () => page.strips.nudge(strip.dataset.strip, 1), ArrowDown: () => page.strips.nudge(strip.dataset.strip, -1),
    " ": () => page.strips.flip(strip.dataset.strip),
  })
  else if (!target.matches?.("button, a, summary, input")) keys[" "] = act.play
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (!keys[key]) return
  event.preventDefault()
  keys[key]()
  // 200 people can't see the lecturer's hands.
  if (root.dataset.present && event.key !== "?") toast(keyName(event.key), 800)
}

function keyName(key) {
  return {" ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓"}[key] ?? key.toUpperCase()
}

function moveTab(tab, by) {
  const tabs = $$("[role=tab]"), next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length]
  showTab(next.getAttribute("aria-controls"))
  next.focus()
}

// Without a server the page would contradict itself at the next move: it stops, and comes back with the server.
function watchConnection(page) {
  page.doc.on_event("connection_lost", () => {
    page.play(false)
    $(".lost").hidden = false
    for (const part of $$(".top, .layout")) part.inert = true
    const again = setInterval(async () => {
      try {
        await fetch("static/js/bokeh.min.js", {method: "HEAD", cache: "no-store"})
        clearInterval(again)
        location.replace(page.address())
      } catch { /* not yet */ }
    }, 2000)
  })
}

// Bokeh's plots add a tab stop without a name, and its sliders a handle without one.
function nameForTheKeyboard(doc) {
  for (const model of doc._all_models.values()) {
    const view = Bokeh.index.find_one(model)
    if (model.type === "Plot") view?.canvas_view?.events_el?.setAttribute("tabindex", -1)
    for (const handle of $$(".noUi-handle", view?.shadow_el ?? document.createElement("i"))) handle.setAttribute("aria-label", model.title)
  }
}

function start(doc) {
  const page = new Page(doc)
  window.unrolled = page
  listen(page)
  watchConnection(page)
  nameForTheKeyboard(doc)
  showTab(root.dataset.present ? "numbers" : innerWidth > 1120 ? "numbers" : "lesson")
  restyle(doc, data)
  addEventListener("resize", () => restyle(doc, data))
  root.removeAttribute("data-loading")
  typeset($("#lesson"))
  typeset($("#tasks"))
  typeset($("#drawer"))
}

const ready = setInterval(() => {
  const doc = window.Bokeh?.documents?.[0]
  if (doc?.get_model_by_name("bridge") && Bokeh.index.roots.length) { clearInterval(ready); start(doc) }
}, 20)
