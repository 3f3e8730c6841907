import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { Output } from '../../cli/output.ts'
import { requireWritable } from '../../cli/run-folder.ts'
import { defaultRunConfig } from '../../src/protocol/run-config.ts'

describe("a run's folder", () => {
  const scratch = mkdtempSync(join(tmpdir(), 'lapidary-run-folder-'))
  const run = join(scratch, 'mine')
  const held = join(run, '.running.json')
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))
  beforeEach(() => rmSync(run, { recursive: true, force: true }))

  function begin(): Output {
    const output = new Output(run, null, null)
    output.add({ type: 'notice', message: 'Begun.' }, defaultRunConfig())
    return output
  }
  const said = (pid: number, host?: string) =>
    writeFileSync(held, JSON.stringify({ pid, host: host ?? hostname() }))

  it('holds nothing more once a sitting is over', () => {
    const output = begin()
    expect(existsSync(held)).toBe(true)
    output.release()
    expect(readdirSync(run).sort()).toEqual(['metrics.jsonl', 'run.json'])
  })

  it('is not gone on with while another process writes to it, and is once that has ended', async () => {
    begin().release()
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
    said(other.pid!)
    const again = new Output(run, 'last', null)
    expect(() => again.hold()).toThrow(`Another command is writing to ${run} (process ${other.pid}).`)
    other.kill('SIGKILL')
    await once(other, 'exit')
    again.hold()
    again.release()
    expect(existsSync(held)).toBe(false)
  })

  it('is taken over from another machine that has been silent for long', () => {
    begin().release()
    said(1, 'elsewhere')
    const again = new Output(run, 'last', null)
    expect(() => again.hold()).toThrow('(process 1 on elsewhere)')
    const before = Date.now() / 1000 - 120
    utimesSync(held, before, before)
    again.hold()
    again.release()
  })

  it('is taken over where half of what its holder had to say is there', () => {
    begin().release()
    writeFileSync(held, '{"pid"')
    new Output(run, 'last', null).hold()
  })

  it('is left to the one of two new runs that came first, and the other leaves nothing', () => {
    begin()
    const second = new Output(run, null, null)
    // What lies there is none of its own.
    expect([second.kept(), second.checkpointStep()]).toEqual(['nothing had been written yet', null])
    expect(() => second.add({ type: 'notice', message: '' }, defaultRunConfig())).toThrow(
      'was made by another command meanwhile',
    )
    second.release()
    expect(readdirSync(scratch)).toEqual(['mine'])
    expect(existsSync(held)).toBe(true)
  })

  it('is tried before anything is computed', () => {
    const file = join(scratch, 'file')
    writeFileSync(file, '')
    const inside = join(scratch, 'new', 'folder')
    try {
      requireWritable(inside, '--out')
      expect(existsSync(join(scratch, 'new'))).toBe(false)
      expect(() => requireWritable(join(file, 'run'), '--out')).toThrow(`${file} is a file`)
      mkdirSync(join(scratch, 'there'))
      requireWritable(join(scratch, 'there'), '--out')
      expect(readdirSync(join(scratch, 'there'))).toEqual([])
    } finally {
      for (const name of ['file', 'there']) rmSync(join(scratch, name), { recursive: true, force: true })
    }
  })
})
