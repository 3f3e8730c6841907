/**
 * Writes a GGUF as a Hugging Face folder, as the studio itself reads it: `npx tsx tools/gguf-folder.ts FILE OUT`. OUT must not exist.
 * Matrices that are not F32, F16 or BF16 become bf16, those of Q8_0 and Q4_0, which the studio keeps as they are, F32; norms F32. A model's terms of use apply to the folder, too.
 */

import { checkModelPath, writeModelFolder } from '../cli/model-path.ts'
import { report } from '../cli/report.ts'
import { fail } from '../src/protocol/errors.ts'

try {
  const [path, out] = process.argv.slice(2)
  if (!path || !out)
    fail('bad_config', 'A .gguf file and a folder are needed.', 'npx tsx tools/gguf-folder.ts FILE OUT')
  await writeModelFolder(checkModelPath(path), out)
} catch (error) {
  process.exitCode = report(error)
}
