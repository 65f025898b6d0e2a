import { dictionary } from './i18n'

/** Words of the map that moves. */
export const say = dictionary(
  {
    map: '网格地图（示意数据）',
    demo: '示意数据',
    zoom_in: '放大地图',
    zoom_out: '缩小地图',
    pin: '位置标记：按住拖动，或用方向键移动，每次 10 米',
    metres: '{n} 米',
    kilometres: '{n} 公里',
  },
  {
    map: 'Map of grids (illustrative data)',
    demo: 'Illustrative data',
    zoom_in: 'Zoom in',
    zoom_out: 'Zoom out',
    pin: 'Place marker: drag it, or use the arrow keys, 10 metres a step',
    metres: '{n} m',
    kilometres: '{n} km',
  },
)
