/** Writes every text file of dist/ a second and a third time, compressed as hard as can be, for Caddy to send as they are. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const TEXT = new Set(['.css', '.html', '.js', '.svg', '.webmanifest'])
/** Bytes below which compressing saves less than a packet. */
const LEAST = 512
const dist = new URL('../dist', import.meta.url).pathname

for (const name of readdirSync(dist, { recursive: true })) {
  if (!TEXT.has(extname(name))) continue
  const file = join(dist, name)
  const content = readFileSync(file)
  if (content.length < LEAST) continue
  writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }))
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }))
}
