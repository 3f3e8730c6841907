/**
 * What a sample data set's held-out loss comes to on Pebble as stored and held in fewer bits, over several seeds: each of them draws other
 * rows to hold out, another adapter to begin with and another order.
 *
 *   npx tsx tools/pebble/rounded-losses.ts [--demo pirate,mood,records] [--seeds 42,1,2] [--quantization int4] [--profile quick]
 *
 * The portable engine in Node, on one thread. Prints a line for each run, and for each sample what the means come to.
 */
import '../in-node.ts'
import { join } from 'node:path'
import { parseFlags } from '../../cli/args.ts'
import { serve } from '../../cli/server.ts'
import type { Quantization } from '../../src/protocol/model.ts'
import { defaultRunConfig } from '../../src/protocol/run-config.ts'
import type { ProfileId } from '../../src/runs/profiles.ts'

const { Demos } = await import('./demos.ts')

const flags = parseFlags(process.argv.slice(2), {
  demo: 'list',
  seeds: 'list',
  quantization: 'text',
  profile: 'text',
})
const profile = (flags.profile ?? 'quick') as ProfileId
const seeds = (flags.seeds ?? ['42', '1', '2']).map(Number)
const to = (['int8', 'int4'] as const).find((known) => known === (flags.quantization ?? 'int4'))
if (!to) throw new Error('--quantization takes int8 or int4')

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const percent = (ratio: number) => `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(1)}%`

const server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
try {
  const demos = new Demos(server.url)
  const { training, model } = defaultRunConfig()
  const lossOf = async (id: string, seed: number, quantization: Quantization) => {
    const demo = await demos.prepare(id, profile, {
      training: { seed } as typeof training,
      model: { ...model, quantization },
    })
    const { run, done } = await demos.run(demo)
    const loss = await demos.lossOf(run)
    console.log(
      `${id}, seed ${seed}, ${quantization ?? 'as stored'}: held-out loss ${loss.toPrecision(5)} after ${done.step} steps in ${done.seconds.toFixed(1)} s`,
    )
    return loss
  }
  for (const id of flags.demo ?? (await demos.ids())) {
    const [stored, rounded]: [number[], number[]] = [[], []]
    for (const seed of seeds) {
      stored.push(await lossOf(id, seed, null))
      rounded.push(await lossOf(id, seed, to))
    }
    const each = rounded.map((loss, i) => percent(loss / stored[i]!))
    console.log(
      `${id}, ${profile}, ${to} over as stored: ${each.join(', ')}; of the means ${percent(mean(rounded) / mean(stored))} ` +
        `(${mean(stored).toPrecision(4)} and ${mean(rounded).toPrecision(4)})`,
    )
  }
} finally {
  await server.close()
}
