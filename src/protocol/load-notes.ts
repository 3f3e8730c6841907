/** What is being done while a model is loaded, in words: notes of the stage `load`. The page shows them by its catalogue. */
export const LOAD_NOTES = {
  memory: 'Trying the graphics memory',
  compile: 'Preparing the graphics processor: compiling what a step runs',
  check: 'Checking what a step runs on the graphics processor',
  weights: 'Reading weights',
} as const

export type LoadNote = keyof typeof LOAD_NOTES

/** Which of them a note is, and what stands after it. */
export function loadNoteOf(note: string): { code: LoadNote; more: string } | null {
  for (const [code, words] of Object.entries(LOAD_NOTES))
    if (note.startsWith(words)) return { code: code as LoadNote, more: note.slice(words.length) }
  return null
}
