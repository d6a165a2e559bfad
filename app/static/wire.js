// The wire to the server: a Bokeh session whose only model is the bridge. It breaks when a laptop sleeps, a network
// drops or a server starts anew; then the page asks for a new session with its own settings, from whoever answers.
// @ts-check
import {pullSession} from "./bokeh.js"
import {saveFile} from "./files.js"

const FIRST = 800, AGAIN = 1500 // milliseconds until the first attempt at most, and between two: a hall must not come all at once
const SILENCE = 15_000 // milliseconds without an answer after which the connection is gone, though nobody said so

/** @typedef {import("./contract.js").Frame} Frame */

const tooLong = () => new Promise((_, refuse) => setTimeout(refuse, SILENCE, new Error("no answer")))

export class Wire {
  /** @param {string} token of the session that came with the page */
  constructor(token) {
    this.token = token
    /** @type {any} */ this.bridge = null
    /** @type {any} */ this.page = null
    /** @type {number | undefined} */ this.silence = undefined // its end, while an answer is awaited
    this.close = () => {}
  }

  /** @returns {Promise<Frame>} the first frame of the session */
  async open() {
    const {protocol, host, pathname} = location
    const url = `${protocol.replace("http", "ws")}//${host}${pathname}/ws`
    const session = await Promise.race([pullSession(url, this.token), tooLong()])
    const doc = session.document, bridge = doc.get_model_by_name("bridge")
    this.close = () => session.close()
    doc.on_event("connection_lost", () => { if (this.bridge === bridge) this.lose() })
    this.bridge = bridge
    bridge.properties.frame.change.connect(() => {
      this.hear()
      this.page?.show(JSON.parse(bridge.frame))
    })
    bridge.properties.download.change.connect(() => saveFile(JSON.parse(bridge.download)))
    bridge.properties.code.change.connect(() => this.page?.share.draw(JSON.parse(bridge.code)))
    return JSON.parse(bridge.frame)
  }

  /** @param {object[]} requests */
  send(requests) {
    this.bridge.request = JSON.stringify(requests)
    this.silence ??= setTimeout(() => { this.lose(); this.close() }, SILENCE)
  }

  hear() {
    clearTimeout(this.silence)
    this.silence = undefined
  }

  lose() {
    this.hear()
    this.bridge = null
    this.page.lose()
    setTimeout(() => this.reopen(), FIRST * (0.2 + 0.8 * Math.random()))
  }

  async reopen() {
    try {
      const answer = await fetch(`${location.pathname}?${this.page.query}`, {cache: "no-store", signal: AbortSignal.timeout(SILENCE)})
      const token = (await answer.text()).match(/"token":"([^"]+)"/)?.[1]
      if (!answer.ok || !token) throw new Error("no session")
      this.token = token
      const frame = await this.open()
      this.page.resume()
      this.page.show(frame)
      this.page.send()
    } catch {
      this.bridge = null
      setTimeout(() => this.reopen(), AGAIN)
    }
  }
}
