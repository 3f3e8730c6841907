/** Texts of opening the page from a run's config, and of what such a config may bring along. */
export const open = {
  'open.busy': 'Settings cannot be opened while a run goes on.',
  'open.busyHint': 'Stop it, or wait for its end, then open them again.',
  'open.someData': 'the data set',
  'open.unnamed': 'a config',
  'open.noData':
    '{name} is not in this browser: open the file on the Data page. Its columns, steps and split are applied then.',
  'open.otherData': 'The data set in view is not {name} as it was: what is learnt will differ.',
  'open.noModel':
    'The model {name} is not in this browser: add it on the Model page. The one chosen now stays.',
  'open.onlyNamed':
    'The model of that run is not in this browser: what is called {name} here has other weights. Add the same files on the Model page, under any name. The model chosen now stays.',
  'open.otherModel': 'The weights of {name} are not those of that run: what is learnt will differ.',
  'open.noWritten':
    'The examples that a model wrote for it are not in this browser: have them written again, or leave them out, on the Data page.',
  'open.noRun':
    'The run that it begins with ({name}) is not in this browser: choose another, or begin with nothing.',
  'open.noAdapter':
    'It begins with the adapter {name}: choose its files under “Begin with an adapter”, or begin with nothing.',
  'open.to.data': 'To the data',
  'open.to.model': 'To the models',
} as const
