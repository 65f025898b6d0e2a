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
import { caseStyle, readPalette, regionStyle } from './style'

/** A small still map of one place. */
export function makePlaceSnippet(target: HTMLElement) {
  const regions = new VectorSource()
  const mark = new VectorSource()
  const regionLayer = new VectorLayer({ source: regions, declutter: true })
  const markLayer = new VectorLayer({ source: mark })
  const map = new Map({ target, controls: [], interactions: [], layers: [regionLayer, markLayer], view: new View({ maxZoom: 18 }) })
  const resized = new ResizeObserver(() => map.updateSize())
  resized.observe(target)

  return {
    /** Shows the regions, the one with that code marked, and the point; goes to the regions, or to the point alone. */
    show(shapes: GridCollection | undefined, point: Point, light: LightColour, code: string) {
      const palette = readPalette()
      const at = new PointGeometry(fromLonLat(point))
      regionLayer.setStyle((feature) => regionStyle(palette, feature.get('code') === code ? '' : shortName(feature.get('name') as string), 0, 1, feature.get('code') === code))
      markLayer.setStyle(caseStyle(palette, light, true))
      regions.clear(true)
      if (shapes) regions.addFeatures(new GeoJSON().readFeatures(shapes, { featureProjection: 'EPSG:3857' }))
      mark.clear(true)
      mark.addFeature(new Feature(at))
      const extent = regions.getExtent()
      if (!extent || isEmpty(extent)) map.getView().fit(at, { maxZoom: 16 })
      else map.getView().fit(extent, { padding: [16, 16, 16, 16] })
    },
    remove() {
      resized.disconnect()
      map.setTarget(undefined)
    },
  }
}
