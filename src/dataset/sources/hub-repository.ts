import { remoteFile, remoteList } from '../../files/remote.ts'
import type { RemoteOptions } from '../../files/remote-client.ts'
import { fail } from '../../protocol/errors.ts'
import type { Finding } from '../../protocol/studio.ts'
import { cardConfigs } from './hub-card.ts'
import { layOut, type RepositoryFile, type RepositorySplit } from './hub-layout.ts'

const CARD = 'README.md'
/** Longer cards are cut: their head comes first. */
const MOST_CARD_BYTES = 1 << 20

/**
 * Splits of a data set from the files of its repository.
 * @param hub address of the Hub
 * @throws LapidaryError `network`, `missing_file` where the repository cannot be seen; `unsupported_format` where nothing in
 * it can be read as rows
 */
export async function repositorySplits(
  dataset: string,
  hub: string,
  options: RemoteOptions,
): Promise<{ splits: RepositorySplit[]; findings: Finding[] }> {
  const tree = new URL(`/api/datasets/${encoded(dataset)}/tree/main`, hub)
  tree.searchParams.set('recursive', 'true')
  const files = (await remoteList(tree.href, options)).flatMap(fileOf)
  const findings: Finding[] = []
  let configs: Awaited<ReturnType<typeof cardConfigs>> = []
  if (files.some(({ path }) => path === CARD)) {
    const { source } = await remoteFile(repositoryUrl(hub, dataset, CARD), options)
    const head = await source.read(0, Math.min(source.size, MOST_CARD_BYTES), options.signal)
    configs = await cardConfigs(new TextDecoder().decode(head))
  }
  if (configs === null)
    findings.push({
      severity: 'note',
      message: `The card of ${dataset} cannot be read: the YAML at its beginning is broken.`,
      hint: 'Its files were told apart by their names instead. Check that these are the rows you want.',
    })
  const splits = layOut(files, configs ?? [])
  if (splits.length === 0)
    fail(
      'unsupported_format',
      `The data set ${dataset} has no table at the Hub, and no file that can be read as rows.`,
      'It may hold images or sound, or need a script of its own to be made. Look at its page, or choose another.',
      { dataset, files: files.length },
    )
  return { splits, findings }
}

/** Where a file of a data set's repository lies. */
export function repositoryUrl(hub: string, dataset: string, path: string): string {
  return new URL(`/datasets/${encoded(dataset)}/resolve/main/${encoded(path)}`, hub).href
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** An entry of the tree; of large files it tells both the size of what stands for them and their own. */
function fileOf(entry: unknown): RepositoryFile[] {
  const { type, path, size, lfs } = entry as {
    type?: unknown
    path?: unknown
    size?: unknown
    lfs?: { size?: unknown }
  }
  return type === 'file' && typeof path === 'string' ? [{ path, size: Number(lfs?.size ?? size ?? 0) }] : []
}
