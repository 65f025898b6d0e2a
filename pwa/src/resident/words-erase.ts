import { dictionary } from '../shared/i18n'

const zh = {
  title: '删除我的信息',
  hint: '不想把自己写的话、照片和电话留在系统里，可以删除。',
  what: '会删除：您写的话、您拍的照片、姓名和电话，还有这台手机上的这一条。办理要用的地点，办结后删除。',
  stays: '不会停办：事情照常办理，凭回执码仍能看到办到哪一步。',
  end: '删除后不能恢复，也不能再为这一件补充、催办和评价。',
  sure: '确定删除',
  cancel: '不删了',
  done: '已删除您的信息。事情照常办理，请记住回执码 {code}，凭它仍能看进度。',
  not_yours: '没有删除：这个号码不是这一件上报时留下的，或者已经删除过。',
  not_yours_action: '请核对号码，或用上报的手机再试。',
}

const en: Record<keyof typeof zh, string> = {
  title: 'Erase what I sent',
  hint: 'You can have your words, photos and number removed from the system.',
  what: 'Erased: what you wrote, your photos, your name and number, and this entry on this phone. The place is needed for the work and is erased when it is done.',
  stays: 'The work goes on, and the receipt code still shows how far it is.',
  end: 'This cannot be undone, and you can no longer add to it, send reminders or rate it.',
  sure: 'Erase',
  cancel: 'Keep it',
  done: 'What you sent has been erased. The work goes on: with the receipt code {code} you can still follow it.',
  not_yours: 'Nothing was erased: this is not the number left with the report, or it was erased before.',
  not_yours_action: 'Check the number, or try on the phone that reported.',
}

/** Says what erasing does. */
export const e = dictionary(zh, en)
