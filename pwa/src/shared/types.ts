/**
 * What crosses the wire, from the backend's own description (`api-types.ts`) under the names used here. Times are ISO-8601 UTC,
 * coordinates WGS-84 `[lng, lat]`, lengths metres.
 */
import type { components } from './api-types'

type Schemas = components['schemas']

export type Point = [lng: number, lat: number]

/** [west, south, east, north] in degrees. */
export type Box = [number, number, number, number]

/** OpenAPI 3.1 has no tuples that the generator reads: points and boxes get their lengths back here, by name. */
type Exact<T> = T extends (infer Item)[]
  ? Exact<Item>[]
  : T extends object
    ? { [Key in keyof T]: Key extends 'point' | 'centre' ? Point | Extract<T[Key], null> : Key extends 'bounds' | 'bbox' ? Box : Exact<T[Key]> }
    : T

export type Session = Exact<Schemas['SessionView']>
export type Region = Exact<Schemas['PlaceItem']>
export type Level = Region['level']
export type Located = Exact<Schemas['Located']>
export type Category = Schemas['Category']
export type Matter = Schemas['Matter']
export type Catalogue = Schemas['Catalogue']
export type Photo = Schemas['Photo']
export type Receipt = Schemas['Receipt']
export type Course = Schemas['Course']
export type Satisfaction = Schemas['RateCommand']['satisfaction']
export type CaseItem = Exact<Schemas['CaseItem']>
export type CasePage = Exact<Schemas['CasePage']>
export type CaseDetail = Exact<Schemas['CaseDetail']>
export type TimelineEvent = Schemas['TimelineStep']
export type AllowedAction = Schemas['AllowedAction']
export type ActionAnswer = Exact<Schemas['ActionDone']>
export type Assignee = Schemas['Candidate']
export type OpenTask = Schemas['OpenTask']
export type NotAdopted = Schemas['NotAdopted']
export type SimilarCase = Schemas['SimilarCase']
export type NearCase = Exact<Schemas['NearCase']>
export type CaseCounts = Schemas['CaseCounts']
export type SavedFilter = Schemas['SavedFilter']
export type Rule = Schemas['RuleAnswer']
export type RuleTried = Schemas['Tried']
export type RosterPost = Schemas['RosterPost']
export type UnitListed = Schemas['UnitListed']
export type Notification = Schemas['NotificationView']
export type Urgency = CaseItem['urgency']
export type LightColour = NonNullable<CaseItem['light']>

/** Regions as shapes; always carries the note 示意数据. */
export interface GridCollection {
  type: 'FeatureCollection'
  note?: string
  features: GridFeature[]
}

export interface GridFeature {
  type: 'Feature'
  properties: { code: string; name: string; level: string }
  geometry: { type: 'Polygon'; coordinates: Point[][] } | { type: 'MultiPolygon'; coordinates: Point[][][] }
}
