// Several files as one: a ZIP archive whose entries are stored as they are. Pictures are compressed already.
// @ts-check

const TABLE = Uint32Array.from({length: 256}, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xEDB88320 ^ (n >>> 1) : n >>> 1
  return n >>> 0
})

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let sum = 0xFFFFFFFF
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xFF] ^ (sum >>> 8)
  return (sum ^ 0xFFFFFFFF) >>> 0
}

/** Numbers of 2 or 4 bytes each, lowest byte first. @param {[number, 2 | 4][]} fields */
function packed(fields) {
  const bytes = fields.flatMap(([number, size]) => [0, 8, 16, 24].slice(0, size).map(shift => (number >>> shift) & 0xFF))
  return Uint8Array.from(bytes)
}

/** @param {{name: string, bytes: Uint8Array}[]} files @returns {Blob} */
export function zipped(files) {
  const parts = [], entries = []
  let at = 0
  for (const {name, bytes} of files) {
    const title = new TextEncoder().encode(name), length = bytes.length
    // version 2.0, names in UTF-8, stored; 1 January 1980
    const common = /** @type {[number, 2 | 4][]} */ ([[20, 2], [0x0800, 2], [0, 2], [0, 2], [0x21, 2], [crc32(bytes), 4],
      [length, 4], [length, 4], [title.length, 2], [0, 2]])
    entries.push(packed([[0x02014B50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]), title)
    const head = packed([[0x04034B50, 4], ...common])
    parts.push(head, title, bytes)
    at += head.length + title.length + length
  }
  const size = entries.reduce((sum, entry) => sum + entry.length, 0)
  const end = packed([[0x06054B50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [at, 4], [0, 2]])
  return new Blob([...parts, ...entries, end], {type: "application/zip"})
}
