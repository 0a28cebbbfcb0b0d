// The XML of JUnit for CI servers, with names that stay the same from run to run, so that servers can show a history. No `time`:
// servers would add up and chart it as the duration of a test, which a latency is not.

export type JUnitProblem = {
  readonly element: 'failure' | 'error' | 'skipped'
  readonly type: string
  readonly message: string
}

export type JUnitCase = {
  readonly component: string
  readonly name: string
  readonly problem: JUnitProblem | null
}

type Suite = { readonly profileName: string; readonly startedAt: string; readonly cases: readonly JUnitCase[] }

export function junitDocument({ profileName, startedAt, cases }: Suite): string {
  const count = (element: JUnitProblem['element']) => cases.filter(({ problem }) => problem?.element === element).length
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`
  const suite = `name="${escaped(`nautilus.${profileName}`)}" timestamp="${escaped(startedAt)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // The xUnit plugin of Jenkins refuses `skipped` here.
    `<testsuites name="nautilus" ${counts}>`,
    `  <testsuite ${suite} ${counts} skipped="${count('skipped')}">`,
    ...cases.map((entry) => caseElement(profileName, entry)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function caseElement(profileName: string, { component, name, problem }: JUnitCase): string {
  const className = `nautilus.${profileName}.${component}`
  const open = `    <testcase classname="${escaped(className)}" name="${escaped(name)}"`
  if (problem === null) return `${open}/>`
  const { element, type, message } = problem
  // A skipped case has a message only.
  const typed = element === 'skipped' ? '' : ` type="${type}"`
  return `${open}>\n      <${element}${typed} message="${escaped(message)}"/>\n    </testcase>`
}

/** Text for an attribute: XML 1.0 has no way to write most control characters, so they are left out. */
function escaped(text: string): string {
  return [...text]
    .filter((char) => isXmlChar(char.codePointAt(0) ?? 0))
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;')
}

const isXmlChar = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  code >= 0x1_0000
