import { describe, expect, test, vi } from 'vitest'
import { endpointOf, remoteAddress } from '../../cli/hub.ts'
import { pushJob } from '../../cli/push.ts'
import { parseHubEndpoint } from '../../src/protocol/hub-endpoint.ts'
import { HUB_ENDPOINT } from '../../src/protocol/model-address.ts'
import { failure } from '../data/helpers.ts'

describe('the address of a hub', () => {
  test.each([
    ['', HUB_ENDPOINT],
    ['https://huggingface.co/', HUB_ENDPOINT],
    ['hf.co', HUB_ENDPOINT],
    ['https://www.huggingface.co', HUB_ENDPOINT],
    [' https://hf-mirror.test// ', 'https://hf-mirror.test'],
    ['hf-mirror.test', 'https://hf-mirror.test'],
    ['HTTPS://Mirror.Test', 'https://mirror.test'],
    ['https://hub', 'https://hub'],
    [
      'https://art.test/artifactory/api/huggingfaceml/hf/',
      'https://art.test/artifactory/api/huggingfaceml/hf',
    ],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ])('"%s" is %s', (text, endpoint) => {
    expect(parseHubEndpoint(text, 'page')).toBe(endpoint)
    expect(parseHubEndpoint(text, 'command')).toBe(endpoint)
    expect(parseHubEndpoint(endpoint, 'page')).toBe(endpoint)
  })

  const wrong = [
    'not a url',
    'https://',
    'ftp://x',
    'https://x.test/?a=1',
    'https://x.test#a',
    'hub',
    '7',
    'http:/',
    '/',
  ]
  test.each([...wrong, 'https://me:secret@x.test', 'https://x.test/?key=secret', 'javascript://x.test'])(
    '"%s" is none, by the same words on the page and on the command line',
    async (text) => {
      const told = await failure(async () => parseHubEndpoint(text, 'page'), 'bad_config')
      expect(told.message).toMatch(/is no address of a hub\.$/)
      expect(told.message + told.hint).not.toContain('secret')
      const env = { HF_ENDPOINT: text, HF_TOKEN: 'hf_x' }
      const asked = await failure(async () => remoteAddress('owner/name', env), 'bad_config')
      expect([asked.message, asked.hint]).toEqual([`HF_ENDPOINT: ${told.message}`, told.hint])
      await failure(async () => pushJob('owner/name', 'private', env), 'bad_config')
    },
  )

  test('a page asks other machines by https alone, a command by http too', async () => {
    vi.stubGlobal('origin', 'http://room.test:5173')
    try {
      expect(parseHubEndpoint('http://room.test:5173/hub', 'page')).toBe('http://room.test:5173/hub')
      const { message } = await failure(
        async () => parseHubEndpoint('http://10.0.0.7:8080', 'page'),
        'bad_config',
      )
      expect(message).toContain('10.0.0.7:8080')
    } finally {
      vi.unstubAllGlobals()
    }
    expect(endpointOf({ HF_ENDPOINT: 'http://10.0.0.7:8080/' })).toBe('http://10.0.0.7:8080')
  })
})
