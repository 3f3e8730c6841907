import { type BaseModel, placeBesides } from './base.ts'

/** What `check.py` of a format needs, and what it is to be told. */
interface Checked {
  needs: string
  /** By what else it can be asked. */
  or?: string
  told?: (base: Pick<BaseModel, 'at' | 'kind'>, name: string) => string
}

const NEEDS = 'torch transformers'
const onBase: Checked['told'] = (base, name) => placeBesides(base, name)

const CHECKS: Record<string, Checked> = {
  peft: { needs: `${NEEDS} peft`, told: ({ at, kind }) => (kind === 'elsewhere' ? at : '') },
  merged: { needs: NEEDS },
  pt: { needs: NEEDS, told: onBase },
  'pt-merged': { needs: NEEDS, told: onBase },
  h5: { needs: `${NEEDS} h5py`, told: onBase },
  'h5-merged': { needs: `${NEEDS} h5py`, told: onBase },
  'h5-keras': { needs: 'torch h5py keras keras-hub' },
  mlx: { needs: 'mlx-lm', told: (base, name) => (base.kind === 'hub' ? '' : placeBesides(base, name)) },
  gguf: { needs: 'xllamacpp', or: 'http://localhost:8080' },
  'gguf-lora': { needs: 'xllamacpp', told: () => 'base.gguf', or: 'http://localhost:8080' },
}

/**
 * What a README says of the files that `withProof` puts beside it: the line to be run as it stands.
 * @param format of the registry; `h5-keras` where KerasHub loads it
 */
export function checkedLine(format: string, base: Pick<BaseModel, 'at' | 'kind'>, name: string): string {
  const { needs, or, told } = CHECKS[format]!
  const given = told?.(base, name) ?? ''
  const command = given === '' ? 'python check.py' : `python check.py ${quoted(given)}`
  const asked = or
    ? ` Of the server above \`python check.py ${or}\` asks the same, with nothing installed.`
    : ''
  return `Where \`proof.json\` lies here, \`${command}\` says whether it does in this library what it did where it was trained (\`pip install ${needs}\`).${asked}`
}

/** As a shell takes it. */
const quoted = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
