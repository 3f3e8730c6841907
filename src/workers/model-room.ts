import { modelFolder, plainFolder } from '../export/base.ts'
import { quantisedTypes } from '../model/quantised-weights.ts'
import { storedAlike, storedTypes } from '../model/storage.ts'
import type { PlanRequest } from '../protocol/engine.ts'
import { LapidaryError } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import { parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type { Call, ModelRoom, StartRequest } from '../protocol/studio.ts'
import { removeModel } from '../storage/models.ts'
import { planRequest } from './engine/plan-request.ts'
import { fitOf } from './fit.ts'
import { tellKept } from './kept-news.ts'
import { offeredModels } from './offered.ts'
import { prepareRun } from './prepared-run.ts'
import type { TrainParts } from './train-parts.ts'

/** What a plan keeps for an answer. */
const DECODE = { sequences: 1, positions: 256 }

/** Most tokens and supervised rows of a batch with other settings than those that a plan is of: no more than that has. */
function mostWith({ training }: RunConfig, { maxTokens, maxSupervised }: PlanRequest) {
  const most = training.max_length * training.per_device_train_batch_size
  return { tokens: Math.min(maxTokens, most), supervised: Math.min(maxSupervised, most) }
}

/** What of the room computes, or reads what is stored; adding models and reaching for them is for workers of their own. */
type Here =
  | 'list'
  | 'offered'
  | 'use'
  | 'remove'
  | 'exportModel'
  | 'plan'
  | 'fit'
  | 'fittingLength'
  | 'device'
  | 'checkGpu'
  | 'gpuReport'
  | 'prepareGpu'

/** See adding-room.ts for the rest. */
export function modelRoom({ database, library, host }: TrainParts): Pick<ModelRoom, Here> {
  /** A run's own plan; null where its data are not ready for it, or something else stands in its way, which a forecast tells. */
  async function planOfData(request: StartRequest, call: Call): Promise<PlanRequest | null> {
    try {
      return (await prepareRun(await database(), await library(), request, call)).plan
    } catch (error) {
      if (!(error instanceof LapidaryError) || error.code === 'cancelled') throw error
      return null
    }
  }

  return {
    async list() {
      return (await library()).list()
    },

    async offered() {
      return offeredModels()
    },

    async use(id) {
      return (await import('./model-use.ts')).useOfModel(await database(), id)
    },

    async remove(id) {
      await removeModel(await database(), id)
      tellKept('models')
    },

    async exportModel(id, form, call) {
      const { files } = await (await library()).open(id, call)
      return form === 'stored' ? modelFolder(files) : plainFolder(files, '', call?.signal)
    },

    async plan(config, id, call) {
      const model = await (await library()).open(id, call)
      const parsed = parseRunConfig(config)
      const weights = await model.weights(parsed.model.quantization)
      const request = planRequest(parsed, model.info.config, weights, null, DECODE)
      return host.plan(request, parsed.engine.kind, parsed.engine.portable_backend, call)
    },

    async fit(config, model, data = null, call = {}) {
      const parsed = parseRunConfig(config)
      const here = typeof model === 'string' ? await (await library()).open(model, call) : null
      const shape = here ? here.info.config : (model as ModelConfig)
      const stored = here ? storedTypes(await here.weights()) : storedAlike(shape, 'BF16')
      const planOf = async (config: RunConfig) =>
        data && here ? planOfData({ ...data, model: here.info.id, config }, call) : null
      const own = await planOf(parsed)
      const { kind, portable_backend } = parsed.engine
      return fitOf(
        parsed,
        async (config) => {
          // Other batches of the same examples have other maxima.
          const { per_device_train_batch_size: size } = config.training
          const same = size === parsed.training.per_device_train_batch_size
          const near = own && !same ? ((await planOf(config)) ?? own) : own
          const most = near && mostWith(config, near)
          const request = planRequest(config, shape, null, most, near?.decode ?? DECODE)
          const held = quantisedTypes(shape, stored, config.model.quantization)
          return host.demand({ ...request, stored: held }, kind, portable_backend, call)
        },
        own !== null,
      )
    },

    async fittingLength(config, id, wanted, call) {
      const model = await (await library()).open(id, call)
      const { training, engine, ...rest } = parseRunConfig(config)
      const weights = await model.weights(rest.model.quantization)
      const own = training.max_length
      const most = Math.min(wanted, model.info.config.maxPositions)
      // Halved, in steps of 64: the next lower length that is tried need not be the largest to the token.
      for (let length = most; length > own; length = Math.floor(length / 128) * 64) {
        const longer = { ...rest, engine, training: { ...training, max_length: length } }
        const request = planRequest(longer, model.info.config, weights, null, DECODE)
        const { needs, grants } = await host.demand(request, engine.kind, engine.portable_backend, call)
        if (needs <= grants) return length
      }
      return own
    },

    device: (choice, backend, call) => host.device(choice, backend, call),
    async gpuReport(measure = null, call = {}) {
      if (!measure) return host.report(null, call)
      const parsed = parseRunConfig(measure.config)
      const model = await (await library()).open(measure.model, call)
      const weights = await model.weights(parsed.model.quantization)
      const request = planRequest(parsed, model.info.config, weights, null, DECODE)
      return host.report({ model: model.info.name, request }, call)
    },

    checkGpu: (call) => host.checkGpu(call),
    prepareGpu: (call) => host.prepare(call),
  }
}
