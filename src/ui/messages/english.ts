import { en } from './en.ts'
import { later } from './en-later.ts'
import { lesson } from './en-lesson.ts'

/** Every text in English, whenever the page fetches it. */
export const english = { ...en, ...later, ...lesson } as const
