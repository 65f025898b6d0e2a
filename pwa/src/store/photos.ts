/** Photos made small on the phone: long side 1600 px, 300 kB, upright, without the camera's metadata. */

export { sha256Hex } from './hash'

const LONG_SIDE = 1600
const MAX_BYTES = 300 * 1024
/** Bytes of a photo that the server still takes. */
const SERVER_TAKES = 15_000_000
const QUALITIES = [0.82, 0.7, 0.55, 0.4, 0.28]

/**
 * A JPEG of at most 1600 px and, as far as quality allows, 300 kB. The picture is turned by its EXIF and
 * loses every metadata block. A HEIC that this browser cannot decode comes back as it is: the server cleans it. Throws
 * for anything else that is no picture, and for a HEIC larger than the server takes.
 */
export async function shrink(file: Blob): Promise<Blob> {
  let picture: ImageBitmap
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    if (file.size <= SERVER_TAKES && (await isHeic(file))) return file
    throw new Error('no picture')
  }
  const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height))
  const width = Math.max(1, Math.round(picture.width * scale))
  const height = Math.max(1, Math.round(picture.height * scale))
  const canvas = makeCanvas(width, height)
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null
  if (!context) return file
  context.imageSmoothingQuality = 'medium'
  context.drawImage(picture, 0, 0, width, height)
  picture.close()
  let smallest: Blob = file
  for (const quality of QUALITIES) {
    smallest = await encode(canvas, quality)
    if (smallest.size <= MAX_BYTES) break
  }
  return smallest
}

/** By its first bytes: phones name the type of a HEIC differently, or not at all. */
async function isHeic(file: Blob): Promise<boolean> {
  return /^....ftyp(he|mif1|msf1)/s.test(await file.slice(0, 12).text())
}

function makeCanvas(width: number, height: number): HTMLCanvasElement | OffscreenCanvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height)
  return Object.assign(document.createElement('canvas'), { width, height })
}

function encode(canvas: HTMLCanvasElement | OffscreenCanvas, quality: number): Promise<Blob> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/jpeg', quality })
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', quality)
  })
}
