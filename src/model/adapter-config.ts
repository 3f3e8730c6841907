import { fail } from '../protocol/errors.ts'
import { PROJECTIONS, type Projection } from '../protocol/model.ts'
import { type LoraConfig, parseRunConfig, targetModules } from '../protocol/run-config.ts'

/** PEFT 0.21's `adapter_config.json`. */

export const PEFT_VERSION = '0.21.2'

/** The vision part of a multimodal checkpoint has modules of the same names as the layers have. */
const NO_VISION = '.*vision_tower.*'

/**
 * Fields in the order that PEFT saves; what is not LoRA proper has PEFT's default.
 * @param multimodal the base also sees: only its text part has an adapter
 */
export function writeAdapterConfig(
  lora: LoraConfig,
  baseModel: string | null,
  multimodal = false,
): Record<string, unknown> {
  return {
    alora_invocation_tokens: null,
    alpha_pattern: {},
    arrow_config: null,
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: 'none',
    corda_config: null,
    ensure_weight_tying: false,
    eva_config: null,
    exclude_modules: multimodal ? NO_VISION : null,
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    kasa_config: null,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: lora.lora_alpha,
    lora_bias: false,
    lora_dropout: lora.lora_dropout,
    lora_ga_config: null,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    monteclora_config: null,
    peft_type: 'LORA',
    peft_version: PEFT_VERSION,
    qalora_group_size: 16,
    r: lora.r,
    rank_pattern: {},
    revision: null,
    target_modules: targetModules(lora),
    target_parameters: null,
    task_type: 'CAUSAL_LM',
    trainable_token_indices: null,
    use_bdlora: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: lora.use_rslora,
    velora_config: null,
  }
}

/** Variants that compute something else; PEFT's default of each is falsy or empty. */
const VARIANTS = [
  'alora_invocation_tokens',
  'alpha_pattern',
  'arrow_config',
  'exclude_modules',
  'fan_in_fan_out',
  'kasa_config',
  'layer_replication',
  'layers_to_transform',
  'lora_bias',
  'modules_to_save',
  'monteclora_config',
  'rank_pattern',
  'target_parameters',
  'trainable_token_indices',
  'use_bdlora',
  'use_dora',
  'use_qalora',
  'velora_config',
]

/**
 * Reads a parsed adapter_config.json.
 * @throws LapidaryError `unsupported_format` for another adapter type or LoRA variant, `bad_config` for a wrong value.
 */
export function readAdapterConfig(json: unknown): { lora: LoraConfig; baseModel: string | null } {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    fail('bad_config', 'adapter_config.json is not a JSON object.', 'Use the file that PEFT saved.')
  const config = json as Record<string, unknown>
  if (config.peft_type !== 'LORA')
    unsupported('peft_type', config.peft_type, 'only LORA adapters can be read')
  if (config.bias !== undefined && config.bias !== 'none')
    unsupported('bias', config.bias, 'only "none" can be read')
  for (const name of VARIANTS)
    if (!isOff(config[name]) && !(name === 'exclude_modules' && isOfVision(config[name])))
      unsupported(name, config[name], 'this variant of LoRA cannot be read')
  const lora: Record<string, unknown> = { target_modules: readTargets(config.target_modules) }
  for (const name of ['r', 'lora_alpha', 'lora_dropout', 'use_rslora'])
    if (config[name] !== undefined) lora[name] = config[name]
  const base = config.base_model_name_or_path
  return { lora: parseRunConfig({ lora }).lora, baseModel: typeof base === 'string' ? base : null }
}

/** PEFT takes a list of names, or one text: `all-linear` or a regular expression over whole module names. */
function readTargets(value: unknown): Projection[] | 'all-linear' | null {
  if (value === undefined || value === null) return null
  if (value === 'all-linear') return 'all-linear'
  if (Array.isArray(value)) {
    const unknown = value.find((name) => !PROJECTIONS.includes(name))
    if (unknown !== undefined)
      unsupported('target_modules', unknown, `only ${PROJECTIONS.join(', ')} can carry an adapter`)
    return value
  }
  return unsupported('target_modules', value, 'list the projections by name')
}

/** Names of the vision part only, which is not here: plain ones, or patterns without a choice. */
function isOfVision(value: unknown): boolean {
  const names = Array.isArray(value) ? value : [value]
  return names.every(
    (name) => typeof name === 'string' && /^[\w.*^$]*vision_(tower|model)[\w.*^$]*$/.test(name),
  )
}

function isOff(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0)
}

function unsupported(field: string, found: unknown, why: string): never {
  fail(
    'unsupported_format',
    `adapter_config.json: ${field} is ${JSON.stringify(found)}; ${why}.`,
    'Use a plain LoRA adapter of this base model.',
    { field, found: JSON.stringify(found) ?? null },
  )
}
