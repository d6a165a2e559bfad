// The names that server and browser share, as app/shell/contract.py has them; a test holds this file against that one.
// @ts-check

/**
 * @typedef {object} Live
 * @property {Record<string, string>} [text]
 * @property {Record<string, number>} [level]
 * @property {Record<string, number>} [open]
 * @property {Record<string, boolean>} [on]
 * @property {Record<string, string>} [transform]
 * @property {Record<string, [number, number]>} [limits]
 * @property {boolean} [snap]
 */

/**
 * @typedef {object} Verdict
 * @property {boolean} passed
 * @property {string} reason
 */

/**
 * @typedef {object} Score
 * @property {number} right
 * @property {number} total
 * @property {number} step
 * @property {string} text
 * @property {string} why
 * @property {number} within
 * @property {number | null} said
 * @property {number | null} there
 */

/**
 * @typedef {object} Frame
 * @property {number} answered
 * @property {string} [build]
 * @property {Record<string, Record<string, any>>} columns
 * @property {Record<string, Record<string, any>>} properties
 * @property {string} [diagram]
 * @property {Record<string, string>} tables
 * @property {Record<string, any>} values
 * @property {boolean} waits
 * @property {string} waiting
 * @property {number} t
 * @property {number} steps
 * @property {number} position
 * @property {number} positions
 * @property {Live} live
 * @property {string} numbers
 * @property {string} sentence
 * @property {string[]} notices
 * @property {string} preset
 * @property {string} start
 * @property {string} query
 * @property {number | null} file
 * @property {number} example
 * @property {string} own
 * @property {Verdict[]} challenges
 * @property {boolean} predicting
 * @property {number | null} revealed
 * @property {Score | null} score
 * @property {number | null} seed
 * @property {string[]} hidden
 * @property {string[]} idle
 * @property {string[]} unused
 * @property {string[]} fixed
 * @property {Record<string, number>} players
 */

/** The requests by their name, each with its fields. */
export const REQUESTS = {
  cursor: ["t"],
  edit: ["name", "steps"],
  preset: ["name"],
  reset: [],
  restore: ["query", "example", "own"],
  seed: [],
  example: ["step"],
  solve: ["challenge"],
  predict: [],
  reveal: ["values", "pixel", "by_step"],
  uncover: ["steps"],
  cancel: [],
  back: [],
  download: ["kind"],
  code: ["text"],
  set: ["values"],
  act: ["name"],
  upload: ["name", "content", "number"],
}

/** Parts of a frame of which only changed entries are sent. */
export const PARTED = ["columns", "properties", "tables", "values"]
