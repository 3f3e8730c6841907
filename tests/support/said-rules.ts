import { type Module, type Node, nameOf } from './said-syntax.ts'

/** Words, a value (of which the texts that it may be are known or not), or one of several wordings. */
export type Part = string | { hole: Template[] | null } | { choice: Template[] }
export type Template = Part[]

/** Properties in which a text stands that a person is told. */
export const PROPERTIES = new Set(['message', 'hint', 'note', 'label', 'about', 'reason'])
/** Of these their names are shown, too. */
export const NAMED = /\bexport\/formats\/|\bengine\/check\/cases\.ts$/
/** What no page shows: the command line's own, the script for pages around, and what is written into files. */
export const ELSEWHERE =
  /\bui\/(messages|chat-page)\/|\bworkers\/headless|\bsrc\/embed\.ts$|\bexport\/(proof-files|tolerance|serving|notebook)\.ts$/
/** Modules of which every text is told, by ways that syntax does not show. */
export const SAYING = new RegExp(
  `/(${[
    'trainer/(loop|best|schedule)',
    'dataset/(rows|messages|tools|guess|readers/expand|sources/(drive|hub))',
    'files/(tfds-features|gguf|gguf-metadata|chunked-fetch)',
    'gpu/agreement',
    'lib/json-reason',
    'model/(gguf|config|layers|neighbours)',
    'tokens/(gguf-tokenizer|tokenizer)',
    'workers/(prepared-run|active-run|worker-host|data-opening|engine/remembering)',
    'export/merged-folder',
    'protocol/(proof|run-config)',
  ].join('|')})\\.ts$`,
)
/** Functions that are given a text to be told. */
export const REPORTS = new Set(['onProgress', 'outOfRange', 'leaveOut'])
/** Names of fields, formats, models and licences are the same in every language. */
export const SAME = new Set(
  'template random linear bias default base key index split list train other null last run adapter peft lapidary bfd auto from step eval type is string splits finished stopped start stop Modelfile RunEndEncoded ListView LargeListView'.split(
    ' ',
  ),
)
export const NAMES =
  /^([\w ]*Gemma( \w+)?|gemma3 around x|[\w .]*(License|Commons|Terms of Use)[\w .]*|x [kMG]B|Pasted cells.*)$/
export const WORD = /[A-Za-z]{2,}/

/** Whether a text stands for itself: not in another one, in an error of the program, or where a module is named. */
export function isOwn(module: Module, node: Node): boolean {
  for (let at = module.parents.get(node); at; at = module.parents.get(at)) {
    if (/^(TemplateLiteral|BinaryExpression|ImportDeclaration|TSLiteralType|SwitchCase)$/.test(at.type))
      return false
    if (at.type === 'NewExpression' && nameOf(at.callee as Node) === 'Error') return false
    if (/Statement$|Declaration$/.test(at.type)) return true
  }
  return true
}

/** What a schema says of a value that it refuses: `v.minLength(1, 'must name a column')`. */
export function isRule(node: Node): boolean {
  if (node.type !== 'CallExpression') return false
  const { type, object } = node.callee as Node
  return type === 'MemberExpression' && nameOf(object as Node) === 'v'
}

export const isWordy = (template: Template): boolean =>
  template.some((part) =>
    typeof part === 'string'
      ? WORD.test(part)
      : 'choice' in part
        ? part.choice.some(isWordy)
        : part.hole !== null,
  )

/** `run.json`, `lora_r`, `model.norm`, `{0}/pack.json`: nothing that is said otherwise elsewhere. */
export function isName(template: Template): boolean {
  const bare = template
    .map((part) => (typeof part === 'string' ? part : 'choice' in part ? ' ' : 'x'))
    .join('')
  if (NAMES.test(bare)) return true
  return (
    !/\s/.test(bare.trim()) && (/[._/[]\S|\d|,/.test(bare) || /^[A-Z0-9-]+$/.test(bare) || SAME.has(bare))
  )
}
