import { textsOf } from './t.ts'

/** Texts of what runs take of the storage. */
const space = {
  used: 'Runs take {used} of this browser’s storage.',
  usedOf: 'Runs take {used} of the {limit} that they may.',
  over: 'That is more than they may: no further run begins until runs are deleted, or more is allowed.',
  limit: 'Runs may take at most',
  limitHelp:
    'Where runs come to this limit, spare checkpoints of older runs are removed first. What a run has learnt, its newest and its best checkpoint, stays until you delete the run; a further run that would go beyond is not begun.',
  none: 'No limit',
  each: 'What each takes',
  run: 'Run',
  size: 'Checkpoints',
} as const

export const ts = textsOf(space)
