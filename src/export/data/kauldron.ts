import { fail } from '../../protocol/errors.ts'
import type { LoraConfig, TrainingConfig } from '../../protocol/run-config.ts'
import type { Split } from '../../protocol/tokens.ts'
import { type DataFile, SPLITS } from './rows.ts'

/** Rows as Seq2SeqTask takes them (`seq2seqPair`), by split. */
export type Pairs = Partial<Record<Split, readonly { prompt: string; response: string }[]>>

/** Gemmas by the sizes that tell them apart, as the `gemma` package names their classes and checkpoints. */
const MODELS: { hiddenSize: number; numLayers: number; name: string; textOnly: boolean }[] = [
  { hiddenSize: 640, numLayers: 18, name: 'Gemma3_270M', textOnly: false },
  { hiddenSize: 1152, numLayers: 26, name: 'Gemma3_1B', textOnly: false },
  { hiddenSize: 2560, numLayers: 34, name: 'Gemma3_4B', textOnly: true },
  { hiddenSize: 3840, numLayers: 48, name: 'Gemma3_12B', textOnly: true },
  { hiddenSize: 5376, numLayers: 62, name: 'Gemma3_27B', textOnly: true },
]

export interface KauldronOptions {
  /** Sizes of the model trained here; one that the `gemma` package does not have becomes Gemma 3 270M. */
  model: { hiddenSize: number; numLayers: number } | null
  training: TrainingConfig
  lora: LoraConfig
}

/**
 * A folder that kauldron trains on: a JSON array of `{prompt, response}` for each split (its `Json` source reads arrays, not
 * JSON lines), and a `config.py` for `python -m kauldron.main --cfg=config.py`.
 * @throws LapidaryError `nothing_to_learn` without a training pair.
 */
export function kauldronFiles(pairs: Pairs, options: KauldronOptions): DataFile[] {
  const rows = pairs.train?.length ?? 0
  if (rows === 0)
    fail('nothing_to_learn', 'There is no pair to train on.', 'Prepare rows with a prompt and a response.')
  const files = SPLITS.flatMap((split) => {
    const list = pairs[split] ?? []
    if (list.length === 0) return []
    const items = list.map(({ prompt, response }) => `  ${JSON.stringify({ prompt, response })}`)
    const blob = new Blob(['[\n', items.join(',\n'), '\n]\n'], { type: 'application/json' })
    return [{ path: `${split}.json`, blob }]
  })
  const config = configPy(rows, pairs.validation?.length ?? 0, options)
  return [...files, { path: 'config.py', blob: new Blob([config], { type: 'text/x-python' }) }]
}

function configPy(rows: number, validation: number, { model, training, lora }: KauldronOptions): string {
  const known = MODELS.find(
    ({ hiddenSize, numLayers }) => hiddenSize === model?.hiddenSize && numLayers === model.numLayers,
  )
  const { name, textOnly } = known ?? MODELS[0]!
  const batch = Math.min(training.per_device_train_batch_size * training.gradient_accumulation_steps, rows)
  const stepsPerEpoch = Math.ceil(rows / batch)
  const steps =
    training.max_steps > 0 ? training.max_steps : Math.ceil(training.num_train_epochs * stepsPerEpoch)
  const warmup =
    training.warmup_steps >= 1 ? Math.trunc(training.warmup_steps) : Math.ceil(steps * training.warmup_steps)
  // A sequence of max_length tokens has one position less.
  const maxLength = training.max_length - 1
  const clip =
    training.max_grad_norm > 0 ? `      optax.clip_by_global_norm(${py(training.max_grad_norm)}),` : null
  return [
    '"""Trains Gemma with LoRA on the pairs beside this file: python -m kauldron.main --cfg=config.py --cfg.workdir=/tmp/run',
    '',
    'Written by Lapidary. Needs `pip install gemma kauldron` and, for the real checkpoint and tokenizer, access to',
    "gs://gemma-data. kauldron's LoRA is not PEFT's: it has no alpha, and shares one A between K and V, and between gate and up.",
    '"""',
    '',
    'import os',
    '',
    'from kauldron import konfig',
    '',
    'with konfig.imports():',
    '  from gemma import gm',
    '  from kauldron import kd',
    '  import optax',
    '',
    'HERE = os.path.dirname(os.path.abspath(__file__))',
    `BATCH_SIZE = ${batch}`,
    `MAX_LENGTH = ${maxLength}`,
    `STEPS = ${steps}`,
    '',
    '',
    'def get_config():',
    '  return kd.train.Trainer(',
    `      seed=${training.seed},`,
    '      train_ds=_dataset("train.json", training=True),',
    '      model=gm.nn.LoRA(',
    `          rank=${lora.r},`,
    `          model=gm.nn.${name}(tokens="batch.input"${textOnly ? ', text_only=True' : ''}),`,
    '      ),',
    '      # The checkpoint has no LoRA weights: these start as kauldron initialises them.',
    '      init_transform=gm.ckpts.SkipLoRA(',
    `          wrapped=gm.ckpts.LoadCheckpoint(path=gm.ckpts.CheckpointPath.${checkpoint(name)}),`,
    '      ),',
    '      num_train_steps=STEPS,',
    '      train_losses={',
    '          "xentropy": kd.losses.SoftmaxCrossEntropyWithIntLabels(',
    '              logits="preds.logits",',
    '              labels="batch.target",',
    '              mask="batch.target_mask",',
    '          ),',
    '      },',
    '      optimizer=kd.optim.partial_updates(_optimizer(), mask=kd.optim.select("lora")),',
    `      checkpointer=kd.ckpts.Checkpointer(save_interval_steps=${training.save_steps}),`,
    ...(validation > 0
      ? [
          '      evals={',
          '          "validation": kd.evals.Evaluator(',
          `              run=kd.evals.EveryNSteps(${training.eval_steps ?? stepsPerEpoch}),`,
          '              ds=_dataset("validation.json", training=False),',
          '          ),',
          '      },',
        ]
      : []),
    '  )',
    '',
    '',
    'def _optimizer():',
    '  return optax.chain(',
    ...(clip ? [clip] : []),
    '      optax.adamw(',
    `          ${schedule(training, steps, warmup)},`,
    `          b1=${py(training.adam_beta1)},`,
    `          b2=${py(training.adam_beta2)},`,
    `          eps=${py(training.adam_epsilon)},`,
    `          weight_decay=${py(training.weight_decay)},`,
    '      ),',
    '  )',
    '',
    '',
    'def _dataset(name, *, training):',
    '  return kd.data.py.Json(',
    '      path=os.path.join(HERE, name),',
    '      shuffle=training,',
    '      num_epochs=None if training else 1,',
    `      batch_size=BATCH_SIZE if training else ${Math.min(batch, Math.max(validation, 1))},`,
    '      num_workers=0,',
    '      transforms=[',
    '          gm.data.Seq2SeqTask(',
    '              in_prompt="prompt",',
    '              in_response="response",',
    '              out_input="input",',
    '              out_target="target",',
    '              out_target_mask="target_mask",',
    '              tokenizer=gm.text.Gemma3Tokenizer(),',
    '              max_length=MAX_LENGTH,',
    '              truncate=True,',
    '          ),',
    '      ],',
    '  )',
    '',
  ].join('\n')
}

function checkpoint(model: string): string {
  return `${model.toUpperCase()}_IT`
}

/** The learning rate of each step as optax has it; step k (0-based) of both counts alike. */
function schedule(training: TrainingConfig, steps: number, warmup: number): string {
  const rate = py(training.learning_rate)
  const { lr_scheduler_type: type } = training
  if (type === 'constant') return rate
  const decay = Math.max(1, steps - warmup)
  const after =
    type === 'linear'
      ? `optax.linear_schedule(${rate}, 0.0, ${decay})`
      : type === 'cosine'
        ? `optax.cosine_decay_schedule(${rate}, ${decay})`
        : `optax.constant_schedule(${rate})`
  if (warmup === 0) return after
  return `optax.join_schedules([optax.linear_schedule(0.0, ${rate}, ${warmup}), ${after}], [${warmup}])`
}

/** A number as Python writes it: JavaScript's form is Python's, but whole numbers are floats here. */
function py(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
