/** 32 random bytes as 43 characters of base64url: what lets this device rate and add to its own report. */
export function secret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
