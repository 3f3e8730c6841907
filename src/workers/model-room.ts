import { modelFolder } from '../export/base.ts'
import { plainFiles } from '../model/plain-files.ts'
import { parseRunConfig } from '../protocol/run-config.ts'
import type { ModelRoom } from '../protocol/studio.ts'
import { removeModel } from '../storage/models.ts'
import { planRequest } from './engine/plan-request.ts'
import type { TrainParts } from './train-parts.ts'

/** What a plan keeps for an answer. */
const DECODE = { sequences: 1, positions: 256 }

/** Adding models is for a worker of its own: see adding-room.ts. */
export function modelRoom({ database, library, host }: TrainParts): Omit<ModelRoom, 'add'> {
  return {
    async list() {
      return (await library()).list()
    },

    async remove(id) {
      await removeModel(await database(), id)
    },

    async exportModel(id, call) {
      const { files } = await (await library()).open(id, call)
      return modelFolder(await plainFiles(files, 'BF16', call?.signal))
    },

    async plan(config, id, call) {
      const model = await (await library()).open(id, call)
      const parsed = parseRunConfig(config)
      const weights = await model.weights(parsed.model.quantization)
      const request = planRequest(parsed, model.info.config, weights, null, DECODE)
      return host.plan(request, parsed.engine.kind, parsed.engine.portable_backend, call)
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
        if (await host.fits(request, engine.kind, engine.portable_backend, call)) return length
      }
      return own
    },

    device: (choice, backend, call) => host.device(choice, backend, call),
    checkGpu: (call) => host.checkGpu(call),
    prepareGpu: (call) => host.prepare(call),
  }
}
