// Tabs, drawer and notices: what opens and closes beside the plots.
import {$, $$, toast} from "./dom.js"
import {typeset} from "./mathematics.js"
import {inColumn, onColumn} from "./screen.js"

const root = document.documentElement
const KEPT = "unrolled-tab"

export function showNotices(notices) {
  const html = notices.map(notice => { const p = document.createElement("p"); p.textContent = notice; return p.outerHTML }).join("")
  const shown = $("main .notices"), fresh = shown.innerHTML !== html
  for (const box of $$(".notices")) if (box.innerHTML !== html) box.innerHTML = html
  // On a phone the place for notices may be far from the hand.
  if (fresh && html && shown.getBoundingClientRect().bottom < headerHeight()) toast(notices.join(" "), 5000)
}

// The tab that was chosen last, on any page; a first visit begins with the lesson.
export function keptTab() {
  let kept = null
  try { kept = localStorage.getItem(KEPT) } catch { /* storage may be blocked */ }
  return ["lesson", "numbers", "tasks"].includes(kept) ? kept : "lesson"
}

// Chosen by the reader, a tab is kept and begins at its top.
export function showTab(name, chosen = true) {
  for (const tab of $$("[role=tab]")) {
    const chosen = tab.getAttribute("aria-controls") === name
    tab.setAttribute("aria-selected", chosen)
    tab.tabIndex = chosen ? 0 : -1
    $("#" + tab.getAttribute("aria-controls")).hidden = !chosen
  }
  typeset($("#" + name))
  if (!chosen) return
  root.dataset.tab = name // the address holds it
  if (!root.dataset.present) try { localStorage.setItem(KEPT, name) } catch { /* storage may be blocked */ }
  $(".side").scrollTop = 0
  if (inColumn()) $("#" + name).scrollIntoView({block: "start"})
  whereAbouts()
}

// Where the plots begin.
export function showPlots() {
  $("#diagram").scrollIntoView({block: "start"})
}

// In one column: the part of the page that is read, for the bar and for the player, which goes along with the numbers.
function whereAbouts() {
  const chosen = $("[role=tab][aria-selected=true]")?.getAttribute("aria-controls") ?? "lesson"
  const reading = $(".side").getBoundingClientRect().top < room().middle ? chosen : "plots"
  if (!inColumn()) delete root.dataset.at
  else if (root.dataset.at !== reading) root.dataset.at = reading
  if (root.dataset.at === "plots") $(".to-plots").setAttribute("aria-current", "true")
  else $(".to-plots").removeAttribute("aria-current")
}

const headerHeight = () => $(".top-row").offsetHeight || $(".top").offsetHeight

// What header, sheet and bar leave of a screen in one column.
function room() {
  const sheet = root.hasAttribute("data-drawer") ? $("#drawer").offsetHeight : 0
  const top = headerHeight(), bottom = innerHeight - $(".tabs").offsetHeight - sheet
  return {top, bottom, middle: (top + bottom) / 2}
}

// The note says what to look for: in one column it stands with the plots, else below the choice.
export function arrange() {
  const place = () => {
    if (inColumn()) $(".player").after($(".preset-notes"))
    else $("#drawer > h2").before($(".preset-notes"))
    whereAbouts()
  }
  onColumn(place)
  addEventListener("scroll", whereAbouts, {passive: true})
  place()
}

export function openDrawer(on) {
  root.toggleAttribute("data-drawer", on)
  $(".menu").setAttribute("aria-expanded", on)
  if (on) $("#drawer").focus({preventScroll: true}) // not a select: the next key would choose from it
  if (on && inColumn()) bringPlots()
  whereAbouts()
}

// The sheet is there to change what is seen: numbers, tasks or plots that are in sight stay where they are, else plots come.
function bringPlots() {
  const {top, bottom} = room(), side = $(".side").getBoundingClientRect().top
  const tab = $("[role=tab][aria-selected=true]").getAttribute("aria-controls")
  if (tab !== "lesson" && side < bottom - 120) return
  const shown = $$(".stage > .plots").filter(card => card.offsetParent).map(card => [card, card.getBoundingClientRect()])
  if (shown.some(([, box]) => Math.min(box.bottom, bottom) - Math.max(box.top, top) > 0.6 * Math.min(box.height, bottom - top))) return
  const [card, box] = shown.find(([, box]) => box.bottom > top + 80 && box.top < innerHeight) ?? shown[0]
  // A card that fits comes to stand just above the sheet, with what stands before it; else it begins below the header.
  scrollBy(0, box.height < bottom - top ? box.bottom - bottom + 8 : box.top - top - 8)
}
