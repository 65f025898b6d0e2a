import Feature, { type FeatureLike } from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import VectorLayer from 'ol/layer/Vector'
import Map from 'ol/Map'
import { fromLonLat } from 'ol/proj'
import PointGeometry from 'ol/geom/Point'
import Cluster from 'ol/source/Cluster'
import VectorSource from 'ol/source/Vector'
import View from 'ol/View'
import { boundingExtent, createEmpty, extend, getHeight, getWidth, isEmpty } from 'ol/extent'
import type { CaseItem, GridCollection, LightColour } from '../../shared/types'
import { countsByRegion, worstOf } from './counts'
import { clearOf, nameOf } from './names'
import { caseStyle, clusterStyle, nameStyle, readPalette, regionStyle } from './style'
import 'ol/ol.css'

/** What the map tells. */
interface Told {
  onCase: (id: string) => void
  onRegion: (code: string) => void
}

/** A map on the page. */
export type CaseMapView = ReturnType<typeof makeCaseMap>

const MARGIN = 40
/** Cases closer than this many pixels are one mark. */
const CLOSE = 26
const QUICK = { duration: window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200 }

/** Puts a map of regions and cases into the element; drawn from the server's shapes alone, it asks no other host. */
export function makeCaseMap(target: HTMLElement, told: Told) {
  let palette = readPalette()
  let items: CaseItem[] = []
  let selected: string | null = null
  let hovered: string | null = null
  let most = 1
  let counts = countsByRegion([], 0)
  /** The regions were shown before the first cases came: the view is still to be chosen. */
  let unaimed = false

  const regions = new VectorSource()
  const names = new VectorSource<Feature<PointGeometry>>()
  const points = new VectorSource<Feature<PointGeometry>>()
  const held = (region: FeatureLike) => counts.get(region.get('code') as string) ?? 0
  const regionLayer = new VectorLayer({ source: regions, style: (region) => regionStyle(palette, held(region), most, region.get('code') === hovered) })
  const caseLayer = new VectorLayer({
    source: new Cluster({ source: points, distance: CLOSE, minDistance: 12 }),
    style: (feature) => {
      const members = membersOf(feature)
      const chosen = members.some((member) => member.getId() === selected)
      const lights = members.map((member) => member.get('light') as LightColour)
      return members.length === 1 ? caseStyle(palette, lights[0]!, chosen) : clusterStyle(palette, members.length, worstOf(lights), chosen)
    },
  })
  // The names lie above the cases and step aside for them: neither may hide the other.
  const nameLayer = new VectorLayer({
    source: names,
    declutter: true,
    style: (region, resolution) => {
      const name = region.get('name') as string
      const marks = points.getFeatures().map((point) => point.getGeometry()!.getCoordinates())
      return nameStyle(palette, name, held(region), clearOf(marks, region, name.length, resolution))
    },
  })
  const map = new Map({ target, controls: [], layers: [regionLayer, caseLayer, nameLayer], view: new View({ maxZoom: 19, minZoom: 6 }) })

  /** Goes to all regions; `busy`: in a whole city only to the districts that hold cases, the rest is wide and empty. */
  function fit(busy = false) {
    const holding = busy ? regions.getFeatures().filter((region) => region.get('level') === 'district' && counts.has(region.get('code') as string)) : []
    const extent = holding.length ? holding.map((region) => region.getGeometry()!.getExtent()).reduce((a, b) => extend(a, b), createEmpty()) : regions.getExtent()
    if (extent && !isEmpty(extent)) map.getView().fit(extent, { padding: [MARGIN, MARGIN, MARGIN, MARGIN], ...QUICK })
  }

  function recount() {
    const code = regions.getFeatures()[0]?.get('code') as string | undefined
    counts = countsByRegion(items, code?.length ?? 0)
    most = Math.max(1, ...counts.values())
    regionLayer.changed()
    nameLayer.changed()
  }

  map.on('click', ({ pixel }) => {
    const cluster = map.forEachFeatureAtPixel(pixel, (feature) => feature, { layerFilter: (layer) => layer === caseLayer, hitTolerance: 4 })
    if (cluster) return openCluster(membersOf(cluster))
    const region = map.forEachFeatureAtPixel(pixel, (feature) => feature, { layerFilter: (layer) => layer === regionLayer })
    if (region) told.onRegion(region.get('code') as string)
  })

  function openCluster(members: Feature<PointGeometry>[]) {
    const extent = boundingExtent(members.map((member) => member.getGeometry()!.getCoordinates()))
    const apart = Math.max(getWidth(extent), getHeight(extent)) > 2
    const closest = map.getView().getZoom()! >= 18
    if (members.length === 1 || !apart || closest) told.onCase(String(members[0]!.getId()))
    else map.getView().fit(extent, { padding: [80, 80, 80, 80], maxZoom: 18, ...QUICK })
  }

  map.on('pointermove', ({ pixel, dragging }) => {
    if (dragging) return
    const at = map.forEachFeatureAtPixel(pixel, (feature) => feature, { layerFilter: (layer) => layer !== nameLayer })
    const code = (at?.get('code') as string | undefined) ?? null
    target.style.cursor = at ? 'pointer' : ''
    if (code === hovered) return
    hovered = code
    regionLayer.changed()
  })

  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const repaint = () => {
    palette = readPalette()
    for (const layer of [regionLayer, caseLayer, nameLayer]) layer.changed()
  }
  dark.addEventListener('change', repaint)
  const resized = new ResizeObserver(() => map.updateSize())
  resized.observe(target)

  return {
    /** Goes to all regions. */
    fit: () => fit(),
    /** Replaces the regions and goes to them. */
    showRegions(collection: GridCollection) {
      regions.clear(true)
      regions.addFeatures(new GeoJSON().readFeatures(collection, { featureProjection: 'EPSG:3857' }))
      names.clear(true)
      names.addFeatures(regions.getFeatures().map(nameOf))
      recount()
      unaimed = items.length === 0
      fit(true)
    },
    /** Replaces the cases, each with its light; those without a certain place are not on the map. */
    showCases(now: CaseItem[], lights: LightColour[]) {
      items = now
      points.clear(true)
      points.addFeatures(
        now.flatMap(({ id, place }, at) => {
          if (!place.point) return []
          const feature = new Feature({ geometry: new PointGeometry(fromLonLat(place.point)), light: lights[at] })
          feature.setId(id)
          return [feature]
        }),
      )
      recount()
      if (unaimed && now.length) fit(true)
      if (now.length) unaimed = false
    },
    /** Rings the selected case, and brings it into sight when it is outside. */
    choose(id: string | null) {
      selected = id
      caseLayer.changed()
      const geometry = id ? points.getFeatureById(id)?.getGeometry() : null
      if (!geometry || !map.getSize()) return
      const at = geometry.getCoordinates()
      const pixel = map.getPixelFromCoordinate(at)
      const [width, height] = map.getSize() as [number, number]
      const inside = pixel && pixel[0]! > 0 && pixel[1]! > 0 && pixel[0]! < width && pixel[1]! < height
      if (!inside) map.getView().animate({ center: at, ...QUICK })
    },
    zoom(by: number) {
      map.getView().animate({ zoom: map.getView().getZoom()! + by, ...QUICK })
    },
    remove() {
      dark.removeEventListener('change', repaint)
      resized.disconnect()
      map.setTarget(undefined)
    },
  }
}

function membersOf(cluster: FeatureLike): Feature<PointGeometry>[] {
  return cluster.get('features') as Feature<PointGeometry>[]
}
