/** What the login says: it is the first screen of whoever is not signed in, and carries no other words. */
import { dictionary } from '../shared/i18n'

export const tell = dictionary(
  {
    ended: '登录已过期，请重新登录。您写的内容都还在。',
    login_title: '网格员与处置人员',
    login_hint: '登录后，任务会自动出现。',
    login_city: '{city} · 登录后，任务会自动出现',
    account: '账号',
    password: '密码',
    code: '验证码',
    code_hint: '身份验证器里的 6 位数字',
    enter: '登录',
    demo_note: '这是演示系统：人员、案件和网格都是示意数据。',
    waiting_for_login: '这台手机上有 {n} 条记录，等本人登录后发送。',
    to_resident: '我是居民，去随手拍',
  },
  {
    ended: 'Your session has ended: please sign in again. Nothing you wrote is lost.',
    login_title: 'Grid workers and responders',
    login_hint: 'Sign in and your tasks appear.',
    login_city: '{city} · sign in and your tasks appear',
    account: 'Account',
    password: 'Password',
    code: 'Code',
    code_hint: 'The six digits of your authenticator',
    enter: 'Sign in',
    demo_note: 'This is a demonstration: people, cases and grids are illustrative.',
    waiting_for_login: '{n} records on this phone wait for their author to sign in.',
    to_resident: 'I am a resident',
  },
)
