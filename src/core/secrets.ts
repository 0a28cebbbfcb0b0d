// What may not appear in any output: values of the environment that a profile took in, and passwords in URLs.

export const mask = '***'

/** Shorter values are masked only where they stand as a whole value: `5` would tear holes in every figure. */
const secretCharsMin = 4

const userInfo = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#"'@:]*):([^\s/?#"']*)@/gi
const queryValue =
  /([?&](?:[\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|auth|credential|signature)[\w-]*)=)[^&#\s"']+/gi

/** Masks the password and the tell-tale query values of every URL in a text. */
export function maskUrl(text: string): string {
  return text.replaceAll(userInfo, `$1:${mask}@`).replaceAll(queryValue, `$1${mask}`)
}

/** Masks the given secrets, also where a URL or JSON has escaped them, and what `maskUrl` masks. */
export function maskSecrets(text: string, secrets: Iterable<string>): string {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < secretCharsMin) continue
    forms.add(secret).add(encodeURIComponent(secret)).add(JSON.stringify(secret).slice(1, -1))
  }
  // The longest first: a secret that contains another must go as a whole.
  const ordered = [...forms].sort((a, b) => b.length - a.length)
  return maskUrl(ordered.reduce((masked, form) => masked.replaceAll(patternOf(form), mask), text))
}

/** A secret of digits only is looked for as a whole number: within another figure it is no secret. */
const patternOf = (form: string): string | RegExp =>
  /^\d+$/.test(form) ? new RegExp(`(?<![\\d.,])${form}(?![.,]?\\d)`, 'g') : form

/** The passwords and tell-tale query values of the URLs in a text. */
export function secretsOfUrls(text: string): string[] {
  const passwords = [...text.matchAll(userInfo)].map((match) => match[2] ?? '')
  const values = [...text.matchAll(queryValue)].map((match) => match[0].slice((match[1] ?? '').length))
  return [...passwords, ...values].filter((secret) => secret !== '')
}
