import { asArray, type Color } from 'ol/color'
import CircleStyle from 'ol/style/Circle'
import Fill from 'ol/style/Fill'
import RegularShape from 'ol/style/RegularShape'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { LightColour } from '../../shared/types'

/** The colours of the map: those of the screen now, light or dark. */
export interface Palette {
  card: string
  ink: string
  soft: string
  line: string
  edge: string
  jade: string
  tints: Color[]
  lights: Record<LightColour, string>
}

/** Reads the tokens; to be read again when the screen turns dark or light. */
export function readPalette(): Palette {
  const tokens = getComputedStyle(document.documentElement)
  const token = (name: string) => tokens.getPropertyValue(`--${name}`).trim()
  const jade = token('jade')
  return {
    card: token('card'),
    ink: token('ink'),
    soft: token('ink-soft'),
    line: token('line'),
    edge: token('edge'),
    jade,
    tints: [0.04, 0.12, 0.2, 0.28, 0.36].map((opacity) => see(jade, opacity)),
    lights: { green: token('light-green'), yellow: token('light-yellow'), red: token('light-red'), grey: token('light-grey') },
  }
}

/** The colour, seen through. */
function see(colour: string, opacity: number): Color {
  return [...asArray(colour).slice(0, 3), opacity]
}

const FONT = 'PingFang SC, "HarmonyOS Sans SC", MiSans, "Noto Sans CJK SC", sans-serif'

/** A region: darker the more of the shown cases it holds, against the one that holds most; `hovered` has a strong edge. */
export function regionStyle(palette: Palette, count: number, most: number, hovered: boolean): Style {
  const tint = palette.tints[count && Math.ceil((count / most) * 4)]!
  const stroke = new Stroke({ color: hovered ? palette.jade : palette.edge, width: hovered ? 2.5 : 1 })
  return new Style({ fill: new Fill({ color: tint }), stroke, zIndex: hovered ? 2 : 1 })
}

/** The name of a region, and how many of the shown cases it holds, in a halo; moved `down` by pixels from its place. */
export function nameStyle(palette: Palette, name: string, count: number, down = 0): Style {
  return new Style({
    text: new Text({
      text: count ? `${name}\n${count}` : name,
      font: `600 13px ${FONT}`,
      offsetY: down,
      fill: new Fill({ color: count ? palette.ink : palette.soft }),
      stroke: new Stroke({ color: palette.card, width: 4 }),
    }),
  })
}

/** A case: the shape and the colour of its light; a ring when it is the selected one. */
export function caseStyle(palette: Palette, light: LightColour, selected: boolean): Style[] {
  const fill = new Fill({ color: palette.lights[light] })
  const stroke = new Stroke({ color: palette.card, width: 1.5 })
  const shapes: Record<LightColour, () => CircleStyle | RegularShape> = {
    green: () => new CircleStyle({ radius: 7, fill, stroke }),
    yellow: () => new RegularShape({ points: 3, radius: 9, fill, stroke }),
    red: () => new RegularShape({ points: 4, radius: 9, angle: Math.PI / 4, fill, stroke }),
    grey: () => new RegularShape({ points: 4, radius: 9, angle: Math.PI / 4, scale: [1, 0.45], fill, stroke }),
  }
  const mark = new Style({ image: shapes[light](), zIndex: selected ? 9 : 3 })
  if (!selected) return [mark]
  const ring = new CircleStyle({ radius: 14, stroke: new Stroke({ color: palette.ink, width: 2.5 }), fill: new Fill({ color: see(palette.card, 0.5) }) })
  return [new Style({ image: ring, zIndex: 8 }), mark]
}

/** Several cases close together: how many, ringed in the colour of the worst. */
export function clusterStyle(palette: Palette, count: number, worst: LightColour, selected: boolean): Style[] {
  return [
    new Style({
      image: new CircleStyle({
        radius: 11 + Math.min(7, count / 4),
        fill: new Fill({ color: palette.card }),
        stroke: new Stroke({ color: selected ? palette.ink : palette.lights[worst], width: selected ? 4 : 3 }),
      }),
      text: new Text({ text: String(count), font: `600 13px ${FONT}`, fill: new Fill({ color: palette.ink }) }),
      zIndex: selected ? 9 : 4,
    }),
  ]
}
