/** Texts of the Train page, fetched with it: the settings that a time says, and what each setting means for the data and the model at hand. */
export const setup = {
  'time.label': 'May take, on this machine',
  'time.help':
    'From a quick look to a thorough run. It sets everything that you have not set yourself: steps, learning rate, batch, adapter, and how often the run is checked, by the speed that was measured here.',
  'time.steps': {
    one: '{kind}: {count} step, {passes} passes over the data.',
    other: '{kind}: {count} steps, {passes} passes over the data.',
  },
  'time.stepsOnly': { one: '{kind}: {count} step.', other: '{kind}: {count} steps.' },
  'time.spare': 'More time would be of no use here: these examples would only be learnt by heart.',
  'time.now': 'As set up now, it takes about this long. Move it, and the settings follow.',

  'hood.open': 'Under the hood: what this run computes, with its own values',

  'field.yours': 'Set by you. Recommended: {value}.',
  'field.other': 'Recommended: {value}.',
  'field.tooFast':
    'Far above what suits {model} ({value}): training most likely comes apart within its first steps.',
  'field.back': 'Take it',
  'field.backLabel': '{field}: take the recommended value, {value}',

  'tip.r':
    'For {model}, with {weights} weights, {value} is recommended here: small Gemmas are tuned at rank 64 to 128, large ones at less.',
  'tip.rPractice': '{value} suits the practice model: it is a hundred times smaller than the smallest Gemma.',
  'tip.rLarge':
    'For {model}, with {weights} weights, {value} is recommended here: it has room enough of its own.',
  'tip.learning_rate':
    'For {model}, {value} is recommended. Rank and rate go together: with twice the rank, half the rate moves as far.',
  'tip.lora_alpha': 'At rank {r} this one acts {scale} times (alpha / r).',
  'tip.pass': 'One pass over the {rows} examples of this data is {steps} steps.',
  'tip.batch': 'Here a step looks at {share} of the {rows} examples.',
  'tip.covers': 'The longest example of this data has {longest} tokens; {limit} covers 99% of them.',
  'tip.eval_steps': {
    one: 'In this run that is {count} check.',
    other: 'In this run that is {count} checks.',
  },
} as const
