import { makeProof, PROOF_PROMPTS, PROOF_TOKENS } from '../export/proof.ts'
import type { Engine, PlanRequest } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Proof } from '../protocol/proof.ts'
import { loraScaling, type RunConfig } from '../protocol/run-config.ts'
import type { Call } from '../protocol/studio.ts'
import { planRequest } from './engine/plan-request.ts'
import type { OpenModel } from './library.ts'

/** What is proven: an adapter of this step, by its hash, on its base. */
export interface Proven {
  config: RunConfig
  model: OpenModel
  step: number
  adapter: string
}

/**
 * What making a proof asks of an engine.
 * @throws LapidaryError `bad_model` where the base knows too few positions
 */
export async function proofPlan({ config, model }: Pick<Proven, 'config' | 'model'>): Promise<PlanRequest> {
  const { config: shape } = model.info
  const codec = await model.codec()
  const longest = Math.max(...PROOF_PROMPTS.map((prompt) => codec.render(prompt).length)) + PROOF_TOKENS
  if (longest > shape.maxPositions)
    fail(
      'bad_model',
      `The built-in prompts need ${longest} tokens; the model knows ${shape.maxPositions} positions.`,
      'The export is the same without its proof.',
      { tokens: longest },
    )
  const weights = await model.weights(config.model.quantization)
  const most = { tokens: longest, supervised: PROOF_TOKENS }
  return planRequest(config, shape, weights, most, { sequences: PROOF_PROMPTS.length, positions: longest })
}

/** @param engine with the adapter in it, and room for `proofPlan` */
export async function prove(
  engine: Engine,
  { config, model, step, adapter }: Proven,
  call: Call = {},
): Promise<Proof> {
  const { info } = model
  return makeProof(
    engine,
    await model.codec(),
    {
      base: { name: info.name, hash: info.hash },
      step,
      adapter,
      scaling: loraScaling(config.lora),
      quantization: config.model.quantization,
    },
    call,
  )
}
