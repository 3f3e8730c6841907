import { type Accessor, batch, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type {
  ColumnRoles,
  DatasetInfo,
  Mapping,
  PreparedInfo,
  SampleInfo,
  Studio,
} from '../../protocol/studio.ts'

export type DataState = ReturnType<typeof createData>
export type Role = keyof ColumnRoles

/** What tokenising depends on besides the data itself. */
export interface Preparation {
  model: string
  maxLength: number
  completionOnlyLoss: boolean | null
  seed: number
}

const NO_MAPPING: Mapping = { prompt: null, response: null, system: null, messages: null, text: null }

/** The data set being worked on: opened, mapped to roles, tokenised for the chosen model. */
export function createData(studio: Studio, preparation: Accessor<Preparation | null>) {
  const [samples, setSamples] = createSignal<SampleInfo[]>([])
  const [stored, setStored] = createSignal<DatasetInfo[]>([])
  const [dataset, setDataset] = createSignal<DatasetInfo | null>(null)
  const [mapping, setMapping] = createSignal<Mapping>(NO_MAPPING)
  const [validationShare, setValidationShare] = createSignal(0.1)
  const [opening, setOpening] = createSignal<string | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [prepared, setPrepared] = createSignal<PreparedInfo | null>(null)
  const [preparing, setPreparing] = createSignal(false)
  const [prepareFailure, setPrepareFailure] = createSignal<Failure | null>(null)

  let openingAbort: AbortController | null = null

  async function loadLists(): Promise<void> {
    try {
      const [first, second] = await Promise.all([studio.data.samples(), studio.data.list()])
      batch(() => {
        setSamples(first)
        setStored(second)
      })
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  async function open(name: string, read: (signal: AbortSignal) => Promise<DatasetInfo>): Promise<boolean> {
    openingAbort?.abort()
    const abort = (openingAbort = new AbortController())
    batch(() => {
      setOpening(name)
      setFailure(null)
    })
    try {
      const info = await read(abort.signal)
      if (abort.signal.aborted) return false
      show(info)
      void studio.data.list().then(setStored, () => {})
      return true
    } catch (error) {
      const problem = toFailure(error)
      if (!abort.signal.aborted && problem.code !== 'cancelled') setFailure(problem)
      return false
    } finally {
      if (openingAbort === abort) setOpening(null)
    }
  }

  function show(info: DatasetInfo, chosen?: Mapping): void {
    const { reason: _, ...guess } = info.guess
    batch(() => {
      setFailure(null)
      setPrepared(null)
      setPrepareFailure(null)
      setMapping(chosen ?? guess)
      setDataset(info)
    })
  }

  /** One role for a column; the three ways of mapping (two columns, messages, text) exclude one another. */
  function setRole(role: Role, column: string | null): void {
    const next = { ...mapping(), [role]: column }
    if (column !== null) {
      if (role === 'messages') Object.assign(next, { prompt: null, response: null, system: null, text: null })
      else if (role === 'text')
        Object.assign(next, { prompt: null, response: null, system: null, messages: null })
      else Object.assign(next, { messages: null, text: null })
      for (const other of ['prompt', 'response', 'system'] as const)
        if (other !== role && next[other] === column) next[other] = null
    }
    setMapping(next)
  }

  const mapped = () => {
    const { prompt, response, messages, text } = mapping()
    return messages !== null || text !== null || (prompt !== null && response !== null)
  }

  const request = () => {
    const info = dataset()
    const basis = preparation()
    if (!info || !basis || !mapped()) return null
    return { dataset: info.id, mapping: mapping(), validationShare: validationShare(), ...basis }
  }

  let preparingAbort: AbortController | null = null
  let latest: { key: string; result: Promise<PreparedInfo> } | null = null

  /** The token table for what is chosen now, made if it is not there yet. Rejects with a Failure. */
  function prepare(): Promise<PreparedInfo> {
    const wanted = request()
    if (!wanted) return Promise.reject(toFailure(new DOMException('', 'AbortError')))
    const key = JSON.stringify(wanted)
    if (latest?.key === key) return latest.result
    preparingAbort?.abort()
    const abort = (preparingAbort = new AbortController())
    batch(() => {
      setPreparing(true)
      setPrepareFailure(null)
    })
    const result = studio.data.prepare(wanted, abort.signal)
    latest = { key, result }
    result.then(
      (info) =>
        latest?.key === key &&
        batch(() => {
          setPrepared(info)
          setPreparing(false)
        }),
      (error) => {
        if (latest?.key !== key) return
        latest = null
        batch(() => {
          setPrepared(null)
          setPrepareFailure(toFailure(error))
          setPreparing(false)
        })
      },
    )
    return result
  }

  // Tokenise again shortly after anything it depends on has changed, not at each key stroke.
  createEffect(
    on(request, (wanted) => {
      if (!wanted) {
        preparingAbort?.abort()
        latest = null
        setPrepared(null)
        setPreparing(false)
        return
      }
      const timer = setTimeout(() => prepare().catch(() => {}), 250)
      onCleanup(() => clearTimeout(timer))
    }),
  )

  /** A sample goes by its title, a file by its name. */
  const title = (info: DatasetInfo) =>
    samples().find((sample) => info.id === `sample-${sample.id}`)?.title ?? info.name

  void loadLists()

  return {
    samples,
    stored,
    title,
    dataset,
    mapping,
    mapped,
    validationShare,
    opening,
    failure,
    prepared,
    preparing,
    prepareFailure,
    setRole,
    setValidationShare,
    prepare,
    openSample: (id: string) =>
      open(samples().find((sample) => sample.id === id)?.title ?? id, () => studio.data.openSample(id)),
    openFile: (file: File) => open(file.name, (signal) => studio.data.openFile(file, signal)),
    reopen: show,
    cancelOpening: () => {
      openingAbort?.abort()
      setOpening(null)
    },
    report: setFailure,
    /** Back to the choice of data; what is stored stays. */
    close: () => {
      setDataset(null)
      setFailure(null)
    },
    async remove(id: string) {
      try {
        await studio.data.remove(id)
        if (dataset()?.id === id) setDataset(null)
        setStored(await studio.data.list())
      } catch (error) {
        setFailure(toFailure(error))
      }
    },
    loadLists,
  }
}
