import { concatBytes } from '../lib/concat.ts'

/** A tensor of a state dict: row-major and contiguous. */
export interface PickledTensor {
  name: string
  dtype: 'F32' | 'BF16' | 'F16'
  shape: readonly number[]
}

const STORAGE = { F32: 'FloatStorage', BF16: 'BFloat16Storage', F16: 'HalfStorage' }

/**
 * `data.pkl` of what `torch.save` writes of a state dict (torch/serialization.py): a dict of names and tensors in Python's pickle protocol 2,
 * each `torch._utils._rebuild_tensor_v2` of storage number i, which lies beside it as `data/i`. Only what `weights_only=True` allows.
 */
export function pickledStateDict(tensors: readonly PickledTensor[]): Uint8Array<ArrayBuffer> {
  const out: Uint8Array[] = []
  const put = (...bytes: number[]) => out.push(Uint8Array.from(bytes))
  const op = (letter: string) => put(letter.charCodeAt(0))
  const ascii = (value: string) => out.push(new TextEncoder().encode(value))
  const global = (module: string, name: string) => ascii(`c${module}\n${name}\n`)
  const u32 = (value: number) => put(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value)
    op('X')
    u32(bytes.length)
    out.push(bytes)
  }
  const whole = (value: number) => {
    if (value < 2 ** 31) {
      op('J')
      u32(value)
      return
    }
    // LONG1: little-endian, two's complement.
    const digits: number[] = []
    for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) digits.push(rest % 256)
    if (digits.at(-1)! >= 128) digits.push(0)
    put(0x8a, digits.length, ...digits)
  }
  const tuple = (values: readonly number[]) => {
    op('(')
    values.forEach(whole)
    op('t')
  }
  put(0x80, 2)
  op('}')
  op('(')
  for (const [i, { name, dtype, shape }] of tensors.entries()) {
    text(name)
    global('torch._utils', '_rebuild_tensor_v2')
    op('(')
    op('(')
    text('storage')
    global('torch', STORAGE[dtype])
    text(String(i))
    text('cpu')
    whole(elements(shape))
    op('t')
    op('Q')
    whole(0)
    tuple(shape)
    tuple(shape.map((_, at) => elements(shape.slice(at + 1))))
    // requires_grad: False.
    put(0x89)
    global('collections', 'OrderedDict')
    op(')')
    op('R')
    op('t')
    op('R')
  }
  op('u')
  op('.')
  return new Uint8Array(concatBytes(out))
}

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
