import type { Kernel } from './kernel.ts'

/**
 * Remembers what `make` gave for each specialisation, so that all layers share their kernels: planning makes each one once,
 * and a device writes and compiles its text once. The spec is plain data, and `make` depends on nothing else. What is kept
 * are small objects, one for each shape that was ever planned.
 */
export function specialised<Spec extends object, Made>(make: (spec: Spec) => Made): (spec: Spec) => Made {
  const made = new Map<string, Made>()
  return (spec) => {
    const key = JSON.stringify(spec)
    let found = made.get(key)
    if (found === undefined) {
      found = make(spec)
      made.set(key, found)
    }
    return found
  }
}

/** A kernel, or how to make it. */
export type Variant = Kernel | (() => Kernel)

export const kernelOf = (variant: Variant): Kernel => (typeof variant === 'function' ? variant() : variant)

/** Kernels with the same bindings to choose between. */
export interface Choice {
  /** What a choice is recorded by: the family, as one word, and the shape. */
  key: string
  /** By name; the first is the default. */
  variants: Record<string, Variant>
}

/** A choice between kernels, each made when it is first asked for, and once. */
export function choice(key: string, makers: Record<string, () => Kernel>): Choice {
  return {
    key,
    variants: Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, once(make)])),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** What operations of all shapes have in common: the first word of a key. */
export const familyOf = (key: string): string => key.split(' ')[0]!

/**
 * Choices by key, from names by family, for all keys of a family that were asked.
 * @throws Error where none was, or one has no variant of that name
 */
export function choicesOf(
  asked: ReadonlyMap<string, Record<string, Variant>>,
  names: Readonly<Record<string, string>>,
): Record<string, string> {
  const choices: Record<string, string> = {}
  for (const [family, name] of Object.entries(names)) {
    const keys = [...asked.keys()].filter((key) => familyOf(key) === family)
    if (keys.length === 0)
      throw new Error(
        `nothing asks for ${family}, only for ${[...asked.keys()].join('; ') || 'nothing at all'}`,
      )
    for (const key of keys) {
      if (!Object.hasOwn(asked.get(key)!, name))
        throw new Error(`${key} has no variant ${name}, only ${Object.keys(asked.get(key)!).join(', ')}`)
      choices[key] = name
    }
  }
  return choices
}
