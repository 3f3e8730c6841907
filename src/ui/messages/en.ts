import { format } from './en-format.ts'
import { hints } from './en-hints.ts'
import { link } from './en-link.ts'
import { open } from './en-open.ts'
import { pack } from './en-pack.ts'
import { sources } from './en-sources.ts'

/**
 * Texts that the page may need as soon as it is there; `en-later.ts` has the others. Plain words first, the term of art beside them. `{name}` is a value to fill in; an entry with
 * `one` and `other` is chosen by its `count`.
 */
export const en = {
  ...format,
  ...hints,
  ...link,
  ...open,
  ...pack,
  ...sources,
  'app.name': 'Lapidary',
  'app.skip': 'Skip to the content',
  'app.places': 'Places',
  'app.language': 'Language',
  'app.languageMissing': 'The texts in this language could not be fetched: {name}.',
  'app.guide': 'Guide and tutorials',
  'app.working': 'training',
  'app.notLoaded': 'This part of the page could not be fetched.',
  'app.notLoadedHint':
    'Check the connection, then reload the page. What was being set up is remembered, and a run goes on from its last checkpoint.',
  'app.titleTraining': '{share} · loss {loss} · Lapidary',
  'app.titlePlace': '{place} · Lapidary',

  'offline.menu': 'This app',
  'offline.menuNewer': 'This app: a new version is ready',
  'offline.newer':
    'A new version is ready. It is used when the studio is opened next, after all of its tabs have been closed.',
  'offline.absent':
    'Works only while its address can be reached: keeping it on this device needs https or localhost, and a window that is not private.',
  'offline.unknown': 'Looking at what is on this device …',
  'offline.partial': 'Not yet on this device as a whole: {size} more to be kept for use without internet.',
  'offline.keeping': 'Being kept for use without internet: {share}',
  'offline.whole': 'Works without internet: all of the studio is on this device ({size}).',
  'offline.failed': 'Could not be kept for use without internet. {reason}.',
  'offline.keep': 'Keep for use without internet',
  'offline.install': 'Install as an app',

  'sealed.menu': 'Sealed mode …',
  'leave.menu': 'Leave this computer …',

  'theme.label': 'Colours: {name}',
  'theme.system': 'As the system',
  'theme.light': 'Light',
  'theme.dark': 'Dark',

  'place.data': 'Data',
  'place.model': 'Model',
  'place.train': 'Train',
  'place.evaluate': 'Evaluate',
  'place.export': 'Export',
  next: 'Next: {place}',

  'action.close': 'Close',
  'action.dismiss': 'Dismiss',
  'action.stop': 'Stop',
  'action.reload': 'Reload the page',
  'action.retry': 'Try again',
  'action.delete': 'Delete',
  'action.keep': 'Keep it',
  'help.about': 'About: {name}',
  'notice.error': 'Error:',
  'notice.warning': 'Warning:',
  'notice.details': 'Technical details',
  'error.noSample': 'The practice model or its sample data could not be read.',

  rows: { one: '{count} row', other: '{count} rows' },

  'hero.title': 'Teach a Gemma model something new, right here',
  'hero.lede':
    'Lapidary fine-tunes Gemma in your browser, on your own machine. Nothing is installed and nothing is uploaded: your data stays with you.',
  'hero.begin': 'Watch a model learn',
  'hero.note': 'A practice model and a sample, about a minute',

  'data.title': 'Data',
  'data.lede': 'Examples of what you want the model to do: what it is asked, and what it should answer.',
  'data.own.title': 'Your own examples',
  'data.own.lede': 'A table with a column that asks and a column that answers is all it takes.',
  'data.own.pick': 'Choose a file',
  'paste.button': 'Paste a table',
  'type.button': 'Type examples',
  'link.button': 'From a link',
  'data.opening': 'Reading {name}',
  'data.samples.title': 'Sample data sets',
  'data.stored.title': 'Opened before',
  'data.stored.remove': 'Delete {name} from this browser',
  'data.goneElsewhere': '{name} was deleted in another tab.',
  'data.goneElsewhereHint': 'Open the file again, or choose other data.',

  'train.changedMeanwhile': 'The data was changed before the run had begun, so it was not started.',
  'train.changedMeanwhileHint': 'Look at the data once more, then start it.',
  'train.said.progress': '{share} done, loss {loss}.',
  'train.said.done': 'Training is done. The adapter is ready to download.',
  'train.said.early':
    'Training has stopped early: the checks brought nothing better. The adapter is ready to download.',
  'train.said.stopped': 'Training has stopped. What was learnt so far is kept.',

  'stage.start': 'Starting',
  'stage.model': 'Reading the model',
  'stage.data': 'Preparing the data',
  'stage.plan': 'Planning memory',
  'stage.load': 'Loading weights',
  'stage.compile': 'Preparing the device',
  'stage.tune': 'Finding the fastest way on this device',
  'stage.train': 'Training',
  'stage.evaluate': 'Checking held-out examples',
  'stage.sample': 'Answering the questions',
  'stage.save': 'Saving a checkpoint',
  'stage.export': 'Writing files',

  'field.notNumber': 'Type a number, such as 0.001 or 1e-3.',
  'field.notWhole': 'Must be a whole number.',
  'field.below': 'Must be at least {limit}.',
  'field.notAbove': 'Must be above {limit}.',
  'field.over': 'Must be at most {limit}.',
  'field.share': 'Must be a whole number, or a share below 1.',

  'field.learning_rate': 'Learning rate',
  'field.num_train_epochs': 'Epochs',
  'field.max_steps': 'Steps',
  'field.per_device_train_batch_size': 'Batch size',
  'field.gradient_accumulation_steps': 'Accumulate (gradients)',
  'field.max_length': 'Longest example',
  'field.warmup_steps': 'Warm-up',
  'field.weight_decay': 'Weight decay',
  'field.adam_beta1': 'Adam beta 1',
  'field.adam_beta2': 'Adam beta 2',
  'field.adam_epsilon': 'Adam epsilon',
  'field.max_grad_norm': 'Clip gradients at',
  'field.eval_steps': 'Check every',
  'field.eval_auto': 'Check once an epoch',
  'field.evalNothing': 'No rows are held out: at these checks no loss is measured.',
  'field.save_steps': 'Save every',
  'field.save_auto': 'Keep the newest two checkpoints and the best',
  'field.save_total_limit': 'Checkpoints to keep',
  'field.early_auto': 'Train to the last step, whatever the checks say',
  'field.earlyNever': {
    one: 'Of {count} check, it cannot end this run early.',
    other: 'With {count} checks, it cannot end this run early.',
  },
  'field.early_stopping_patience': 'Stop early after (patience)',
  'field.early_stopping_threshold': 'Better by more than (threshold)',
  'field.metric_for_best_model': 'Best checkpoint by',
  'field.seed': 'Seed',
  'field.train_share': 'Share of the training rows',
  'field.task': 'Task',
  'field.packing': 'Pack short examples together',
  'field.completion_only_loss': 'Learn the answers only',
  'field.lr_scheduler_type': 'Learning rate over time',
  'field.r': 'Adapter size (rank r)',
  'field.lora_alpha': 'Adapter strength (alpha)',
  'field.lora_dropout': 'Adapter dropout',
  'field.use_rslora': 'Rank-stabilised scaling',
  'field.target_modules': 'Where the adapter sits',
  'field.quantization': 'How the model itself is held',

  'finished.done': 'Done: the run has come to its end',
  'finished.stopped': 'Stopped at step {step} of {count}',
  'finished.failed': 'Failed at step {step} of {count}',
  'finished.queueDone': {
    one: 'Done: the one run of the queue',
    other: 'Done: all {count} runs of the queue',
  },
  'finished.queueFailed': 'The queue has ended: {done} of {count} runs are done, others failed',
  'finished.queueStopped': 'The queue stands still: {done} of {count} runs are done',
  'finished.queueBest': '{name}. Best: {settings}',

  'runs.title': 'Runs',
  'runs.open': { one: 'Runs: {count}', other: 'Runs: {count}' },
  'runs.resume': 'Go on',
  'runs.yes': 'on',
  'runs.no': 'off',
  'resume.label': 'Interrupted run',
  'resume.title': '{name} was interrupted at step {step} of {count}',
  'resume.text': 'It goes on from its last checkpoint, with the same curve.',
  'resume.later': 'Not now',
  'resume.lacks': 'It cannot go on yet: its base model, {name}, is not in this browser.',
  'resume.see': 'What it needs',

  'model.unnamed': 'Gemma',

  'sample.pirate.title': 'Talk like a pirate',
  'sample.pirate.summary':
    "Simple questions, answered by a gentle pirate. After training, every answer has the pirate's voice.",
  'sample.mood.title': 'Find the mood',
  'sample.mood.summary':
    'Sentences about people, each with a mood: happy, sad, angry or afraid. After training, the answer is one label.',
  'sample.records.title': 'Fill in a record',
  'sample.records.summary':
    'Sentences turned into JSON with a name, a count, a colour and an item. After training, the answer is JSON.',
} as const
