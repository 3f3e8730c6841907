/** What stands between a sentence and the next: nothing behind a full-width mark, as Chinese is written, else a space. */
export const gap = (before: string): string => (/[。！？：；，、）」』]$/.test(before) ? '' : ' ')

/** Sentences, one after the other; those that there are not are left out. */
export const sentences = (...all: (string | false | null | undefined | 0)[]): string =>
  all
    .filter((each) => typeof each === 'string' && each !== '')
    .reduce((text: string, each) => (text === '' ? `${each}` : `${text}${gap(text)}${each}`), '')
