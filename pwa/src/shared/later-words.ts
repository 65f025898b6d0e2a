import { dictionary } from './i18n'

/** Words of the shared components that no first screen shows: photos, steps, how fresh something is. */
export const say = dictionary(
  {
    photo_n: '第 {n} 张照片',
    photo_pending: '照片处理中',
    enlarge: '放大第 {n} 张照片',
    remove_photo: '删除第 {n} 张照片',
    close: '关闭',
    fresh: '{when}更新',
    stale: '没有网络，{when}的内容',
    done: '已完成',
    not_yet: '还没到',
  },
  {
    photo_n: 'Photo {n}',
    photo_pending: 'Photo is being prepared',
    enlarge: 'Enlarge photo {n}',
    remove_photo: 'Remove photo {n}',
    close: 'Close',
    fresh: 'Updated {when}',
    stale: 'No network; as of {when}',
    done: 'done',
    not_yet: 'not yet',
  },
)
