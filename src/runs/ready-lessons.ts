import type { Language, Lock, Part, Place } from '../protocol/embed.ts'

/**
 * A lesson that comes with the studio: `lesson.md` (in other languages `lesson.zh-Hant.md`) and `run.json` lie below `lessons/ID/`, and a
 * release makes a class pack of it in each language.
 */
export interface ReadyLesson {
  languages: readonly Language[]
  /** Of the sample data set that it is about. */
  sample: string
  shown: readonly Part[] | null
  locked: readonly Lock[]
  place: Place
}

export const READY_LESSONS: Record<string, ReadyLesson> = {
  mood: { languages: ['en', 'zh-Hant'], sample: 'mood', shown: null, locked: [], place: 'data' },
}

/** The file of a lesson's text in a language; in English where there is none. */
export function lessonFile({ languages }: ReadyLesson, asked: string): { language: Language; file: string } {
  const language = languages.find((name) => name === asked) ?? 'en'
  return { language, file: language === 'en' ? 'lesson.md' : `lesson.${language}.md` }
}
