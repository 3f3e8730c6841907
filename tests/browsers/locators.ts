import type { Query } from './driver.ts'

/** What the journey looks for in the page, by role and name, and texts that tell how it goes. */

const named = (role: Query['role'], name: Query['name']): Query => ({ role, ...(name && { name }) })
/** Links of the navigation. */
const place = (name: string): Query => named('link', name)

export const page = {
  file: named('file', 'Choose a file'),
  opened: (name: string) => named('heading', name),
  finding: (text: RegExp): Query => named('any', text),
  counted: /To learn from/,
  train: place('Train'),
  evaluate: place('Evaluate'),
  export: place('Export'),
  steps: named('textbox', 'Steps'),
  start: named('button', 'Start training'),
  goOn: named('button', 'Go on'),
  question: named('textbox', /^Your question/),
  ask: named('button', /^Ask both/),
  asked: (question: string): Query => ({ role: 'article', text: new RegExp(question.replace('?', '\\?')) }),
  download: named('button', /^Download (the )?adapter/),
  asTable: named('checkbox', 'As a table'),
  figures: named('region', 'Figures of the curves'),
}

export const texts = {
  step: (count: number) => new RegExp(`step (\\d+) of ${count}`),
  interrupted: /was interrupted at step (\d+) of/,
  done: /Done\. The adapter is ready\./,
  /** Told in the file's own rows: the one without an answer. */
  emptyAnswer: /row[^.]*nothing|nothing in|empty|no answer|left out/i,
  couldNotStart: /could not start/,
}
