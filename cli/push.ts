import { mkdtempSync, openAsBlob, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { isRepository } from '../src/protocol/read-address.ts'
import { pathOnHub } from '../src/protocol/rooms/push.ts'
import type { PushRequest } from '../src/protocol/studio.ts'
import { pushFiles } from '../src/workers/hub/push.ts'
import { endpointOf, tokenFor } from './hub.ts'

export interface PushJob extends Pick<PushRequest, 'repo' | 'kind' | 'visibility'> {
  endpoint: string
  token: string
}

/**
 * What `--push` asks for, before anything is written.
 * @throws LapidaryError `bad_config` for a name that is none, `gated` where there is no token
 */
export function pushJob(repo: string, visibility: PushRequest['visibility'], env = process.env): PushJob {
  if (!isRepository(repo))
    fail('bad_config', `--push ${repo} is no name of a repository.`, 'Give OWNER/NAME.', { flag: '--push' })
  const endpoint = endpointOf(env)
  const token = tokenFor({ kind: 'hub', repo, endpoint }, env)
  if (token === null)
    fail(
      'gated',
      '--push needs an access token that may write.',
      `Make one at ${endpoint}/settings/tokens, and put it into the environment as HF_TOKEN.`,
      { flag: '--push' },
    )
  return { repo, visibility, endpoint, token }
}

/**
 * Writes an export into a folder for the time being, and pushes what is in it.
 * @param write makes the folder
 * @param tell hears first exactly what is sent where, then how far it is, in lines
 * @returns the repository's address
 */
export async function pushExport(
  job: PushJob,
  title: string,
  write: (folder: string) => Promise<void>,
  tell: (line: string) => void,
): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'lapidary-push-'))
  try {
    const folder = join(scratch, 'files')
    await write(folder)
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
    const files = await Promise.all(
      paths.map(async (path) => ({
        path: relative(folder, path).split(sep).join('/'),
        content: await openAsBlob(path),
      })),
    )
    const { token, ...place } = job
    tell(`To ${job.endpoint}/${pathOnHub(job.repo, job.kind)} (${job.visibility}), as the commit "${title}":`)
    for (const { path, content } of files) tell(`  ${path} (${content.size} bytes)`)
    let told = 0
    const { url, commit } = await pushFiles(files, { ...place, title }, token, {
      onProgress({ share }) {
        const tenth = Math.floor(10 * (share ?? 0))
        if (tenth > told) tell(`${10 * tenth}%`)
        told = Math.max(told, tenth)
      },
    })
    tell(`commit ${commit}`)
    return url
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
