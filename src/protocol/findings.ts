import { type Finding, isOfReading } from './preparation.ts'

/** Everything that is known of data at a moment, from wherever it was found; page and command line show the same. */
export interface FoundSoFar {
  /** By opening the file. */
  opening: readonly Finding[]
  /** By looking through all rows; null while that is not done. */
  inspected: readonly Finding[] | null
  /** By making tokens; `exact` where they are of all rows. */
  prepared: readonly Finding[]
  exact: boolean
}

/** Each finding once, the worst first. */
export function knownFindings({ opening, inspected, prepared, exact }: FoundSoFar): Finding[] {
  // What was said of a sample's lengths is known of all examples once they are tokens.
  const looked = inspected?.filter(({ fix }) => !(exact && fix?.kind === 'training'))
  // How the file was read stays true whatever is found in its rows.
  const known = looked ? [...opening.filter(isOfReading), ...looked] : opening
  // Preparing names again, row by row, what looking through all rows has summed up.
  const further = prepared.filter(
    (finding) => !looked?.some((other) => other.row === finding.row && other.severity === finding.severity),
  )
  return sortFindings([...known, ...further])
}

const WORST = { error: 0, warning: 1, note: 2 }

/** Each finding once, the worst first; among equals, those that can be mended at a press. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>()
  for (const finding of findings) {
    const key = finding.kind
      ? `${finding.kind}|${finding.column}|${finding.row}|${finding.message}`
      : `${finding.message}|${finding.row}|${finding.column}`
    const known = seen.get(key)
    if (!known || (!known.fix && finding.fix)) seen.set(key, finding)
  }
  return [...seen.values()].sort(
    (a, b) => WORST[a.severity] - WORST[b.severity] || Number(!a.fix) - Number(!b.fix),
  )
}
