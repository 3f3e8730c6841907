import { LOAD_NOTES } from '../../protocol/load-notes.ts'

/** Texts of the Train page: settings, what they mean, the run that goes on. Those of a time and of tips: en-setup.ts. */
export const train = {
  'unit.example': 'example',
  'unit.percent': '%',
  'unit.nats': 'nats',
  'unit.tokensPerSecond': 'tokens/s',

  'train.title': 'Train',
  'train.lede': 'Settings on one side, progress on the other.',
  'train.context': '{model} learns from {data}.',
  'train.context.tooLarge': 'The run is too large for the memory there is: what mends that stands below.',
  'train.start': 'Start training',
  'train.another': 'Set up another run',
  'train.stop': 'Stop',
  'train.stopping': 'Stopping …',
  'train.stoppingLong': 'Finishing this step and saving',
  'train.stoppingFor': 'Finishing this step, about {time}, and saving',
  'train.stopNow': 'Stop now',
  'train.stopNowTitle': 'Gives up this step. What was learnt up to the last checkpoint is kept.',
  'train.within': '{share} of step {step}',
  'train.settings': 'Settings',
  'train.runSettings': 'Settings of this run',
  'train.length': 'Length',
  'train.bySteps': 'In steps',
  'train.byEpochs': 'In epochs',
  'train.advanced': 'More settings',
  'train.thisRun': 'This run',
  'train.noData': 'Choose some data to learn from first.',
  'train.noMapping': 'Say which columns ask and answer first.',
  'train.noModel': 'Choose a model first.',
  'train.toData': 'Go to Data',
  'train.toModel': 'Go to Model',
  'train.memoryProblem': 'The memory that a run may take needs another value.',
  'train.problems': { one: 'One setting needs another value.', other: '{count} settings need other values.' },
  'train.before.title': 'Ready when you are',
  'train.before.tooLarge': 'Not yet',
  'train.before.text':
    'Once training starts, the loss is drawn here: how surprised the model is by the right answer. It should fall.',

  'forecast.steps': 'Steps',
  'forecast.tokens': 'Tokens to learn from',
  'forecast.memory': 'Memory',
  'forecast.time': 'Time',
  'forecast.about': 'about {time}',
  'forecast.working': 'Working out what this run needs …',
  'forecast.measured': 'Time from the speed of {model} on this machine.',
  'forecast.scaled':
    'Roughly: {model} has not been trained on this machine yet, so the time is scaled from the speed of {other} by their sizes.',
  'forecast.unknownNote':
    'Nothing has been trained on this machine yet: the time is known after the first steps.',
  'forecast.counts': 'Counted in: {evaluations}.',
  'forecast.countsAsked': 'Counted in: {evaluations}, with the questions answered each time.',
  'forecast.asked': {
    one: 'Counted in: the questions, answered {count} time.',
    other: 'Counted in: the questions, answered {count} times.',
  },
  'forecast.checks': {
    one: '{count} check on held-out examples',
    other: '{count} checks on held-out examples',
  },

  'train.before.last': 'Look at the last run: {name}',
  'train.stepOf': 'step {step} of {count}',
  'train.left': '{time} left',
  'train.stat.loss': 'Training loss',
  'train.stat.validation': 'Validation loss',
  'train.stat.accuracy': 'Right next tokens',
  'train.stat.epoch': 'Epoch',
  'train.stat.speed': 'Speed',
  'train.stat.memory': 'Memory',
  'train.ended.finished': 'Done. The adapter is ready.',
  'train.ended.apart': 'Ended after step {step} of {count}, but what it has learnt is of no use.',
  'train.ended.early':
    'Stopped early, at step {step} of {count}: the checks brought nothing better. The adapter is ready.',
  'train.ended.stopped': 'Stopped at step {step} of {count}. What was learnt so far is kept.',
  'train.ended.atOnce': 'Stopped at once, after step {step} of {count}.',
  'train.ended.cutOff': 'Interrupted at step {step} of {count}. It can go on from its last checkpoint.',
  'train.ended.cutOffAtOnce':
    'Interrupted before its first checkpoint: nothing of what it learnt is kept. It can begin again.',
  'train.ended.failed': 'Failed at step {step} of {count}.',
  'train.ended.download': 'Download the adapter',
  'train.ended.downloadAt': 'Download the adapter of step {step}',
  'train.ended.try': 'Try it',
  'train.ended.formats': 'Other formats',
  'train.ended.dontKeep': 'Don’t keep this run',

  'load.memory': LOAD_NOTES.memory,
  'load.compile': LOAD_NOTES.compile,
  'load.check': LOAD_NOTES.check,
  'load.weights': LOAD_NOTES.weights,

  'profile.label': 'Profile',
  'profile.quick': 'Quick look',
  'profile.balanced': 'Balanced',
  'profile.thorough': 'Thorough',
  'profile.quickNote': 'Short: enough to see whether the data teaches what it should.',
  'profile.lengthFollowed':
    'An example may have {limit} tokens, not the usual {usual}: the longest of this data need them.',
  'profile.quickFitted':
    'Fitted to this machine: {steps} steps instead of {usual}, so that it takes about {minutes} minutes.',
  'profile.epochsFitted':
    'Fitted to this data: {epochs} passes over it instead of {usual}, since so few rows are not learnt in fewer steps.',
  'profile.balancedNote': 'A good first real run.',
  'profile.thoroughNote': 'Longer and gentler: as much as the data give.',
  'profile.ownNote': 'Your own settings.',
  'profile.ownFollows': 'What you have not set goes on following "{name}".',

  'metric.eval_loss': 'Loss on rows never seen',
  'metric.eval_mean_token_accuracy': 'Token accuracy on rows never seen',

  'help.loss':
    'How surprised the model is by the right next token (cross-entropy), measured in nats: 0 is certain; 0.69 is a choice between two, 2.3 between ten. Lower is better.',
  'help.evalLoss':
    'The same on rows that were never trained on (held out), in nats. Where it rises while the training loss falls, the model learns by heart.',
  'help.adapter':
    'A small set of weights that is trained beside the model, which stays as it is (LoRA). r is how much it can hold, alpha how strongly it acts.',
  'help.learning_rate':
    'How far each step moves. Too high and the loss jumps about or climbs; too low and little is learnt. Plain or as 1e-5.',
  'help.num_train_epochs': 'How often the model sees every example.',
  'help.max_steps': 'How often the adapter is adjusted. Each step looks at one batch of examples.',
  'help.per_device_train_batch_size':
    'Examples looked at together in one step. More is steadier and needs more memory.',
  'help.gradient_accumulation_steps':
    'Batches added up before each step: the steadiness of a large batch in the memory of a small one.',
  'help.max_length': 'Tokens an example may have; what is longer is cut off. Memory grows with it.',
  'help.warmup_steps':
    'Steps over which the learning rate rises from zero at the start. Below 1 it is a share of the whole run.',
  'help.weight_decay': 'Pulls the adapter gently towards zero. 0 switches it off.',
  'help.adam_beta1': 'How long the optimizer remembers the direction of earlier steps.',
  'help.adam_beta2': 'How long the optimizer remembers the size of earlier gradients.',
  'help.adam_epsilon': 'Keeps the optimizer from dividing by zero.',
  'help.max_grad_norm':
    'Longer gradients are shortened to this, so that one odd batch cannot wreck the run. 0 switches it off.',
  'help.eval_steps': 'How often the held-out examples are checked and the questions answered.',
  'help.save_steps': 'How often a checkpoint is written. A run that is cut off goes on from the last one.',
  'help.save_total_limit':
    'How many checkpoints are kept (save_total_limit). Older ones are removed; the newest and the best never are, so that there may be two at least.',
  'help.early_stopping_patience':
    'Checks in a row that bring nothing better before the run ends by itself. Rows must be held out to be checked.',
  'help.early_stopping_threshold':
    'A check counts as better only where it is so by more than this, in nats for the loss, as a share of 1 for the accuracy.',
  'help.metric_for_best_model':
    'Which figure of the checks says that a checkpoint is the best (metric_for_best_model). That one is kept beside the newest.',
  'help.seed': 'The same seed with the same settings gives the same run.',
  'help.packing':
    'Fills each row up with whole examples, which wastes no time on padding. Examples do not see one another.',
  'help.completion_only_loss': 'Off, the model also learns to write the questions.',
  'help.lr_scheduler_type':
    'Falling rates settle better at the end; a constant one is easier to compare. Along a cosine it falls slowly, then quickly, then slowly again.',
  'help.r': 'How much the adapter can hold. More needs more memory.',
  'help.lora_alpha': 'How strongly the adapter acts. Often twice its rank.',
  'help.lora_dropout': 'Share of the adapter left out at random in each step, against learning by heart.',
  'help.use_rslora': 'Divides the strength by the square root of the rank, which suits large ranks.',
  'help.target_modules':
    'Which projections (the weight matrices of each layer) get an adapter. All of them learns best.',
  'help.quantization':
    'The model stays as it is while the adapter learns, so it can be held in fewer bits (quantised): it takes less memory, and is a little off. How much it is off is said when the run begins.',

  'quantization.stored': 'As it is stored',
  'quantization.storedNote': 'Exact. Called null in a config.',
  'quantization.int8': 'In 8 bits (int8)',
  'quantization.int8Note': 'About half the memory of bf16, and hardly any loss of quality.',
  'quantization.int4': 'In 4 bits (int4)',
  'quantization.int4Note':
    'Less than a third of the memory, its word table (embedding) in 8 bits. Answers are somewhat worse.',

  'schedule.linear': 'Falls in a straight line',
  'schedule.cosine': 'Falls along a cosine',
  'schedule.constant': 'Constant',
  'schedule.constant_with_warmup': 'Constant after warm-up',

  'questions.title': 'Questions asked along the way',
  'questions.note':
    'At each check both models answer these. Taken from your data; write your own if you like.',
  'questions.one': 'Question {number}',
  'questions.add': 'Add a question',
  'questions.remove': 'Take question {number} off',
  'pick.open': 'Pick rows of the data',
  'pick.notYet': 'Once the data is prepared.',
  'pick.reading': 'Reading the rows …',
  'pick.heldOut': {
    one: '{count} row that the model will not learn from.',
    other: '{count} rows that the model will not learn from.',
  },
  'pick.learnt': {
    one: 'No row is held out: this is {count} that it learns from.',
    other: 'No row is held out: these are {count} that it learns from.',
  },
  'pick.first': 'The first {count} are searched.',
  'pick.search': 'Search question and answer',
  'pick.found': '{shown} of {found} shown.',
  'pick.chosen': '{count} of at most {most} questions chosen.',
  'pick.full': 'Take one off to pick another.',
  'pick.rows': 'Rows to pick from',
  'pick.row': 'row {number}',
  'questions.reset': 'From the data again',
  'questions.replaced':
    'The questions along the way: those drawn from other data gave way to questions of this data; what you typed stays.',

  'time.up':
    'The {minutes} minutes are up at step {step} of {count}: this machine was slower than it was measured. The run stops here, with a checkpoint; it can be gone on with.',
  'task.sentence': '{model} learns to {what}: {length}.',
  'task.labels': { one: 'sort into {count} label', other: 'sort into {count} labels' },
  'task.calls': 'call functions',
  'task.json': 'fill in JSON',
  'task.plain': 'write like these texts',
  'task.text': 'answer in the style of these examples',
  'task.someLabels': 'sort into labels',
  'task.guessed': '{what} (guessed)',
  'task.choose': 'What the run is for: {what}. Change it',
  'task.impossible': 'That does not go with this data. {why} Choose another task in the sentence above.',
  'task.not.texts': 'The rows are texts, without questions and answers.',
  'task.not.answers':
    'The rows are questions with answers. To learn from texts, choose a column of texts on Data.',
  'task.not.one_answer': 'All answers are the same.',
  'task.not.many_answers': 'There are {count} different answers; at most {most} can be labels.',
  'task.not.long_answers': 'The longest answer has {count} letters; a label has at most {most}.',
  'task.not.no_json': 'No answer in this data is JSON.',
  'task.not.no_calls': 'No answer in this data calls a function.',
  'task.steps': { one: '{count} step', other: '{count} steps' },
  'task.epoch': 'once over all examples',
  'task.epochs': '{epochs} times over all examples',
  'task.about': '{length}, about {time} on this machine',
  'task.rows': {
    one: 'It learns from {count} example; {held} are held out to see how well.',
    other: 'It learns from {count} examples; {held} are held out to see how well.',
  },
  'task.rowsAlone': {
    one: 'It learns from {count} example; none is held out, so how good it gets will not be known.',
    other: 'It learns from {count} examples; none is held out, so how good it gets will not be known.',
  },
  'task.rowsAbout': {
    one: 'It learns from about {count} example; about {held} are held out to see how well.',
    other: 'It learns from about {count} examples; about {held} are held out to see how well.',
  },
  'task.change': 'Change what it learns',
  'task.cut': {
    one: '{count} example of this data is longer than this and loses its end; {needed} would hold all of it.',
    other:
      '{count} examples of this data are longer than this and lose their end; {needed} would hold all of them.',
  },
  'task.longest': 'The longest example of this data has {longest} tokens: all of them fit into {limit}.',

  'finished.tell': 'Tell me when it is done',
  'finished.tellHelp':
    'A notification of the browser, when the run ends while this page is out of sight. It trains on in a hidden tab.',
  'finished.refused':
    'It trains on in a hidden tab. The browser was told not to notify you from here; the title of the tab says when it is done.',

  'diverges.lost': {
    one: 'The last step had no finite loss and was left out.',
    other: 'The last {count} steps had no finite loss and were left out.',
  },
  'diverges.climbs': 'The loss climbs: {first} at first, {last} now.',
  'diverges.back': 'What was learnt is lost again: the loss fell from {first} to {best}, and is {last} now.',
  'diverges.why':
    'Most often each step goes too far: a learning rate of {rate} is too high for this model and these data.',
  'diverges.stop': 'Stop, and set it up again with {rate}',
  'diverges.again': 'Set it up again with {rate}',

  'train.unkept.title': 'Not stored: what this run has learnt is lost when this page is closed',
  'train.unkept.download': 'Download what it has learnt',
  'train.elsewhere':
    'What it tells is shown here as it comes. Stop it there; once it has ended it can be gone on with, renamed or deleted here.',
} as const
