/** Bob Jenkins' lookup3, `hashlittle` (burtleburtle.net/bob/c/lookup3.c), from an initial value of 0: the checksum of HDF5's metadata. */
export function lookup3(bytes: Uint8Array): number {
  let a = (0xdeadbeef + bytes.length) | 0
  let b = a
  let c = a
  if (bytes.length === 0) return c >>> 0
  // Little-endian words, with zeros behind the end.
  const word = (at: number) =>
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  let at = 0
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0
    b = (b + word(at + 4)) | 0
    c = (c + word(at + 8)) | 0
    a = ((a - c) ^ turned(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ turned(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ turned(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ turned(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ turned(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ turned(b, 4)) | 0
    b = (b + a) | 0
  }
  a = (a + word(at)) | 0
  b = (b + word(at + 4)) | 0
  c = (c + word(at + 8)) | 0
  c = ((c ^ b) - turned(b, 14)) | 0
  a = ((a ^ c) - turned(c, 11)) | 0
  b = ((b ^ a) - turned(a, 25)) | 0
  c = ((c ^ b) - turned(b, 16)) | 0
  a = ((a ^ c) - turned(c, 4)) | 0
  b = ((b ^ a) - turned(a, 14)) | 0
  c = ((c ^ b) - turned(b, 24)) | 0
  return c >>> 0
}

const turned = (value: number, by: number) => (value << by) | (value >>> (32 - by))
