/** Texts of what a run is set up from, and of what it begins with. */
export const begin = {
  'open.title': 'Open settings from a file',
  'open.pick': 'Choose run.json',
  'open.hint':
    'or drop it here, or paste its text on this page: that of a run, or a file with the names of TRL, the training library of Hugging Face.',
  'open.pasted': 'pasted settings',
  'open.done': 'Settings of {name} are opened.',
  'open.use': 'Use these settings',
  'open.continue': 'Begin a new run with its adapter',
  'start.run': 'Begins with the adapter of {name}, optimizer and steps afresh.',
  'start.runAt': 'Begins with the adapter of {name} at step {step}, optimizer and steps afresh.',
  'start.runBest':
    'Begins with the adapter of {name} as it was best on rows it never saw, optimizer and steps afresh.',
  'start.adapter': 'Begins with the adapter {name}.',
  'start.nothing': 'Begin with nothing',
  'instead.title': 'This is an adapter of {base}, not a model.',
  'instead.titleAlone': 'This is an adapter, not a model.',
  'instead.begin': 'Begin a run on {model} with it',
  'instead.here': 'A run can go on from what it has learnt.',
  'instead.away':
    'A run can go on from what it has learnt. Get {base} first: this stays here, and the run then begins with it.',
  'startFrom.title': 'Begin with an adapter from files',
  'startFrom.lede':
    'The run goes on from what another one has learnt, optimizer and steps afresh. The adapter must have been made for the model that is chosen; its LoRA settings are taken over.',
  'startFrom.files': 'Choose files',
  'startFrom.folder': 'Choose a folder',
  'startFrom.hint':
    'A folder or .zip with adapter_config.json and adapter_model.safetensors, or a LoRA .gguf. Or drop it here.',
  'startFrom.reading': 'Reading the adapter',
  'startFrom.noModel': 'No model is chosen.',
  'startFrom.noModelHint': 'Choose the one that the adapter was made for, on the Model page.',
  'startFrom.lost': 'The files of {name} are not in this page any more: choose them again.',
  'beyond.title': 'Also set, and not shown elsewhere on this page',
  'beyond.corrections': {
    one: '{count} row is learnt as it was put right.',
    other: '{count} rows are learnt as they were put right.',
  },
  'beyond.withoutCorrections': 'Learn the data as it is',
  'beyond.reset': 'Back to the defaults',
} as const
