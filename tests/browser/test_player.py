"""The player goes by the clock: a speed is reached, whatever the server and the pictures take."""

import pytest

# The position after so many seconds of a clock that the test turns, a picture every 20 ms; and what waits to be sent.
RUN = """([speed, seconds]) => {
  const page = unrolled, {player} = page
  document.querySelector("#speed").value = speed
  page.moveTo(1)
  page.busy = true  // a server that doesn't answer
  player.play(true)
  cancelAnimationFrame(player.next)
  player.begin(0)
  for (let now = 0; now <= 1000 * seconds && player.on; now += 20) player.tick(now)
  const seen = [page.p, player.on, page.waiting.length]
  player.play(false)
  page.busy = false
  page.send()
  return seen
}"""


def test_every_speed_is_reached_and_only_the_latest_place_is_asked_for(reader):
    page = reader("gamma?n_steps=101")
    for speed, seconds, place in [("1", 4, 5), ("3", 4, 13), ("10", 4, 41), ("30", 3, 91), ("whole", 2, 41)]:
        assert page.page.evaluate(RUN, [speed, seconds]) == [place, True, 1], speed
        page.settle()
        assert page.frame["position"] == place
    assert page.page.evaluate(RUN, ["whole", 5])[:2] == [101, False]


def test_the_hand_a_new_speed_and_a_page_out_of_sight_start_the_clock_anew(reader):
    page = reader("gamma?n_steps=101")
    places = page.page.evaluate(
        """() => {
          const {player} = unrolled, speed = document.querySelector("#speed"), seen = []
          const at = now => { player.tick(now); seen.push(unrolled.p) }
          unrolled.moveTo(1)
          speed.value = "10"
          player.play(true)
          cancelAnimationFrame(player.next)
          player.begin(0)
          at(500)
          unrolled.moveTo(50); at(510); at(910)
          speed.value = "1"; at(920); at(1820); at(1930)
          document.dispatchEvent(new Event("visibilitychange"))  // the page's own clock is far on by now
          at(performance.now() + 500)
          player.play(false)
          return seen
        }"""
    )
    assert places == [6, 50, 54, 54, 54, 55, 55]


def test_thirty_steps_a_second_in_real_time(reader):
    """Counted against the page's own clock; a busy machine may be late by a picture or two."""
    page = reader("gamma?n_steps=150&cursor=1")
    page.page.locator("#speed").select_option("30")
    reached, passed = page.page.evaluate(
        """() => new Promise(done => {
          const start = performance.now()
          unrolled.player.play(true)
          const passed = () => (performance.now() - start) / 1000
          const look = () => passed() < 2 ? requestAnimationFrame(look) : done([unrolled.p - 1, passed()])
          look()
        })"""
    )
    page.page.evaluate("unrolled.player.play(false)")
    page.settle()
    assert reached == pytest.approx(30 * passed, rel=0.2)
