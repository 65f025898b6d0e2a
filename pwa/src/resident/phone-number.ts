/** Whether it looks like a number that can be called: a mobile, or a landline with its area code. The server decides. */
export function isNumber(text: string): boolean {
  const digits = text.replace(/[\s\-()]/g, '').replace(/^(\+|00)?86/, '')
  return /^1[3-9]\d{9}$/.test(digits) || /^0\d{9,11}$/.test(digits)
}
