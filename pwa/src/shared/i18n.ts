import { language } from './language'

/** Words of one door, by key. */
export type Words = Record<string, string>

/** Says a key in the reader's language, with `{name}` replaced from params. */
export type Say<T extends Words> = (key: keyof T, params?: Record<string, string | number>) => string

/**
 * Binds a door's words. English has exactly the keys of Chinese (the compiler checks it); what is said follows the
 * language at once, because the language is reactive.
 */
export function dictionary<T extends Words>(zh: T, en: Record<keyof T, string>): Say<T> {
  return (key, params) => {
    const text: string = (language.value === 'en' ? en : zh)[key]
    return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text
  }
}
