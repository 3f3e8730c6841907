import { type Dataset, openDataset } from '../dataset/open.ts'
import { DRIVE_API } from '../dataset/sources/drive.ts'
import { HUB, type HubBases, hubConfigs, openHubSplit, searchHub } from '../dataset/sources/hub.ts'
import { hubDatasetOf, openAddress } from '../dataset/sources/url.ts'
import type { RemoteFile, RemoteOptions } from '../files/remote.ts'
import type { DatasetInfo, Finding, HubRequest, SourceProgress, SourceRoom } from '../protocol/studio.ts'

/** Where the services answer; tests put servers of their own here. */
export interface SourceBases extends HubBases {
  drive: string
}

type OnProgress = ((progress: SourceProgress) => void) | undefined

/**
 * Data sets from the network.
 * @param store keeps a data set that was read and says what the page shows of it
 * @param timing of retries
 */
export function dataSources(
  store: (dataset: Dataset, signal?: AbortSignal) => Promise<DatasetInfo>,
  bases: SourceBases = { ...HUB, drive: DRIVE_API },
  timing: RemoteOptions['timing'] = {},
): SourceRoom {
  const remote = (signal: AbortSignal | undefined, onProgress?: OnProgress): RemoteOptions => ({
    timing,
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress: (received, total) => onProgress({ received, total }) } : {}),
  })

  async function read(
    files: readonly RemoteFile[],
    signal: AbortSignal | undefined,
    more: { name?: string; findings?: Finding[] } = {},
  ): Promise<DatasetInfo> {
    const dataset = await openDataset(files, signal ? { signal } : {})
    const { name = dataset.name, findings = [] } = more
    return store({ ...dataset, name, findings: [...findings, ...dataset.findings] }, signal)
  }

  async function openHub(request: HubRequest, onProgress: OnProgress, signal?: AbortSignal) {
    const { id, config, split, token } = request
    const options = { ...remote(signal, onProgress), token }
    const name = config === 'default' ? `${id} (${split})` : `${id} (${config}, ${split})`
    return read(await openHubSplit({ id, config, split }, options, bases), signal, { name })
  }

  return {
    async openUrl(url, options = {}, signal, onProgress) {
      const id = hubDatasetOf(url)
      if (id === null) {
        const file = await openAddress(url, options, remote(signal, onProgress), bases.drive)
        return read([file], signal)
      }
      const { configs } = await hubConfigs(id, { ...remote(signal), token: options.token }, bases)
      const config = configs.find(({ name }) => name === 'default') ?? configs[0]!
      const split = config.splits.find(({ name }) => name === 'train') ?? config.splits[0]!
      const token = options.token ? { token: options.token } : {}
      return openHub({ id, config: config.name, split: split.name, ...token }, onProgress, signal)
    },

    searchHub: (query, signal, options = {}) =>
      searchHub(query, { ...remote(signal), token: options.token }, bases),

    hubConfigs: (id, options = {}, signal) =>
      hubConfigs(id, { ...remote(signal), token: options.token }, bases),

    openHub,
  }
}
