import { describe, expect, test } from 'vitest'
import { SEALED_POLICY } from '../../src/protocol/policy.ts'
import { bound, isolated, ranged } from '../../src/service-worker/responses.ts'

describe('an answer of the service worker', () => {
  test('has the headers that let threads share memory; those of the host stay', async () => {
    const own = { 'Content-Type': 'text/html', 'Cross-Origin-Opener-Policy': 'same-origin-allow-popups' }
    const answer = isolated(new Response('text', { status: 404, statusText: 'Gone', headers: own }))
    expect(await answer.text()).toBe('text')
    expect([answer.status, answer.statusText]).toEqual([404, 'Gone'])
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'text/html',
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'cross-origin',
    })
    expect(isolated(new Response(null, { status: 304 })).status).toBe(304)
    const error = Response.error()
    expect(isolated(error)).toBe(error)
  })

  test('of a script has the policy of the page, but for a host that sends its own', async () => {
    const policy = "default-src 'self'"
    const script = bound(
      new Response('code', { headers: { 'Content-Type': 'text/javascript' } }),
      policy,
      false,
    )
    expect([await script.text(), script.headers.get('Content-Security-Policy')]).toEqual(['code', policy])
    const own = new Response('code', { headers: { 'Content-Security-Policy': "default-src 'none'" } })
    expect(bound(own, policy, false).headers.get('Content-Security-Policy')).toBe("default-src 'none'")
    // Sealed, it has that besides, whoever sent the first.
    expect(bound(own, policy, true).headers.get('Content-Security-Policy')).toBe(
      `default-src 'none', ${SEALED_POLICY}`,
    )
    const error = Response.error()
    expect(bound(error, policy, true)).toBe(error)
  })

  test.each([
    ['bytes=2-4', 206, 'cde', 'bytes 2-4/10'],
    ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=8-99', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=5-4', 416, '', 'bytes */10'],
    ['bytes=-', 200, 'abcdefghij', null],
    ['bytes=0-1,3-4', 200, 'abcdefghij', null],
    [null, 200, 'abcdefghij', null],
  ])('of the range %s', async (range, status, text, told) => {
    const headers = range ? { Range: range } : undefined
    const request = new Request('https://host.test/file', headers ? { headers } : {})
    const answer = await ranged(request, new Response('abcdefghij', { headers: { 'X-Own': '1' } }))
    expect([answer.status, await answer.text(), answer.headers.get('Content-Range')]).toEqual([
      status,
      text,
      told,
    ])
    expect(answer.headers.get('X-Own')).toBe('1')
  })
})
