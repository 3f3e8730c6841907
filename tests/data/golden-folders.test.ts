import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ByteSource, bufferSource } from '../../src/files/bytes.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { readAdapterConfig } from '../../src/model/adapter-config.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { adapterParameterCount, adapterTensors, checkAdapter } from '../../src/model/lora.ts'
import { parameterCount, tensorTable } from '../../src/model/tensors.ts'
import { resolveWeights } from '../../src/model/weights.ts'

/** A folder as Transformers or PEFT saved it. */
function folder(path: string): Map<string, ByteSource> {
  const url = new URL(`../golden/${path}/`, import.meta.url)
  const names = readdirSync(url).filter((name) => name.includes('.'))
  return new Map(names.map((name) => [name, bufferSource(new Uint8Array(readFileSync(new URL(name, url))))]))
}
const json = async (files: Map<string, ByteSource>, name: string) => {
  const file = files.get(name)!
  return JSON.parse(new TextDecoder().decode(await file.read(0, file.size)))
}

test.each(['gemma3-tiny', 'gemma3-tiny-wide', 'gemma2-tiny', 'gemma3-tiny-multimodal'])(
  '%s: the whole folder and its adapter are read',
  async (name) => {
    const files = folder(name)
    const config = readModelConfig(await json(files, 'config.json'))
    const source = await openWeights(files)
    const weights = resolveWeights(config, source)
    expect(weights.tensors.size).toBe(tensorTable(config).length)
    let count = 0
    for (const tensor of weights.tensors.keys()) {
      const { data } = await readTensor(weights, tensor)
      expect(data.every(Number.isFinite)).toBe(true)
      count += data.length
    }
    expect(count).toBe(parameterCount(config))

    const adapterFiles = folder(`${name}/adapter`)
    const { lora } = readAdapterConfig(await json(adapterFiles, 'adapter_config.json'))
    expect(lora).toMatchObject({ r: 4, lora_alpha: 8, use_rslora: false })
    const adapter = await openWeights(adapterFiles)
    checkAdapter(config, lora, adapter)
    expect(adapter.tensors.size).toBe(adapterTensors(config, lora).length)
    let trained = 0
    for (const tensor of adapter.tensors.keys()) trained += (await readTensor(adapter, tensor)).data.length
    expect(trained).toBe(adapterParameterCount(config, lora))
  },
)

test('a linear RoPE of the global layers is read from a file of Transformers 5', async () => {
  const config = readModelConfig(await json(folder('gemma3-tiny-wide'), 'config.json'))
  for (const { rope, window } of config.layers) expect(rope.factor).toBe(window === null ? 8 : 1)
  expect(config.queryScale).toBe(96 ** -0.5)
})
