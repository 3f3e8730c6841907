import { describe, expect, test } from 'vitest'
import { isHubName, modelAddressText, parseModelAddress } from '../../src/protocol/model-address.ts'
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
    expect(isHubName('o/n')).toBe(true)
    expect(isHubName('./o/n')).toBe(false)
    expect(isHubName('pebble')).toBe(false)
  })

  test.each([
    ['', /No model/],
    ['gemma', /names no model/],
    ['ftp://x.test/m.gguf', /names no model/],
    ['https://huggingface.co/datasets/o/n', /data set/],
    ['https://me:secret@x.test/m.gguf', /name or a password/],
  ])('"%s" is none', async (text, says) => {
    const { message, detail } = await failure(async () => parseModelAddress(text), 'bad_model')
    expect(message).toMatch(says)
    expect(message + JSON.stringify(detail ?? {})).not.toContain('secret')
  })
})
