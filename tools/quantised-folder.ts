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
import { fail } from '../src/protocol/errors.ts'
import { roundedFolder } from '../src/workers/rounded-folder.ts'

try {
  const [path, to, out] = process.argv.slice(2)
  if (!path || !out || (to !== 'int8' && to !== 'int4'))
    fail(
      'bad_config',
      'A model, int8 or int4, and a folder are needed.',
      'quantised-folder.ts MODEL int4 OUT',
    )
  if (existsSync(out)) fail('output_exists', `${out} exists already.`, 'Name another folder.', { path: out })
  const { files, weights } = await roundedFolder(await openModelPath(checkModelPath(path)), to)
  mkdirSync(out, { recursive: true })
  for (const [name, file] of files) await pipeline(piecesOf(file), createWriteStream(join(out, name)))
  for (const [type, error] of Object.entries(weights.errors()))
    console.log(`${type}: off by ${(error * 100).toPrecision(3)}% of the weights' size (root mean square)`)
} catch (error) {
  process.exitCode = report(error)
}
