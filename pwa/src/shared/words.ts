import { dictionary } from './i18n'

/** Words of the components that the first screens of all doors share. */
export const say = dictionary(
  {
    light_green: '正常',
    light_yellow: '临期',
    light_red: '超时',
    light_grey: '挂账',
    map: '网格地图（示意数据）',
    demo: '示意数据',
    and_more: '{what}，此处共 {n} 件',
    retry: '重试',
  },
  {
    light_green: 'On time',
    light_yellow: 'Due soon',
    light_red: 'Overdue',
    light_grey: 'Suspended',
    map: 'Map of grids (illustrative data)',
    demo: 'Illustrative data',
    and_more: '{what}, {n} at this spot',
    retry: 'Try again',
  },
)
