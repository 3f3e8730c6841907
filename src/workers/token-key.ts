import { sha256Hex } from '../lib/hash.ts'
import { NO_AUGMENT, NO_SPLIT } from '../protocol/data-steps.ts'
import { canonical, unusual } from '../protocol/identity.ts'
import { type DataConfig, dataSeed, type RunConfig } from '../protocol/run-config.ts'

/** Part of a token table's key: counts up when the same config would give other tokens. */
const TOKENS_VERSION = 2

/** Fields that the key has a place of its own for. */
const PLACED = new Set([
  ...['prompt', 'response', 'system', 'messages', 'text', 'input', 'template', 'labels'].map(inData),
  ...['format', 'steps', 'split', 'augment', 'validation_share', 'seed'].map(inData),
  ...['max_length', 'completion_only_loss', 'seed'].map((name) => `training.${name}`),
])

function inData(name: string): string {
  return `data.${name}`
}

/**
 * What a token table is stored under: the same config on the same bytes, for the same model, is the same table.
 * @param data hash of the data set
 * @param model hash of the model
 * @param tools whether its template knows functions: what is read of the data hangs on that, too
 */
export async function tokensKey(
  config: RunConfig,
  data: string,
  model: string,
  tools = false,
): Promise<string> {
  const { prompt, response, system, messages, text, format, validation_share } = config.data
  const { max_length, completion_only_loss } = config.training
  const beyond = extras(config.data)
  const rest = unusual(config, 'tokens', PLACED)
  const key = [
    TOKENS_VERSION,
    data,
    model,
    [prompt, response, system, messages, text],
    [max_length, completion_only_loss ?? true, validation_share, dataSeed(config)],
    ...(beyond === null ? [] : [beyond]),
    ...(format === 'template' ? [] : [format]),
    // What has no place above, whatever may come.
    ...(rest.length === 0 ? [] : [canonical(Object.fromEntries(rest))]),
    ...(tools ? ['tools'] : []),
  ]
  return (await sha256Hex(JSON.stringify(key))).slice(0, 32)
}

/** What goes beyond columns and a random split, in one form; null where nothing does. */
function extras({ input, template, labels, steps, split, augment }: DataConfig) {
  const words = labels && Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  const own = <T extends object>(value: T, none: T) => (canonical(value) === canonical(none) ? null : value)
  const found = [
    input,
    template,
    words,
    // Steps that are all switched off are none.
    steps.some(({ enabled }) => enabled) ? steps : null,
    own(split, NO_SPLIT),
    own(augment, NO_AUGMENT),
  ]
  return found.every((value) => value === null) ? null : found
}
