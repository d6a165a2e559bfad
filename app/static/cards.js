// Players that stand on a card of their own.
import {$, $$} from "./dom.js"

// Space plays what was played last, as long as it is in sight: the time steps, or what a card counts.
export function playLast(page) {
  const box = $$("[data-player]").find(box => box.dataset.player === page.played && box.offsetParent)
  if (box) $("[data-play=play]", box).click()
  else page.player.play()
}

// A card's own player counts one whole-number setting up: gradient descent step by step, for instance.
export function playCard(page, button, largest) {
  const box = button.closest("[data-player]"), name = box.dataset.player
  page.played = name
  const value = () => page.frame.players[name]
  const stop = () => { clearInterval(box.timer); box.timer = null; $("[data-play=play]", box).textContent = $("[data-play=play]", box).dataset.says }
  const go = n => page.ask("set", {values: {[name]: Math.max(0, Math.min(n, largest[name]))}})
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

