import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from '../cli/build.ts'
import { serve } from '../cli/server.ts'
import { mulberry } from '../src/engine/check/values.ts'
import { CommandBed, TARGETS } from './kills/command.ts'
import { KINDS, type Kind, type Outcome, repeated, SAVE_STEPS, STEPS, table } from './kills/moments.ts'
import { PageBed } from './kills/page.ts'

/**
 * Runs cut off at moments drawn by seed, by page and command line: does each go on, or begin again, with one press or one
 * command, and end as a run without a break does, bit for bit? Needs Linux, whose list of processes it reads.
 *
 *   npx tsx bench/kills.ts [--kills 60] [--losses 20] [--seed 1] [--only page|command] [--kind any] [--out FILE]
 *
 * Kills: a sixth between the last step and the last checkpoint, a sixth before the first checkpoint, the rest at any moment;
 * half of them by page (the browser), half by command line (command, browser, both); `--kind` leaves one of the three. On the portable engine. Losses: the
 * browser's process for the graphics card is killed, each time in a fresh browser. On WebGPU.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '60' },
    losses: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    kind: { type: 'string' },
    out: { type: 'string' },
  },
})
const [kills, losses, seed] = [values.kills, values.losses, values.seed].map(Number) as [
  number,
  number,
  number,
]
if (values.kind !== undefined && !KINDS.some((kind) => kind === values.kind))
  throw new Error(`--kind is one of: ${KINDS.join(', ')}`)
const random = mulberry(seed)
const outcomes: Outcome[] = []
/** A moment that was missed is drawn again so often. */
const TRIES = 8

async function drawn(try_: (share: number) => Promise<Outcome | null>): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    const began = performance.now()
    const found = await try_(random() * 0.95)
    if (!found) continue
    outcomes.push(found)
    if (values.out !== undefined) tell(outcomes)
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    const { where, what, kind, reached, from, wrong } = found
    process.stderr.write(
      `${outcomes.length}: ${where}, ${what}, ${kind}: step ${reached}, from ${from ?? 'the start'}, ${seconds} s ${wrong.length > 0 ? `WRONG: ${wrong.join(' ')}` : 'fine'}\n`,
    )
    return
  }
  throw new Error(`missed ${TRIES} times`)
}

/** Of the command that gives the table: what is left out. */
const rest = (['only', 'kind'] as const)
  .map((name) => (values[name] === undefined ? '' : ` --${name} '${values[name]}'`))
  .join('')

/** Writes down what there is so far; without a file only at the end. */
function tell(outcomes: readonly Outcome[]): void {
  const bad = outcomes.filter(({ wrong }) => wrong.length > 0).length
  const minutes = ((performance.now() - began) / 60_000).toFixed(0)
  const most = Math.max(0, ...outcomes.map(repeated))
  const text = `# Runs cut off

\`npx tsx bench/kills.ts --kills ${kills} --losses ${losses} --seed ${seed}${rest}\`: ${outcomes.length} of ${kills + losses} runs of Pebble of ${STEPS} steps, a checkpoint
every ${SAVE_STEPS}, cut off at moments drawn by seed, in ${minutes} minutes. ${bad === 0 ? 'Each went on, or began again, and equals the run without a break bit for bit' : `${bad} of them are not as they should be`};
at most ${most} steps were computed twice.

${table(outcomes)}
`
  if (values.out === undefined) process.stdout.write(text)
  else writeFileSync(values.out, text)
}

/** Kinds of so many kills: the rare moments first. */
function kinds(count: number): Kind[] {
  if (values.kind !== undefined) return Array.from({ length: count }, () => values.kind as Kind)
  const rare = Math.round(count / 6)
  return Array.from({ length: count }, (_, i) =>
    i < rare ? 'after the last step' : i < 2 * rare ? 'before the first checkpoint' : 'any',
  )
}

if (values.out !== undefined) mkdirSync(dirname(values.out), { recursive: true })
const began = performance.now()
const root = await ensureBuilt((text) => process.stderr.write(`${text}\n`))
const server = await serve({ root })
const share = (all: number, who: string) =>
  values.only === undefined ? all / 2 : values.only === who ? all : 0
try {
  for (const [count, engine] of [
    [kills, 'portable'],
    [losses, 'webgpu'],
  ] as const) {
    const byPage = Math.ceil(share(count, 'page'))
    const byCommand = Math.floor(share(count, 'command'))
    if (byPage > 0) {
      const bed = await PageBed.make(server.url, engine)
      try {
        if (engine === 'webgpu') for (let i = 0; i < byPage; i++) await drawn((at) => bed.loseDevice(at))
        else for (const kind of kinds(byPage)) await drawn((at) => bed.cutOff(kind, at))
      } finally {
        bed.close()
      }
    }
    if (byCommand > 0) {
      const bed = await CommandBed.make(engine)
      try {
        if (engine === 'webgpu') for (let i = 0; i < byCommand; i++) await drawn((at) => bed.loseDevice(at))
        else
          for (const [i, kind] of kinds(byCommand).entries())
            await drawn((at) => bed.cutOff(kind, at, TARGETS[i % TARGETS.length]!))
      } finally {
        bed.close()
      }
    }
  }
} finally {
  await server.close()
}

tell(outcomes)
if (outcomes.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1
