import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LANGUAGES } from '../../src/protocol/embed.ts'
import { PACK_LIMITS } from '../../src/protocol/pack.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { readLesson, readLessonFile } from '../../src/runs/lesson.ts'
import { lessonFile, READY_LESSONS } from '../../src/runs/ready-lessons.ts'

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')

test('headings of the second level are steps, with the part of the studio that each opens', () => {
  const lesson = readLesson(
    '\ufeff# Moods\r\n\r\nBefore.\r\n\r\n## Look {#data}\r\nRows.\r\n### More\r\n## Think\n## Odd {#nowhere} ##\n## Train {#train}\n',
  )
  expect(lesson).toEqual({
    title: 'Moods',
    steps: [
      { title: '', place: null, text: 'Before.' },
      { title: 'Look', place: 'data', text: 'Rows.\n### More' },
      { title: 'Think', place: null, text: '' },
      { title: 'Odd', place: null, text: '' },
      { title: 'Train', place: 'train', text: '' },
    ],
  })
})

test('within a block of code a # is none, and a text without headings is one step', () => {
  const code = 'Look:\n\n```sh\n## not a step\n~~~\n```\n\n~~~\n# nor this\n~~~'
  expect(readLesson(code)).toEqual({ title: null, steps: [{ title: '', place: null, text: code }] })
  expect(readLesson('')).toEqual({ title: null, steps: [] })
  expect(readLesson('#hashtag\n##no')).toEqual({
    title: null,
    steps: [{ title: '', place: null, text: '#hashtag\n##no' }],
  })
})

test('a file is a lesson in UTF-8 of a length that a pack takes, or says why not', async () => {
  expect(await readLessonFile(new Blob(['\ufeff# 心情\n']), 'a.md')).toBe('# 心情\n')
  // 心情 in Big5: read as it is it would be other letters.
  const big5 = new Blob([new Uint8Array([0x23, 0x20, 0xa4, 0xdf, 0xb1, 0xa1])])
  await expect(readLessonFile(big5, 'a.md')).rejects.toMatchObject({
    code: 'bad_file',
    message: 'a.md is not UTF-8 text.',
  })
  const long = new Blob(['x'.repeat(PACK_LIMITS.lessonBytes + 1)])
  await expect(readLessonFile(long, 'a.md')).rejects.toMatchObject({ code: 'bad_file' })
})

test.each(Object.entries(READY_LESSONS))(
  'the ready lesson %s has its text in each language, settings and data',
  (id, lesson) => {
    const { sample, languages } = lesson
    const read = (file: string) => readFileSync(join(PUBLIC, 'lessons', id, file), 'utf8')
    const english = readLesson(read('lesson.md'))
    expect(languages).toEqual(LANGUAGES)
    for (const asked of languages) {
      const { language, file } = lessonFile(lesson, asked)
      expect(language).toBe(asked)
      const { title, steps } = readLesson(read(file))
      expect(title).not.toBeNull()
      // Whoever changes the language goes on at the same step.
      expect(steps.map(({ place }) => place)).toEqual(english.steps.map(({ place }) => place))
      expect(existsSync(join(PUBLIC, 'lessons', id, file.replace('lesson', 'teacher')))).toBe(true)
    }
    const { steps } = english
    expect(steps.length).toBeGreaterThanOrEqual(5)
    expect(steps.map(({ place }) => place)).toEqual(expect.arrayContaining(['data', 'train', 'evaluate']))
    expect(lessonFile(lesson, 'ar-XB')).toEqual({ language: 'en', file: 'lesson.md' })
    const config = parseRunConfig(JSON.parse(read('run.json')))
    const samples = JSON.parse(readFileSync(join(PUBLIC, 'datasets', 'index.json'), 'utf8')) as {
      id: string
      file: string
      prompt: string
    }[]
    const found = samples.find((each) => each.id === sample)!
    expect(config.data).toMatchObject({ name: found.file, prompt: found.prompt })
  },
)
