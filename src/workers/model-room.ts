import { modelFolder } from '../export/base.ts'
import { namedSources } from '../files/bytes.ts'
import { parseRunConfig } from '../protocol/run-config.ts'
import type { ModelRoom } from '../protocol/studio.ts'
import { removeModel } from '../storage/models.ts'
import { planRequest } from './engine/plan-request.ts'
import type { TrainParts } from './train-parts.ts'

/** Positions that a plan keeps for an answer. */
const POSITIONS = 256

export function modelRoom({ database, library, host }: TrainParts): ModelRoom {
  return {
    async list() {
      return (await library()).list()
    },

    async add(files, name, call) {
      return (await library()).add(namedSources(files), name, call)
    },

    async remove(id) {
      await removeModel(await database(), id)
    },

    async exportModel(id, call) {
      return modelFolder((await (await library()).open(id, call)).files)
    },

    async plan(config, id, call) {
      const model = await (await library()).open(id, call)
      const parsed = parseRunConfig(config)
      const decode = { sequences: 1, positions: POSITIONS }
      const request = planRequest(parsed, model.info.config, await model.weights(), null, decode)
      return host.plan(request, parsed.engine.kind, parsed.engine.portable_backend, call)
    },

    device: (choice, backend, call) => host.device(choice, backend, call),
    checkGpu: (call) => host.checkGpu(call),
    prepareGpu: (call) => host.prepare(call),
  }
}
