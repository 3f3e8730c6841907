/** What a reader throws where a check sum, a count or a length is wrong: the only case in which a file is called damaged. */
export class Damaged extends Error {}

/** What a reader throws where a file has something that its format allows and the reader does not know. */
export class Unsupported extends Error {}
