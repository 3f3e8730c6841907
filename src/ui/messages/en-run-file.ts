/** A run as a file: saved, and opened. */
export const runFile = {
  'runFile.lede':
    'One file with the settings, the curves, what was learnt and the state to go on from. Another Lapidary opens it, on any machine.',
  'runFile.states': 'States to go on from (checkpoints)',
  'runFile.states.none': 'None: to look at only',
  'runFile.states.last': 'The newest',
  'runFile.states.best': 'The newest and the best',
  'runFile.states.all': 'All that are kept',
  'runFile.rows': 'Rows of your data',
  'runFile.rowsNone': 'None is in the file unless you choose it here.',
  'runFile.samples': 'Sample questions and their answers',
  'runFile.evaluations': 'Rows of evaluations, with the answers',
  'runFile.data': 'All prepared rows (then it goes on without the original file)',
  'runFile.holds': 'In the file',
  'runFile.holds.always': 'Settings, curves, figures of evaluations, and the adapter',
  'runFile.leaves': 'Left out',
  'runFile.count.samples': {
    one: '{count} answer to sample questions',
    other: '{count} answers to sample questions',
  },
  'runFile.count.questions': {
    one: '{count} sample question',
    other: '{count} sample questions',
  },
  'runFile.count.judged_rows': {
    one: '{count} row of evaluations',
    other: '{count} rows of evaluations',
  },
  'runFile.count.corrections': {
    one: '{count} answer put right by hand',
    other: '{count} answers put right by hand',
  },
  'runFile.count.data': {
    one: '{count} prepared row',
    other: '{count} prepared rows',
  },
  'runFile.count.checkpoints': {
    one: '{count} state to go on from',
    other: '{count} states to go on from',
  },
  'runFile.nothing': 'Nothing.',
  'runFile.noRows': 'None of this run is in this browser.',
  'runFile.recite':
    'What was learnt can recite rows all the same: whoever gets the file may get at rows that it was trained on. The names of the run and of your data files, your note and what you typed in your settings are in it.',
  'runFile.reading': 'Reading the run',
  'runFile.go': 'Save ({size})',
  'runFile.open': 'Open a run file',
  'runFile.openHint': 'A .lapidary-run.zip, or drop it here',
  'runFile.checking': 'Checking the file',
  'runFile.opened': '{name} is one of your runs now.',
  'runFile.lacks.model':
    'Its base model, {name}, is not in this browser: add it on the Model page to ask it, export it or go on.',
  'runFile.lacks.data':
    'The data it learnt from, {name}, is not here: open the same file on the Data page to go on, or to evaluate the rows that it held out.',
  'runFile.lacks.checkpoint': 'It came without a state to go on from: it can be looked at and compared only.',
  'runFile.lacks.evaluations': {
    one: 'The figures of {count} evaluation came without its rows: evaluate again to see them here.',
    other: 'The figures of {count} evaluations came without their rows: evaluate again to see them here.',
  },
  'shown.none': 'The card (README.md) shows no row of your data.',
  'shown.some': {
    one: 'The card (README.md) shows {count} of your questions with its answers:',
    other: 'The card (README.md) shows {count} of your questions with their answers:',
  },
  'shown.names': 'It names your data file, and has the settings with what you typed there.',
  'shown.recite': 'What was learnt can recite rows that it was trained on all the same.',
  'shown.choose': 'Show examples in the card',
  'shown.chooseHint':
    'Chosen questions stand in the card with the answers of base and fine-tuned model and that of your data, for everybody who gets it to read.',
} as const
