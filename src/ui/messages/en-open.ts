/** Texts of opening the page from a run's config, and of what such a config may bring along. */
export const open = {
  'open.title': 'Open settings from a file',
  'open.pick': 'Choose run.json',
  'open.hint':
    'or drop it here, or paste its text on this page: that of a run, or a file with the names of TRL, the training library of Hugging Face.',
  'open.pasted': 'pasted settings',
  'open.done': 'Settings of {name} are opened.',
  'open.busy': 'Settings cannot be opened while a run goes on.',
  'open.busyHint': 'Stop it, or wait for its end, then open them again.',
  'open.use': 'Use these settings',
  'open.continue': 'Begin a new run with its adapter',
  'open.someData': 'the data set',
  'open.unnamed': 'a config',
  'open.noData':
    '{name} is not in this browser: open the file on the Data page. Its columns, steps and split are applied then.',
  'open.otherData': 'The data set in view is not {name} as it was: what is learnt will differ.',
  'open.noModel':
    'The model {name} is not in this browser: add it on the Model page. The one chosen now stays.',
  'open.otherModel': 'The weights of {name} are not those of that run: what is learnt will differ.',
  'open.noWritten':
    'The examples that a model wrote for it are not in this browser: have them written again, or leave them out, on the Data page.',
  'open.noRun':
    'The run that it begins with ({name}) is not in this browser: choose another, or begin with nothing.',
  'open.noAdapter':
    'It begins with the adapter {name}: choose its files under “Begin with an adapter”, or begin with nothing.',
  'open.to.data': 'To the data',
  'open.to.model': 'To the models',
  'start.run': 'Begins with the adapter of {name}, optimizer and steps afresh.',
  'start.runAt': 'Begins with the adapter of {name} at step {step}, optimizer and steps afresh.',
  'start.runBest':
    'Begins with the adapter of {name} as it was best on rows it never saw, optimizer and steps afresh.',
  'start.adapter': 'Begins with the adapter {name}.',
  'start.nothing': 'Begin with nothing',
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
  'beyond.reset': 'Back to the defaults',
} as const
