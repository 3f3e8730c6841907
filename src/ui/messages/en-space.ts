/** Texts of what runs take of the storage. */
export const space = {
  'space.used': 'Runs take {used} of this browser’s storage.',
  'space.usedOf': 'Runs take {used} of the {limit} that they may.',
  'space.over':
    'That is more than they may: no further run begins until runs are deleted, or more is allowed.',
  'space.limit': 'Runs may take at most',
  'space.limitHelp':
    'Where runs come to this limit, spare checkpoints of older runs are removed first. What a run has learnt, its newest and its best checkpoint, stays until you delete the run; a further run that would go beyond is not begun.',
  'space.none': 'No limit',
  'space.each': 'What each takes',
  'space.run': 'Run',
  'space.size': 'Checkpoints',
} as const
