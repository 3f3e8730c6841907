import type { Lock, Part, Place } from '../protocol/embed.ts'

/** A lesson that comes with the studio: `lesson.md` and `run.json` lie below `lessons/ID/`, and a release makes a class pack of it. */
export interface ReadyLesson {
  /** Of the sample data set that it is about. */
  sample: string
  shown: readonly Part[] | null
  locked: readonly Lock[]
  place: Place
}

export const READY_LESSONS: Record<string, ReadyLesson> = {
  mood: { sample: 'mood', shown: null, locked: [], place: 'data' },
}
