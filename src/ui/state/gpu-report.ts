import { batch, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { GpuReport, KernelRow } from '../../protocol/gpu-report.ts'
import type { Studio } from '../../protocol/studio.ts'
import { formatBrief, formatBytes, formatFlops, formatShare, formatTime } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { Draft } from './draft.ts'
import type { ModelState } from './models.ts'

export type GpuReportState = ReturnType<typeof createGpuReport>

/** What is known of the graphics adapter, and a way to measure it for the model that is chosen. */
export function createGpuReport(studio: Studio, draft: Draft, models: ModelState) {
  const [report, setReport] = createSignal<GpuReport | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [measuring, setMeasuring] = createSignal<{ share: number; note: string; stop: () => void } | null>(
    null,
  )

  async function look(): Promise<void> {
    setFailure(null)
    try {
      setReport(await studio.models.gpuReport())
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  async function measure(): Promise<void> {
    const model = models.chosen()
    if (!model || measuring()) return
    const stopping = new AbortController()
    const stop = () => stopping.abort()
    batch(() => {
      setFailure(null)
      setMeasuring({ share: 0, note: '', stop })
    })
    try {
      const found = await studio.models.gpuReport(
        { config: draft.usable(), model: model.id },
        {
          signal: stopping.signal,
          onProgress: ({ share, note = '' }) => setMeasuring({ share: share ?? 0, note, stop }),
        },
      )
      setReport(found)
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code !== 'cancelled') setFailure(problem)
    } finally {
      setMeasuring(null)
    }
  }

  return { report, failure, measuring, look, measure, dismiss: () => setFailure(null) }
}

/** How a kernel did, in words. */
export const rowFigures = ({ seconds, flops, bandwidth, check }: KernelRow) => ({
  time: seconds === null ? '—' : formatBrief(seconds),
  flops: flops === null ? '—' : formatFlops(flops),
  bandwidth: bandwidth === null ? '—' : `${formatBytes(bandwidth)}/s`,
  check: t(`gpu.check.${check}`),
})

/** All of it as Markdown, to be pasted into a bug report. It names nobody and no file. */
export function reportText(report: GpuReport): string {
  const { adapter, features, limits, rates, check, leftOut, kernels } = report
  const pairs = (of: Record<string, string | number>) =>
    Object.entries(of).map(([name, value]) => `| ${name} | ${cell(String(value))} |`)
  const table = (...rows: string[]) => ['| | |', '|---|---|', ...rows, '']
  const wrong = Object.entries(leftOut)
  return [
    `## ${t('gpu.title')}`,
    '',
    ...table(
      ...pairs(adapter),
      ...pairs({
        [t('gpu.build')]: report.build,
        [t('gpu.browser')]: report.browser,
        [t('gpu.features')]: features.join(', ') || '—',
        ...(rates && {
          [t('gpu.flops')]: formatFlops(rates.flops),
          [t('gpu.bandwidth')]: `${formatBytes(rates.bandwidth)}/s`,
        }),
        [t('gpu.checked')]: check
          ? t(check.passed ? 'gpu.checkPassed' : 'gpu.checkFailed', { when: formatTime(check.at) })
          : t('gpu.checkNever'),
      }),
    ),
    ...(check?.operations ?? []).flatMap(({ name, failure }) => (failure ? [`- ${name}: ${failure}`] : [])),
    `### ${t('gpu.leftOut')}`,
    '',
    ...(wrong.length === 0 ? [t('gpu.leftOutNone')] : wrong.map(([name, why]) => `- ${name}: ${why}`)),
    '',
    ...(kernels
      ? [
          `### ${t('gpu.kernelsOf', { model: kernels.model, tokens: kernels.tokens })}`,
          '',
          `| ${HEADS.map((head) => t(head)).join(' | ')} |`,
          '|---|---:|---:|---:|---:|---|',
          ...kernels.rows.map((row) => {
            const { time, flops, bandwidth, check } = rowFigures(row)
            return `| ${[row.name, row.dispatches, time, flops, bandwidth, check].join(' | ')} |`
          }),
          '',
        ]
      : []),
    `### ${t('gpu.limits')}`,
    '',
    ...table(...pairs(limits)),
  ].join('\n')
}

export const HEADS = [
  'gpu.kernel',
  'gpu.dispatches',
  'gpu.time',
  'gpu.speed',
  'gpu.moved',
  'gpu.check',
] as const

/** What share of the peak a kernel reaches, in words; null where neither is known. */
export function shareOfPeak({ flops }: KernelRow, rates: GpuReport['rates']): string | null {
  return flops === null || !rates || rates.flops <= 0 ? null : formatShare(flops / rates.flops)
}

const cell = (text: string) => text.replaceAll('|', '\\|')
