import type { PortableBackendChoice } from '../protocol/engine.ts'
import type { DeviceInfo, MeasuredSpeed } from '../protocol/studio.ts'

/** What a token costs beside its products, as if the model had so many weights more: measured on the portable engine (docs/verified.md). */
const OVERHEAD = 7e6

/** How many times as long the same takes with a model of another size. */
export const sizeFactor = (from: number, to: number): number => (to + OVERHEAD) / (from + OVERHEAD)

/** What was measured with the engine that would compute, newest first. */
function measuredWith({ engine, speeds }: DeviceInfo, backend: PortableBackendChoice): MeasuredSpeed[] {
  return speeds.filter(
    (speed) =>
      speed.engine === engine && (engine !== 'portable' || backend === 'auto' || speed.backend === backend),
  )
}

/** What a duration is foretold by: this model's own timing, else the newest one. */
export function timedSpeed(
  device: DeviceInfo,
  model: string,
  backend: PortableBackendChoice,
): MeasuredSpeed | undefined {
  const fitting = measuredWith(device, backend).filter(({ timing }) => timing !== undefined)
  return fitting.find((speed) => speed.model === model) ?? fitting[0]
}

/** Tokens a second that a model is likely trained at here, and the model whose measured speed that is from. */
export interface ExpectedSpeed {
  tokensPerSecond: number
  from: string
  /** Whether that is another model, whose speed was scaled by the size of both. */
  scaled: boolean
}

/** Null where nothing fitting was measured here: a speed is never made up. */
export function expectedSpeed(
  device: DeviceInfo,
  { name, parameters }: { name: string; parameters: number },
  backend: PortableBackendChoice,
): ExpectedSpeed | null {
  const measured = measuredWith(device, backend)
  const own = measured.find(({ model }) => model === name)
  if (own) return { tokensPerSecond: own.tokensPerSecond, from: name, scaled: false }
  // The nearest in size says most.
  const far = (speed: MeasuredSpeed) => Math.abs(Math.log(sizeFactor(speed.parameters!, parameters)))
  const other = measured.filter((speed) => speed.parameters).sort((a, b) => far(a) - far(b))[0]
  if (!other) return null
  const tokensPerSecond = other.tokensPerSecond / sizeFactor(other.parameters!, parameters)
  return { tokensPerSecond, from: other.model, scaled: true }
}
