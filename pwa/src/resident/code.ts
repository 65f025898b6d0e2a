/** Letters and digits of a receipt code; those that look alike (0 O, 1 I L) are not used. */
const CODE = /^[A-Z0-9]{8}$/

/** The code as the server knows it, from what a person typed or pasted (a whole address too); null when it is none. */
export function readCode(typed: string): string | null {
  const inAddress = /\/r\/([^/?#\s]+)/.exec(typed)?.[1]
  const code = (inAddress ?? typed)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s·.\-—_]/g, '')
  return CODE.test(code) ? code : null
}

/** A code in two halves, easier to read out: ABCD 2345. */
export function spacedCode(code: string): string {
  return code.replace(/^(.{4})(.{4})$/, '$1 $2')
}
