import { expect, test } from 'vitest'
import { besideWanted } from '../../src/ui/components/dropped.ts'

/** As a picker of folders gives it. */
function picked(path: string): File {
  const file = new File([], path.split('/').at(-1)!)
  Object.defineProperty(file, 'webkitRelativePath', { value: path.includes('/') ? path : '' })
  return file
}

const isConfig = (name: string) => name === 'config.json'
const chosen = (paths: string[]) =>
  besideWanted(paths.map(picked), isConfig).map(({ webkitRelativePath, name }) => webkitRelativePath || name)

test('of a folder with another one inside, whose files have the same names, the outer files are taken', () => {
  const own = ['gemma/tokenizer.json', 'gemma/config.json', 'gemma/model.safetensors']
  expect(chosen(['gemma/onnx/config.json', ...own, 'gemma/original/model.safetensors'])).toEqual(own)
})

test('of a folder around the model, the model', () => {
  expect(chosen(['all/notes.txt', 'all/gemma/config.json', 'all/gemma/tokenizer.json'])).toEqual([
    'all/gemma/config.json',
    'all/gemma/tokenizer.json',
  ])
})

test('files by themselves, and folders without a model, as they are', () => {
  expect(chosen(['config.json', 'tokenizer.json'])).toEqual(['config.json', 'tokenizer.json'])
  expect(chosen(['a/b.txt', 'a/c/d.txt'])).toEqual(['a/b.txt', 'a/c/d.txt'])
})
