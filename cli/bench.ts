import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { comparisonTable, withComparison } from '../bench/comparison.ts'
import { benchOnDawn } from '../bench/dawn.ts'
import { commitOf, environment } from '../bench/environment.ts'
import { readOptions } from '../bench/options.ts'
import { benchTable, si } from '../bench/table.ts'
import type { BenchOptions, BenchReport, BenchResult } from '../bench/types.ts'
import { fail } from '../src/protocol/errors.ts'
import { parseFlags } from './args.ts'
import { pytorchStep } from './bench-python.ts'
import { openBrowser } from './browser.ts'
import { ROOT } from './build.ts'
import { report } from './report.ts'
import { serve } from './server.ts'

const HELP = `npm run bench -- [--peers [--markdown FILE]] [--json FILE] [--only SUITES] [--adapter chromium|dawn] [--full]

Measures matmul, attention, head, step (a training step) and decode on this machine's adapter, and prints a table.

  --json     file to write the results to
  --only     suites, with commas between them: matmul,attention,head,step,decode
  --adapter  chromium (default): headless, TensorFlow.js and jax-js beside the matmuls; dawn: in Node, on the Vulkan adapter
  --full     every size, however long it takes; default: under five minutes on a software adapter
  --peers    what is compared with others (matmul, step, decode), side by side in one table; with PyTorch and PEFT where
             Python is at hand
  --markdown puts that table into a Markdown file, between its marks
  --no-peers without TensorFlow.js and jax-js

npm run bench -- --processor [--model DIR] [--json FILE] [--only decode,pebble,train] [--threads 1,2] [--rounds 3]
                 [--types Q4_0,Q8_0,BF16] [--minutes 8]

Measures the engine without a graphics card in Chromium, by turns in one run: decoding and reading beside wllama on the same GGUFs
of a Gemma 3 270M (--model), Pebble beside ONNX Runtime Web, training beside PyTorch and PEFT; speed and memory of each. After --minutes nothing more is begun;
what was left out is told.`

const COMPARED = ['matmul', 'step', 'decode']

type Options = BenchOptions & { peers: boolean }

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
    .version

async function benchInChromium(
  options: Options,
  tell: (text: string) => void,
): Promise<{ result: BenchResult; runtime: string }> {
  const { build } = await import('esbuild')
  const built = await build({
    entryPoints: [join(ROOT, 'bench/page.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
    // Without splitting an import() is part of the one file.
    splitting: false,
    define: { BENCH_JAX_VERSION: JSON.stringify(versionOf('@jax-js/jax')) },
  })
  const served = (folder: string, path: string) => {
    const full = join(ROOT, 'node_modules', folder)
    return readdirSync(full)
      .filter((name) => /\.(wasm|mjs)$/.test(name))
      .map((name) => [`${path}${name}`, join(full, name)] as const)
  }
  const server = await serve({
    root: join(ROOT, 'bench'),
    files: new Map([
      ...served('@tensorflow/tfjs-backend-wasm/dist', '/'),
      ...served('onnxruntime-web/dist', '/ort/'),
    ]),
    texts: new Map([
      [
        '/bench.html',
        '<!doctype html><meta charset="utf-8"><script type="module" src="./bench.js"></script>',
      ],
      ['/bench.js', built.outputFiles[0]!.text],
      ['/favicon.ico', ''],
    ]),
  })
  const browser = await openBrowser()
  const stop = () => void browser.close().finally(() => process.exit(1))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    const { page } = browser
    page.on('pageerror', (error) => tell(`page: ${error.message}`))
    await page.exposeFunction('benchTell', tell)
    await page.goto(`${server.url}bench.html`)
    await page.waitForFunction(() => window.bench !== undefined, undefined, { timeout: 60_000 })
    const { result, agent } = await page.evaluate((given) => window.bench!(given), options)
    return { result, runtime: /(Headless)?Chrom\w+\/[\d.]+/.exec(agent)?.[0] ?? agent }
  } finally {
    await browser.close()
    await server.close()
  }
}

/** Where and when, in a line. */
function saidOf({ environment: e, adapter, software, peak }: BenchReport): string {
  const date = e.date.slice(0, 10)
  const busy = e.load !== null && e.load > 1 ? '; the machine was busy' : ''
  return `${e.runtime}, ${adapter}${software ? ' (software)' : ''} with ${si(peak.flops)}FLOP/s of f32 multiply-adds, ${e.host}, ${date}${busy}:`
}

try {
  const flags = parseFlags(process.argv.slice(2), {
    json: 'text',
    only: 'list',
    adapter: 'text',
    full: 'switch',
    peers: 'switch',
    markdown: 'text',
    processor: 'switch',
    model: 'text',
    threads: 'list',
    rounds: 'number',
    minutes: 'number',
    types: 'list',
    help: 'switch',
  })
  if (flags.help) console.log(HELP)
  else if (flags.processor) await (await import('./bench-processor.ts')).benchProcessor(flags)
  else {
    const adapter = flags.adapter ?? 'chromium'
    if (adapter !== 'chromium' && adapter !== 'dawn')
      fail('bad_config', `There is no adapter "${adapter}".`, 'It is chromium or dawn.', {
        flag: '--adapter',
      })
    const options = readOptions(flags.peers ? { ...flags, only: flags.only ?? COMPARED } : flags)
    const where = environment(commitOf(ROOT))
    const began = performance.now()
    const tell = (text: string) =>
      process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`)
    const { result, runtime } = await (adapter === 'dawn' ? benchOnDawn : benchInChromium)(options, tell)
    const whole: BenchReport = { environment: { ...where, runtime }, ...result }
    if (flags.peers) {
      const step = whole.compared.findIndex(({ what }) => what.startsWith('training step of pebble'))
      if (step >= 0) {
        tell('PyTorch and PEFT')
        const { what } = whole.compared[step]!
        const after = whole.compared.findLastIndex((one) => one.what === what)
        whole.compared.splice(after + 1, 0, await pytorchStep(what))
      }
    }
    console.log(benchTable(whole))
    if (flags.peers) console.log(`\n${comparisonTable(whole.compared)}`)
    if (flags.markdown)
      writeFileSync(
        flags.markdown,
        withComparison(readFileSync(flags.markdown, 'utf8'), whole.compared, saidOf(whole)),
      )
    if (flags.json) {
      mkdirSync(dirname(flags.json), { recursive: true })
      writeFileSync(flags.json, `${JSON.stringify(whole, null, 1)}\n`)
    }
    // Dawn's threads would keep the process.
    process.exit(0)
  }
} catch (error) {
  process.exit(report(error))
}
