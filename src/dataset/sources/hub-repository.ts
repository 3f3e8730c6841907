import { repositoryFiles, repositoryUrl } from '../../files/hub.ts'
import { remoteFile } from '../../files/remote.ts'
import type { RemoteOptions } from '../../files/remote-client.ts'
import { fail } from '../../protocol/errors.ts'
import type { Finding } from '../../protocol/studio.ts'
import { cardConfigs } from './hub-card.ts'
import { layOut, type RepositorySplit } from './hub-layout.ts'

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
  const repository = `datasets/${dataset}`
  const files = await repositoryFiles(repository, 'main', hub, options)
  const findings: Finding[] = []
  let configs: Awaited<ReturnType<typeof cardConfigs>> = []
  if (files.some(({ path }) => path === CARD)) {
    const { source } = await remoteFile(repositoryUrl(hub, repository, 'main', CARD), options)
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
