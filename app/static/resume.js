// What an address says beside the settings: the tab, an open prediction, a challenge that is being tried.
import {$} from "./dom.js"
import {keptTab, showTab} from "./panels.js"

const root = document.documentElement

// A tab that the address names was chosen by somebody; it is not kept for other pages.
export function openTab(page) {
  const asked = page.asked.get("tab"), known = ["lesson", "numbers", "tasks"].includes(asked)
  if (known) root.dataset.tab = asked
  showTab(known ? asked : root.dataset.present ? "numbers" : keptTab(), false)
  page.extras.set("tab", () => root.dataset.tab)
  new MutationObserver(() => page.keepAddress()).observe(root, {attributeFilter: ["data-tab"]})
}

export function resumeTask(page) {
  const challenge = $(`[data-try="${Number(page.asked.get("challenge")) - 1}"]`)
  const drawn = page.asked.get("predict")
  if (drawn !== null) {
    showTab("tasks", false)
    if (drawn !== "true" && !page.strips.hand.resume(drawn)) page.remark([`predict = ${drawn.slice(0, 40)} is not allowed (true, or values with repeats like 1*4,0*3); nothing is drawn.`])
    page.tasks.predict("start")
  } else if (challenge) {
    showTab("tasks", false)
    challenge.click()
    challenge.closest(".task").scrollIntoView({block: "center"})
  } else if (root.dataset.tab) $(".side").scrollIntoView({block: "start"}) // in one column it lies below the plots
}
