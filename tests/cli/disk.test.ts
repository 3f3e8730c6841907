import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireRoom, unwritten } from '../../cli/disk.ts'

test('what cannot fit is refused before anything is written, with both sizes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-disk-'))
  try {
    requireRoom(join(folder, 'not', 'yet'), 1, '--out')
    expect(() => requireRoom(join(folder, 'not', 'yet'), 1e18, '--out')).toThrow(
      /no room in .*not.yet: 1000000000000\.0 MB are to be written, and [\d.]+ MB are free/,
    )
    expect(readdirSync(folder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a failure to write is told by its file; one to read, and any other, stays as it is', () => {
  const error = (fields: object) => Object.assign(new Error('E'), fields)
  const told = (fields: object) => unwritten(error(fields), '/run/merged', 'Make room.')
  expect(told({ code: 'ENOSPC', syscall: 'write' })).toMatchObject({
    code: 'not_saved',
    message: '/run/merged could not be written: the disk is full.',
    hint: 'Make room.',
  })
  expect(told({ code: 'EACCES', syscall: 'open', path: '/run/merged.7.part/a' })).toMatchObject({
    message: '/run/merged could not be written: it may not be written.',
  })
  for (const other of [
    { code: 'ENOENT', syscall: 'open', path: '/base/model.safetensors' },
    { code: 'ENOSPC' },
    { code: 'EBADF', syscall: 'write' },
  ]) {
    const given = error(other)
    expect(unwritten(given, '/run/merged', '')).toBe(given)
  }
})
