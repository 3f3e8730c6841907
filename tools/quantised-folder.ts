/**
 * Writes a model as the studio holds it in fewer bits: `npx tsx tools/quantised-folder.ts MODEL int8|int4 OUT`. MODEL is a folder or a
 * .gguf file; OUT must not exist. Its matrices lie in it as GGUF's blocks (see src/files/blocked.ts), which the studio reads and
 * peers/quantised.py. A model's terms of use apply to the folder, too.
 */
import { createWriteStream, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { checkModelPath, openModelPath, piecesOf } from '../cli/model-path.ts'
import { report } from '../cli/report.ts'
import { safetensorsSource, type TensorToRead } from '../src/files/safetensors-source.ts'
import { openWeights } from '../src/files/weights.ts'
import { typeBytes } from '../src/lib/storage.ts'
import { quantisedWeights } from '../src/model/quantised-weights.ts'
import { resolveWeights } from '../src/model/weights.ts'
import { fail } from '../src/protocol/errors.ts'
import { readConfig } from '../src/workers/library.ts'

try {
  const [path, to, out] = process.argv.slice(2)
  if (!path || !out || (to !== 'int8' && to !== 'int4'))
    fail(
      'bad_config',
      'A model, int8 or int4, and a folder are needed.',
      'quantised-folder.ts MODEL int4 OUT',
    )
  if (existsSync(out)) fail('output_exists', `${out} exists already.`, 'Name another folder.', { path: out })
  const files = await openModelPath(checkModelPath(path))
  const config = await readConfig(files)
  const source = quantisedWeights(config, resolveWeights(config, await openWeights(files)), to)
  const tensors = Array.from(source.tensors, ([name, { dtype, shape }]): TensorToRead => {
    const bytes = typeBytes(
      dtype,
      shape.reduce((product, size) => product * size, 1),
    )
    const read = async (start: number, end: number) => new Uint8Array(await source.read(name, start, end))
    return { name, dtype, shape, bytes, read }
  })
  mkdirSync(out, { recursive: true })
  for (const [name, file] of files)
    if (!/\.safetensors(\.index\.json)?$/.test(name))
      await pipeline(piecesOf(file), createWriteStream(join(out, name)))
  const weights = safetensorsSource(tensors, { format: 'pt' })
  await pipeline(piecesOf(weights), createWriteStream(join(out, 'model.safetensors')))
  for (const [type, error] of Object.entries(source.errors()))
    console.log(`${type}: off by ${(error * 100).toPrecision(3)}% of the weights' size (root mean square)`)
} catch (error) {
  process.exitCode = report(error)
}
