/**
 * Encodings that a text which is no UTF-8 may have, the likeliest first: those under which it is made of the letters, and the words,
 * of one language. Empty where it looks Western, which Windows-1252 is read for. A guess to be offered, never followed.
 */
export function likelyEncodings(bytes: Uint8Array): string[] {
  const sample = bytes.subarray(0, SAMPLE)
  const { high, runs } = highBytes(sample)
  if (high < 4) return []
  // Latin text has a letter with an accent here and there; other alphabets have little else.
  const others = high / runs < 1.6 ? [] : CANDIDATES
  const western = scored(sample, 'windows-1252', oneLanguage(WESTERN), false)
  // Icelandic letters are where the Turkish ones are.
  const turkish = scored(sample, 'windows-1254', oneLanguage(['çğıöşüâîİ']))
  const icelandic = scored(sample, 'windows-1252', oneLanguage(['áðéíóúýþæö']), false)
  const isTurkish =
    turkish > 0.9 && turkish > icelandic && /[ðþýÝ]/.test(new TextDecoder('windows-1252').decode(sample))
  const latin = LATIN.map(({ encoding, languages }) => ({
    encoding,
    score: scored(sample, encoding, oneLanguage(languages)),
  })).filter(({ score }) => score > 0.9 && score > western + 0.1)
  if (isTurkish) latin.push({ encoding: 'windows-1254', score: turkish })
  return others
    .map(({ encoding, score }) => ({ encoding, score: scored(sample, encoding, score) }))
    .concat(latin)
    .filter(({ score }) => score > 0.5)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ encoding }) => encoding)
}

const SAMPLE = 65_536

function highBytes(bytes: Uint8Array): { high: number; runs: number } {
  let [high, runs] = [0, 0]
  for (let i = 0; i < bytes.length; i++)
    if (bytes[i]! >= 0x80) {
      high++
      if (i === 0 || bytes[i - 1]! < 0x80) runs++
    }
  return { high, runs }
}

/** Share of the letters beyond ASCII that fit; 0 where the bytes are no text of that encoding. */
function scored(
  bytes: Uint8Array,
  encoding: string,
  score: (letters: string[]) => number,
  fatal = true,
): number {
  try {
    // The last character may be cut off.
    const decoder = new TextDecoder(encoding, { fatal })
    const letters = [...decoder.decode(bytes, { stream: true })].filter((letter) => letter > '\u007f')
    return letters.length === 0 ? 0 : score(letters)
  } catch {
    return 0
  }
}

const share = (letters: readonly string[], fits: RegExp) =>
  letters.filter((letter) => fits.test(letter)).length / letters.length

/** Frequent in most texts of their kind. */
const SIMPLIFIED =
  /[的是不我一了在有人他这个们中来上大为和国时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运]/
const TRADITIONAL =
  /[的是不我一了在有人他這個們中來上大為和國時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指]/
const CJK = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/

/** Share of the letters in an alphabet, less where those that are frequent in its languages are not. */
const frequent = (alphabet: RegExp, most: RegExp) => (letters: readonly string[]) =>
  share(letters, alphabet) * Math.min(1, share(letters, most) / 0.5)

/** Mostly small letters, as sentences are: the same bytes are often capitals under another encoding. */
const cased = (small: RegExp, capital: RegExp, most: RegExp) => (letters: string[]) => {
  const [low, high] = [share(letters, small), share(letters, capital)]
  return low > high ? (low + high) * Math.min(1, share(letters, most) / 0.5) : 0
}
const CYRILLIC = cased(/[а-яёіїєґў]/, /[А-ЯЁІЇЄҐЎ]/, /[оеаинтсрвлукіОЕАИНТСРВЛУК]/)

/** Letters beyond ASCII of languages that are written with Latin letters, small ones. */
const WESTERN = [
  'àâæçéèêëîïôœùûüÿ',
  'äöüß',
  'áéíñóúü¿¡',
  'ãáàâçéêíõóôú',
  'àèéìíòóùú',
  'àçèéíïòóúü',
  'åäöæøé',
  'áðéíóúýþæö',
  'éëïöüá',
]
const SIGNS = '«»“”„‘’‚–—…€§°•\u00a0'
const LATIN: readonly { encoding: string; languages: readonly string[] }[] = [
  ...['windows-1250', 'iso-8859-2'].map((encoding) => ({
    encoding,
    languages: ['ąćęłńóśźż', 'áčďéěíňóřšťúůýž', 'áäčďéíĺľňóôŕšťúýž', 'áéíóöőúüű', 'čćđšž', 'ăâîşţ'],
  })),
  { encoding: 'windows-1257', languages: ['ąčęėįšųūž', 'āčēģīķļņšūž', 'äöõüšž'] },
  { encoding: 'macintosh', languages: WESTERN },
]

/** Share of the letters that the language has of which there are most. */
const oneLanguage = (languages: readonly string[]) => (letters: string[]) =>
  Math.max(
    ...languages.map(
      (own) =>
        letters.filter(
          (letter) => own.includes(letter) || own.includes(letter.toLowerCase()) || SIGNS.includes(letter),
        ).length,
    ),
  ) / letters.length

const CANDIDATES: readonly { encoding: string; score: (letters: string[]) => number }[] = [
  {
    encoding: 'gb18030',
    score: (letters) => (0.6 * share(letters, CJK) + 0.8 * share(letters, SIMPLIFIED)) / 1.2,
  },
  {
    encoding: 'big5',
    score: (letters) => (0.6 * share(letters, CJK) + 0.8 * share(letters, TRADITIONAL)) / 1.2,
  },
  {
    encoding: 'shift_jis',
    score: (letters) =>
      share(letters, /[\u3040-\u30ff]/) > 0.2 ? share(letters, /[\u3040-\u30ff]/) + share(letters, CJK) : 0,
  },
  {
    encoding: 'euc-jp',
    score: (letters) =>
      share(letters, /[\u3040-\u30ff]/) > 0.2 ? share(letters, /[\u3040-\u30ff]/) + share(letters, CJK) : 0,
  },
  {
    encoding: 'euc-kr',
    score: (letters) =>
      share(letters, /[\uac00-\ud7af]/) > 0.6 ? 1.2 * share(letters, /[\uac00-\ud7af]/) : 0,
  },
  { encoding: 'windows-1251', score: CYRILLIC },
  { encoding: 'koi8-r', score: CYRILLIC },
  { encoding: 'ibm866', score: (letters) => 0.98 * CYRILLIC(letters) },
  { encoding: 'iso-8859-5', score: (letters) => 0.99 * CYRILLIC(letters) },
  { encoding: 'windows-1253', score: cased(/[α-ωά-ώ]/, /[Α-ΩΆ-Ώ]/, /[αοιετσνηυρκά-ώ]/) },
  { encoding: 'windows-1255', score: frequent(/[\u05b0-\u05f4]/, /[יוהלאמרתבשנח]/) },
  { encoding: 'windows-1256', score: frequent(/[\u0600-\u06ff]/, /[اليمنوترهعبدسكف]/) },
  { encoding: 'windows-874', score: frequent(/[\u0e00-\u0e7f]/, /[านรอกเงมยลวดทสต่้ีั]/) },
]
