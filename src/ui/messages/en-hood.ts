/** Texts of what a run shows under its hood, fetched with it. */
export const hood = {
  'hood.waiting': 'Waiting for the next step of training …',
  'hood.as':
    'Values of step {step}, from the engine itself. They are looked up about once a second, only while this is open, and change nothing.',
  'hood.ended': 'The run has ended: these are the values of step {step}, the last that was looked at.',

  'hood.tokens': 'Text becomes tokens (tokenisation)',
  'hood.tokensNote': {
    one: 'One example of your data, as the model reads it: {all} tokens. {count} is learnt; the others are only read (the loss mask).',
    other:
      'One example of your data, as the model reads it: {all} tokens. {count} are learnt; the others are only read (the loss mask).',
  },
  'hood.guess': 'The model guesses each next token (forward pass, loss)',
  'hood.guessNote':
    'For each token that is learnt: how surprised the model was by it before any training, and is now (loss, in nats; 0 is certain). On average {base} before and {now} now: the right token had a chance of {chanceBase}, and has {chanceNow}.',
  'hood.token': 'Token',
  'hood.before': 'Base model',
  'hood.now': 'Now',
  'hood.chance': 'Chance now',
  'hood.losses': 'Loss of each learnt token',
  'hood.more': { one: '{count} more token is not shown.', other: '{count} more tokens are not shown.' },
  'hood.gradient': 'Each weight learns which way to move (backward pass, gradient)',
  'hood.gradientNote':
    'The model itself stays as it is; only the adapter moves. One matrix of it is {name}, {rows} by {columns} numbers. How strongly this step pulls at it (the norm of its gradient): {norm}. At the whole adapter: {whole}.',
  'hood.clipped':
    'That is more than {most}, so everything is scaled down to {most} before the step (gradient clipping).',
  'hood.notClipped': 'It may be {most} at the most; longer ones are scaled down (gradient clipping).',
  'hood.step': 'The step (optimizer, AdamW)',
  'hood.stepDown':
    'One number of that matrix, row {row}, column {column}. Its gradient is positive: a smaller number would make the loss smaller, so it goes down. How far, AdamW works out from this gradient and those before it, times the learning rate of this step.',
  'hood.stepUp':
    'One number of that matrix, row {row}, column {column}. Its gradient is negative: a larger number would make the loss smaller, so it goes up. How far, AdamW works out from this gradient and those before it, times the learning rate of this step.',
  'hood.stepStill':
    'One number of that matrix, row {row}, column {column}. Its gradient is zero at this step: it moves only by what AdamW remembers of the steps before.',
  'hood.weightBefore': 'Before the step',
  'hood.weightAfter': 'After it',
  'hood.change': 'Change',
  'hood.itsGradient': 'Its gradient',
  'hood.rate': 'Learning rate',
  'hood.again': 'And again',
  'hood.againNote':
    'The next step takes other examples. This one had a loss of {loss} over all of its examples; the curve above is made of these.',
} as const
