import type { ModelLicence } from '../../protocol/studio.ts'

/** Of the licences that Gemma models have: what people call them, and where they are written. */
const KNOWN: Record<string, [name: string, link: string]> = {
  gemma: ['Gemma Terms of Use', 'https://ai.google.dev/gemma/terms'],
  'apache-2.0': ['Apache License 2.0', 'https://www.apache.org/licenses/LICENSE-2.0'],
  mit: ['MIT License', 'https://opensource.org/license/mit'],
  'cc-by-4.0': ['Creative Commons Attribution 4.0', 'https://creativecommons.org/licenses/by/4.0/'],
  'health-ai-developer-foundations': [
    'Health AI Developer Foundations Terms of Use',
    'https://developers.google.com/health-ai-developer-foundations/terms',
  ],
}

/** What a model's card says of its licence; null where it says nothing. */
export function licenceOf(card: unknown): ModelLicence | null {
  if (typeof card !== 'object' || card === null) return null
  const { license, license_name, license_link } = card as Record<string, unknown>
  const given = Array.isArray(license) ? license[0] : license
  const named = typeof license_name === 'string' && license_name !== '' ? license_name : null
  if (typeof given !== 'string' && named === null) return null
  const id = given === 'other' || typeof given !== 'string' ? (named ?? 'other') : given
  const [name, link] = KNOWN[id.toLowerCase()] ?? [named ?? id, null]
  const own = typeof license_link === 'string' && /^https:\/\//.test(license_link) ? license_link : null
  return { id, name, link: own ?? link }
}
