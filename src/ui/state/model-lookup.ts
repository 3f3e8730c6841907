import { batch, createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { HUB_ENDPOINT, type ModelAddress } from '../../protocol/model-address.ts'
import type { HubAccess, RemoteModel, Studio } from '../../protocol/studio.ts'
import { recall, remember } from './memory.ts'

/** As `workers/hub-oauth.ts` finds it: by the page of a static Space, or by this page's own head. */
const registered = (): boolean =>
  'huggingface' in window || document.querySelector('meta[name="huggingface-client-id"]') !== null

interface ChosenHub {
  text: string
  /** That is asked. */
  endpoint: string
  problem: Failure | null
}

/** @param before the hub that is asked while the text names none */
async function readHub(text: string, before: string): Promise<ChosenHub> {
  try {
    const { parseHubEndpoint } = await import('../../protocol/hub-endpoint.ts')
    const endpoint = parseHubEndpoint(text, 'page')
    return { text: endpoint === HUB_ENDPOINT ? '' : endpoint, endpoint, problem: null }
  } catch (error) {
    return { text, endpoint: before, problem: toFailure(error) }
  }
}

export type ModelLookup = ReturnType<typeof createModelLookup>

/** A model elsewhere that is looked at before it is fetched, and the account that it may take. Nothing is asked but at a press. */
export function createModelLookup(studio: Studio) {
  const [text, setText] = createSignal('')
  const kept = String(recall<{ endpoint: unknown }>('hub')?.endpoint ?? '')
  const [hub, setHub] = createSignal<ChosenHub>({
    text: kept,
    endpoint: /^https?:\/\/[^\s/?#]/.test(kept) && URL.canParse(kept) ? kept : HUB_ENDPOINT,
    problem: null,
  })
  // Earlier versions kept whatever was typed.
  let settling: Promise<unknown> =
    kept === ''
      ? Promise.resolve()
      : readHub(kept, HUB_ENDPOINT).then((read) => hub().text === kept && setHub(read))
  const endpoint = () => hub().endpoint
  const [found, setFound] = createSignal<RemoteModel | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [busy, setBusy] = createSignal(false)
  const [access, setAccess] = createSignal<HubAccess | null>(null)
  const [token, setToken] = createSignal('')
  const [keep, setKeep] = createSignal(false)
  const [accessFailure, setAccessFailure] = createSignal<Failure | null>(null)
  const [signing, setSigning] = createSignal(false)
  let asked: AbortController | null = null
  let looked: ModelAddress | null = null

  /** Another hub than Hugging Face's own: a mirror, or a school's. It is kept, as a token for it is not. */
  async function setEndpoint(address: string): Promise<void> {
    const before = endpoint()
    const reading = readHub(address, before)
    settling = reading
    const now = setHub(await reading)
    if (now.problem) return
    remember('hub', now.endpoint === HUB_ENDPOINT ? null : { endpoint: now.endpoint })
    if (now.endpoint === before) return
    batch(() => {
      setAccess(null)
      setFound(null)
      setAccessFailure(null)
    })
    void findAccess()
  }

  async function look(address?: ModelAddress): Promise<void> {
    stop()
    const own = (asked = new AbortController())
    batch(() => {
      setFound(null)
      setFailure(null)
      setAccessFailure(null)
      setBusy(true)
    })
    try {
      // What was typed into another field just before counts.
      await settling
      looked =
        address ?? (await import('../../protocol/read-address.ts')).parseModelAddress(text(), endpoint())
      const model = await studio.models.lookUp(looked, { signal: own.signal })
      if (asked === own) setFound(model)
    } catch (error) {
      if (asked === own) setFailure(toFailure(error))
    } finally {
      if (asked === own) setBusy(false)
    }
  }

  function stop(): void {
    asked?.abort()
    asked = null
    setBusy(false)
  }

  function close(): void {
    stop()
    batch(() => {
      setFound(null)
      setFailure(null)
      setAccessFailure(null)
    })
  }

  async function findAccess(): Promise<void> {
    const of = endpoint()
    const now = await studio.models.hubAccess(of).catch(() => null)
    if (endpoint() === of) setAccess(now)
  }

  /** To the Hub's own page; what it sends back is taken when this page opens again. */
  async function goSignIn(): Promise<void> {
    setAccessFailure(null)
    try {
      const page = await studio.models.signInPage()
      if (page !== null) location.assign(page)
    } catch (error) {
      setAccessFailure(toFailure(error))
    }
  }

  /** What the Hub's page sent back, where one comes from there. */
  async function takeSignIn(): Promise<void> {
    try {
      const now = await studio.models.takeSignIn()
      if (now) setAccess(now)
    } catch (error) {
      setAccessFailure(toFailure(error))
    }
  }
  void takeSignIn()

  /** The token leaves the field at once; what was looked at is looked at again with it. */
  async function signIn(): Promise<void> {
    const given = token()
    batch(() => {
      setSigning(true)
      setAccessFailure(null)
    })
    try {
      setAccess(await studio.models.signIn(given, { remember: keep(), endpoint: endpoint() }))
      setToken('')
      const model = found()
      if (model && !model.readable) await look(model.address)
    } catch (error) {
      setAccessFailure(toFailure(error))
    } finally {
      setSigning(false)
    }
  }

  async function signOut(): Promise<void> {
    await studio.models.signOut(endpoint()).catch((error: unknown) => setAccessFailure(toFailure(error)))
    await findAccess()
  }

  return {
    text,
    setText,
    endpoint,
    /** As it was typed, where it is not the Hub's own; with what is wrong with it, where `endpoint` is still the one before. */
    hub,
    setEndpoint,
    found,
    failure,
    busy,
    look,
    /** What was looked at last, as it was read. */
    asked: () => looked,
    close,
    stop,
    access,
    findAccess,
    goSignIn,
    /** Whether this host is registered at the Hub, so that people can sign in there. */
    registered,
    token,
    setToken,
    keep,
    setKeep,
    accessFailure,
    signing,
    signIn,
    signOut,
  }
}
