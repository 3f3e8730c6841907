import { describe, expect, test } from 'vitest'
import { modelAddressText } from '../../src/protocol/model-address.ts'
import { isHubName, parseModelAddress } from '../../src/protocol/read-address.ts'
import { failure } from '../data/helpers.ts'

const COMMIT = 'a'.repeat(40)
const hub = (repo: string, rest: object = {}) => ({ kind: 'hub', repo, ...rest })

describe('the address of a model', () => {
  test.each<[string, object]>([
    ['google/gemma-3-270m-it', hub('google/gemma-3-270m-it')],
    [' google/gemma-3-270m-it ', hub('google/gemma-3-270m-it')],
    ['google/gemma-3-270m-it@v1.0', hub('google/gemma-3-270m-it', { revision: 'v1.0' })],
    ['o/n@refs/pr/1', hub('o/n', { revision: 'refs/pr/1' })],
    ['hf://o/n', hub('o/n')],
    ['o/n/sub/m-Q8_0.gguf', hub('o/n', { file: 'sub/m-Q8_0.gguf' })],
    [`o/n/m.gguf@${COMMIT}`, hub('o/n', { file: 'm.gguf', revision: COMMIT })],
    ['https://huggingface.co/o/n', hub('o/n')],
    ['huggingface.co/o/n', hub('o/n')],
    ['hf.co/o/n', hub('o/n')],
    ['https://huggingface.co/o/n/tree/main', hub('o/n')],
    ['https://huggingface.co/o/n/tree/v2', hub('o/n', { revision: 'v2' })],
    ['https://huggingface.co/o/n/tree/refs%2Fpr%2F1', hub('o/n', { revision: 'refs/pr/1' })],
    ['https://huggingface.co/o/n/tree/refs/pr/1', hub('o/n', { revision: 'refs/pr/1' })],
    ['https://huggingface.co/o/n/blob/main/model.safetensors', hub('o/n')],
    ['https://huggingface.co/o/n/resolve/main/q/m.gguf?download=true', hub('o/n', { file: 'q/m.gguf' })],
    ['https://huggingface.co/o/n/discussions/4', hub('o/n')],
    ['https://hub.school.test/o/n/tree/main', hub('o/n', { endpoint: 'https://hub.school.test' })],
    ['o/n/', hub('o/n')],
    ['o/n:Q4_K_M', hub('o/n', { quant: 'Q4_K_M' })],
    ['o/n:Q4_K_M@v1', hub('o/n', { quant: 'Q4_K_M', revision: 'v1' })],
    ['o/n@v1:Q4_K_M', hub('o/n', { quant: 'Q4_K_M', revision: 'v1' })],
    ['o/n:latest', hub('o/n')],
    ['hf.co/o/n:Q8_0', hub('o/n', { quant: 'Q8_0' })],
    ['https://huggingface.co/o/n:Q8_0', hub('o/n', { quant: 'Q8_0' })],
    ['https://huggingface.co/o/n/', hub('o/n')],
    ['https://huggingface.co/o/n@v2/', hub('o/n', { revision: 'v2' })],
    ['https://huggingface.co/o/n?library=transformers', hub('o/n')],
    ['https://huggingface.co/o/n#usage', hub('o/n')],
    ['https://huggingface.co/o/n.git', hub('o/n')],
    ['git@hf.co:o/n', hub('o/n')],
    ['o/n/tree/main', hub('o/n')],
    ['huggingface.co/o/n/tree/v2/', hub('o/n', { revision: 'v2' })],
    ['https://huggingface.co/o/n/blob/v2/README.md', hub('o/n', { revision: 'v2' })],
    ['https://huggingface.co/o/n/blob/main/q/m-Q4_0.gguf', hub('o/n', { file: 'q/m-Q4_0.gguf' })],
    ['https://huggingface.co/api/models/o/n/revision/v2', hub('o/n', { revision: 'v2' })],
    ['https://hub.school.test/o/n:Q4_0', hub('o/n', { quant: 'Q4_0', endpoint: 'https://hub.school.test' })],
    ['https://hub/o/n/tree/main/', hub('o/n', { endpoint: 'https://hub' })],
    ['https://cdn.test/npm/models@1.0', { kind: 'url', address: 'https://cdn.test/npm/models@1.0/' }],
    ['https://x.test/models/m.gguf?key=1', { kind: 'url', address: 'https://x.test/models/m.gguf?key=1' }],
    ['https://x.test/m/config.json', { kind: 'url', address: 'https://x.test/m/' }],
    ['https://x.test/m/model.safetensors', { kind: 'url', address: 'https://x.test/m/' }],
    ['https://x.test/m', { kind: 'url', address: 'https://x.test/m/' }],
    ['x.test/a/b/c', { kind: 'url', address: 'https://x.test/a/b/c/' }],
  ])('%s', (text, address) => {
    const parsed = parseModelAddress(text)
    expect(parsed).toEqual(address)
    const again = parseModelAddress(modelAddressText(parsed))
    expect(again).toEqual(JSON.parse(JSON.stringify(parsed).replace('?key=1', '')))
  })

  test('plain names are of the hub that is given', () => {
    const endpoint = 'https://mirror.test'
    expect(parseModelAddress('o/n@v1', endpoint)).toEqual(hub('o/n', { revision: 'v1', endpoint }))
    expect(parseModelAddress('https://mirror.test/o/n', endpoint)).toEqual(hub('o/n', { endpoint }))
    const deep = 'https://art.test/artifactory/hf'
    for (const text of ['o/n', `${deep}/o/n`, `${deep}/o/n/tree/main`])
      expect(parseModelAddress(text, deep)).toEqual(hub('o/n', { endpoint: deep }))
    expect(parseModelAddress('https://hf.co/o/n', endpoint)).toEqual(hub('o/n'))
    expect(isHubName('o/n')).toBe(true)
    expect(isHubName('o/n:Q4_K_M')).toBe(true)
    expect(isHubName('./o/n')).toBe(false)
    expect(isHubName('pebble')).toBe(false)
  })

  test.each([
    ['', /No model/],
    ['gemma', /names no model/],
    ['ftp://x.test/m.gguf', /names no model/],
    ['https://huggingface.co/datasets/o/n', /data set/],
    ['huggingface.co/datasets/squad', /data set/],
    ['https://huggingface.co/google', /google is a page of the Hub, not of a model/],
    ['https://huggingface.co/collections/google/gemma-3', /not of a model/],
    ['https://huggingface.co/models?search=gemma', /not of a model/],
    ['https://huggingface.co/o/n/tree/main/onnx', /onnx of o\/n/],
    ['https://huggingface.co/o/n/blob/main/onnx/model.safetensors', /onnx of o\/n/],
    ['o/n:Q4:Q8', /names no model/],
    ['https://me:secret@x.test/m.gguf', /name or a password/],
  ])('"%s" is none', async (text, says) => {
    const { message, detail } = await failure(async () => parseModelAddress(text), 'bad_model')
    expect(message).toMatch(says)
    expect(message + JSON.stringify(detail ?? {})).not.toContain('secret')
  })
})
