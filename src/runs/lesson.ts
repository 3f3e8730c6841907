import { PLACES, type Place } from '../protocol/embed.ts'
import { fail } from '../protocol/errors.ts'
import { PACK_LIMITS } from '../protocol/pack.ts'

/** A step of a lesson: what stands under one heading of the second level. */
export interface LessonStep {
  title: string
  /** The part of the studio that the step opens; null: none. */
  place: Place | null
  /** Markdown, without the heading. */
  text: string
}

export interface Lesson {
  /** Of the first heading of the first level; null: it has none. */
  title: string | null
  steps: LessonStep[]
}

/**
 * A lesson's Markdown in steps. A heading of the second level begins one; behind it may stand the part of the studio that it opens, as
 * an attribute: `## Train it {#train}`. What comes before the first such heading is a step of its own, if there is anything.
 */
export function readLesson(markdown: string): Lesson {
  let title: string | null = null
  const steps: LessonStep[] = [{ title: '', place: null, text: '' }]
  let fence: string | null = null
  for (const line of markdown
    .replaceAll('\r\n', '\n')
    .replace(/^\ufeff/, '')
    .split('\n')) {
    // Within a block of code a # is no heading.
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark && fence === null) fence = mark
    else if (mark && fence !== null && mark[0] === fence[0] && mark.length >= fence.length) fence = null
    const heading = fence === null ? /^(#{1,2})\s+(.*?)\s*#*\s*$/.exec(line) : null
    if (heading?.[1] === '#' && title === null) title = heading[2]!
    else if (heading?.[1] === '##') {
      const named = /^(.*?)\s*\{#([\w-]+)\}$/.exec(heading[2]!)
      const place = PLACES.find((name) => name === named?.[2]) ?? null
      steps.push({ title: named ? named[1]! : heading[2]!, place, text: '' })
    } else steps.at(-1)!.text += `${line}\n`
  }
  for (const step of steps) step.text = step.text.trim()
  return { title, steps: steps.filter(({ title, text }) => title !== '' || text !== '') }
}

export const lessonTitle = (markdown: string): string | null => readLesson(markdown).title

/**
 * The text of a lesson's file.
 * @throws LapidaryError `bad_file` for one that is too long or not UTF-8: letters of another encoding would be read as others
 */
export async function readLessonFile(file: Blob, name: string): Promise<string> {
  if (file.size > PACK_LIMITS.lessonBytes)
    fail(
      'bad_file',
      `${name} has ${file.size} bytes; a lesson has at most ${PACK_LIMITS.lessonBytes}.`,
      'Shorten it, or make two packs of it.',
      { file: name, bytes: file.size },
    )
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
  } catch {
    fail('bad_file', `${name} is not UTF-8 text.`, 'Save it as UTF-8.', { file: name })
  }
}
