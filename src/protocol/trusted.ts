/**
 * What the page's policy lets through (Trusted Types): markup of Solid's templates, which is part of the build, and scripts of this
 * site. Nothing else can make either.
 */
interface Policy {
  createHTML(text: string): string
  createScriptURL(address: string): string
}

/** As the policy of the page names it, see policy.ts. */
export const TRUSTED_POLICY = 'lapidary'

const { trustedTypes } = globalThis as {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy }
}

const RULES: Policy = {
  createHTML: (text) => text,
  createScriptURL(address) {
    if (new URL(address).origin === globalThis.origin) return address
    throw new TypeError(`Scripts of ${new URL(address).origin} do not run here.`)
  },
}

let policy: Policy | null = null
const own = () => (policy ??= trustedTypes?.createPolicy(TRUSTED_POLICY, RULES) ?? RULES)

/** For Solid's templates alone, which call it once they are built: see cli/trusted-build.ts. */
export const trustedTemplate = (text: string): string => own().createHTML(text)

/**
 * The address of a script, as sinks take it.
 * @throws TypeError where it is not of this site
 */
export const trustedScript = (address: string): string => own().createScriptURL(address)
