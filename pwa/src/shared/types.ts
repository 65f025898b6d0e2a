/** What crosses the wire. Times are ISO-8601 UTC, coordinates WGS-84 `[lng, lat]`, lengths metres. */
export type Point = [lng: number, lat: number]
export type Level = 'city' | 'district' | 'street' | 'community' | 'grid'
export type LightColour = 'green' | 'yellow' | 'red' | 'grey'
export type Urgency = 'ordinary' | 'urgent' | 'critical'

export interface Session {
  user: { id: string; name: string; account: string } | null
  posts: { id: string; role: string; role_name: string; unit: { id: string; name: string } | null; region: Region }[]
  doors: ('field' | 'console')[]
  city: { code: string; name: string; demo: boolean; bounds: [number, number, number, number]; centre: Point }
  push_key: string
  languages: string[]
}

export interface Region {
  code: string
  name: string
  level: Level
}

export interface Located {
  grid: { code: string; name: string } | null
  region: Region
  path: Region[]
  label: string
  approximate: boolean
  distance_m: number
  point: Point
}

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

export interface Category {
  key: string
  name: string
  icon: string
  hint: string
  matter: { kind: string; code: string } | null
  photo: 'required' | 'optional'
  urgency: Urgency
}

export interface Matter {
  kind: 'part' | 'matter' | 'local'
  code: string
  name: string
  group: string
  category: string
  photo_report: string
  photo_handle: 'required' | 'optional' | 'none'
  verification: 'on_site' | 'photo' | 'reporter_confirms' | 'phone' | 'signature'
  urgency: Urgency
  confidentiality: string
}

export interface Catalogue {
  version: string
  categories: Category[]
  groups: { key: string; name: string }[]
  matters: Matter[]
}

export interface Photo {
  sha256: string
  ready: boolean
  width: number | null
  height: number | null
  url: string | null
  thumb_url: string | null
  phase: 'report' | 'handle' | 'verify'
  taken_live: boolean | null
}

export interface Receipt {
  id: string
  case_id: string
  number: string
  receipt_code: string
  state: string
  state_name: string
  category: { key: string; name: string } | null
  place: { code: string; name: string; label: string; approximate: boolean; unsure: boolean }
  assigned_to: { kind: 'post' | 'unit' | 'desk'; name: string }
  why: string
  due_at: string | null
  missing_photos: string[]
  created_at: string
  url: string
}

export type Satisfaction = 'satisfied' | 'basically' | 'dissatisfied'

export interface Course {
  receipt_code: string
  number: string
  category: { key: string; name: string; icon: string } | null
  matter_name: string | null
  state: string
  state_name: string
  place_name: string
  created_at: string
  steps: { key: string; name: string; at: string | null; who: string | null; note: string | null; done: boolean }[]
  reply: string | null
  photos?: Photo[]
  mine: boolean
  rating: {
    open: boolean
    until: string | null
    given: { stars: number; satisfaction: Satisfaction; comment: string | null; at: string } | null
  }
}

export interface CaseItem {
  id: string
  number: string
  state: string
  state_name: string
  version: number
  seq: number
  urgency: Urgency
  light: LightColour
  due_at: string | null
  step: 'accept' | 'dispatch' | 'sign' | 'handle' | 'verify' | null
  matter: { kind: string; code: string; name: string } | null
  category: { key: string; name: string; icon: string } | null
  place: { code: string; name: string; label: string; point: Point | null; approximate: boolean; unsure: boolean }
  address: string | null
  summary: string
  assignee: { post_id: string | null; unit_id: string | null; name: string; role_name: string | null } | null
  task: 'sign' | 'handle' | 'verify' | null
  created_at: string
  updated_at: string
  thumb_url: string | null
}

export interface CasePage {
  items: CaseItem[]
  next_cursor: string | null
  as_of: string
}

export interface TimelineEvent {
  seq: number
  action: string
  name: string
  at: string
  occurred_at: string
  offline: boolean
  by: { name: string; role_name: string | null } | null
  note: string | null
  to: { name: string } | null
  photos: Photo[]
  position: { distance_m: number | null; accuracy_m: number | null; doubtful: boolean } | null
}

export interface AllowedAction {
  action: string
  name: string
  primary: boolean
  kind: 'move' | 'note'
  needs: { field: string; required: boolean }[]
}

export interface CaseDetail extends CaseItem {
  text: string | null
  photos: Photo[]
  timeline: TimelineEvent[]
  why: string
  channel_name: string
  allowed: AllowedAction[]
  fence_m: number
  reporter: { anonymous: boolean; name: string }
}

export interface ActionAnswer {
  case_id: string
  state: string
  state_name: string
  version: number
  seq: number
  case: CaseDetail | null
}

export interface Assignee {
  post_id: string | null
  unit_id: string | null
  name: string
  role_name: string | null
  place_name: string
  on_duty: boolean
  open_tasks: number
}

export interface Notification {
  id: string
  kind: 'task' | 'verify' | 'moved'
  title: string
  body: string
  case_id: string
  created_at: string
  seen_at: string | null
}
