/** Texts of the Export page, and of whatever is taken away. */
export const exported = {
  'export.title': 'Export',
  'export.lede': 'Take away what was learnt, in files that other tools load.',
  'export.files': 'Files',
  'export.filesLede':
    'The weights that were learnt (the adapter). They work together with the base model. PEFT, the library of Hugging Face for adapters, loads the folder as it is.',
  'export.format': 'Format',
  'export.which': 'State (checkpoint)',
  'export.last': 'Newest, at step {step}',
  'export.best': 'Best on rows it never saw, at step {step}',
  'export.offered.rose':
    'Rows that it never saw were known best at step {best} (validation loss {bestLoss}) and less well at step {last} ({lastLoss}), so the best is offered first. Where rows are facts to be learnt by heart, take the newest.',
  'export.offered.metric':
    'The token accuracy on rows that it never saw was best at step {best}; the settings say that the best is chosen by it, so it is offered first.',
  'export.offered.answers':
    'Rows that it never saw were known best at step {best} (validation loss {bestLoss}; {lastLoss} at step {last}), but more questions were answered as the data says later, so the newest is offered first.',
  'export.offered.near':
    'Rows that it never saw were known best at step {best} (validation loss {bestLoss}). Nothing measured since is clearly worse, so the newest is offered first.',
  'export.reading': 'Reading the checkpoint',
  'export.download': 'Download adapter ({size})',
  'export.all': {
    one: '{count} file as .zip ({size})',
    other: 'All {count} files as .zip ({size})',
  },
  'export.downloadOther': 'Download ({size})',
  'export.asFolder': {
    one: 'One .zip that unpacks to a folder with {count} file.',
    other: 'One .zip that unpacks to a folder with {count} files.',
  },
  'export.one': 'Download {name}',
  'export.summary': 'Summary',
  'export.steps': 'Steps',
  'export.stepsOf': '{step} of {count}',
  'export.time': 'Training time',

  'proof.made': 'Comes with a proof of its effect: check.py says there whether it works.',
  'proof.later':
    'Comes with a proof of its effect, which is made with the first download: check.py says there whether it works.',
  'proof.what': 'What the proof is',
  'proof.more':
    'proof.json holds five built-in prompts (none of your rows), the answers of the fine-tuned model, and how probable each word of them is with and without what was learnt. check.py asks the library that loads the files for the same, and says “works”, “loaded but without effect” or “differs”.',
  'proof.effect': 'Here fine-tuned and base model are up to {effect} nats a word apart.',
  'proof.make': 'Make it now',
  'proof.making': 'Making the proof: base and fine-tuned model answer five prompts',
  'proof.missing': 'Without a proof of its effect',
  'proof.missingMore':
    'The files are the same. The proof is made with the next download, or by “Make it now” on the Export page.',
  'proof.dead': 'This adapter changes nothing',
  'proof.deadMore':
    'The fine-tuned model says exactly what the base says. Train it for more steps, or with a higher learning rate.',

  'export.making': 'Making the download',
  'export.bytesOf': '{done} of {total}',
  'export.cancel': 'Cancel',
  'export.cancelNote': 'Cancelled, nothing of it is left behind.',
} as const
