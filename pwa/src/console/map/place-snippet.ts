import Feature from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import PointGeometry from 'ol/geom/Point'
import VectorLayer from 'ol/layer/Vector'
import Map from 'ol/Map'
import { fromLonLat } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import View from 'ol/View'
import { isEmpty } from 'ol/extent'
import type { GridCollection, LightColour, Point } from '../../shared/types'
import { shortName } from '../../shared/map'
import { caseStyle, nameStyle, readPalette, regionStyle } from './style'

/** A small still map of one place. */
export function makePlaceSnippet(target: HTMLElement) {
  const regions = new VectorSource()
  const mark = new VectorSource()
  const regionLayer = new VectorLayer({ source: regions, declutter: true })
  const markLayer = new VectorLayer({ source: mark })
  const map = new Map({ target, controls: [], interactions: [], layers: [regionLayer, markLayer], view: new View({ maxZoom: 18 }) })
  const resized = new ResizeObserver(() => map.updateSize())
  resized.observe(target)

  /** Puts on the colours of the screen as it is now, light or dark. */
  let paint = () => {}
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const repaint = () => paint()
  dark.addEventListener('change', repaint)

  return {
    /** Shows the regions, the one with that code marked, and the point; goes to the regions, or to the point alone. */
    show(shapes: GridCollection | undefined, point: Point, light: LightColour, code: string) {
      const at = new PointGeometry(fromLonLat(point))
      paint = () => {
        const palette = readPalette()
        regionLayer.setStyle((region) => {
          const home = region.get('code') === code
          return [regionStyle(palette, 0, 1, home), ...(home ? [] : [nameStyle(palette, shortName(region.get('name') as string), 0)])]
        })
        markLayer.setStyle(caseStyle(palette, light, true))
      }
      paint()
      regions.clear(true)
      if (shapes) regions.addFeatures(new GeoJSON().readFeatures(shapes, { featureProjection: 'EPSG:3857' }))
      mark.clear(true)
      mark.addFeature(new Feature(at))
      const extent = regions.getExtent()
      if (!extent || isEmpty(extent)) map.getView().fit(at, { maxZoom: 16 })
      else map.getView().fit(extent, { padding: [16, 16, 16, 16] })
    },
    remove() {
      dark.removeEventListener('change', repaint)
      resized.disconnect()
      map.setTarget(undefined)
    },
  }
}
