import { createHash } from 'node:crypto'
import type { RunResult } from '../../results/run-result.js'
import { headlineSentence, headlineWord } from '../headline.js'
import type { Shown } from '../words.js'
import {
  accountingSection,
  casesSection,
  claimsSection,
  componentsSection,
  cpuProfilesSection,
  instrumentSection,
  profileSection,
  systemSection,
} from './facts-sections.js'
import { html, type Markup, trusted } from './markup.js'
import { percentileSection } from './percentile-curve.js'
import { script } from './script.js'
import { slowestSection } from './slowest.js'
import { style } from './style.js'
import { timelineSection } from './timeline.js'
import { checksSection, verdictSection } from './verdict-section.js'
import { attributionSection } from './waterfall.js'

// The report in one file that loads nothing: what the policy in its head does not name by hash is neither run nor fetched. All
// of it can be read with scripting off; the script only adds a reading cursor to the charts.

type Section = { readonly id: string; readonly title: string; readonly body: Markup | null }

export function htmlReport(result: RunResult, { verdict, context }: Pick<Shown, 'verdict' | 'context'>): string {
  const sections = [
    { id: 'checks', title: 'Checks', body: checksSection(verdict) },
    { id: 'components', title: 'Components', body: componentsSection(result, verdict) },
    { id: 'cases', title: 'Functions', body: casesSection(result, verdict) },
    { id: 'claims', title: 'Claims', body: claimsSection(result) },
    { id: 'percentiles', title: 'Percentiles', body: percentileSection(result, verdict) },
    { id: 'timeline', title: 'Timeline', body: timelineSection(result, verdict) },
    { id: 'attribution', title: 'Where the time went', body: attributionSection(result) },
    { id: 'slowest', title: 'Slowest requests', body: slowestSection(result) },
    { id: 'accounting', title: 'Accounting', body: accountingSection(result) },
    { id: 'instrument', title: 'Instrument', body: instrumentSection(result) },
    { id: 'system', title: 'System', body: systemSection(result, context) },
    { id: 'cpu-profiles', title: 'CPU profiles', body: cpuProfilesSection(result) },
    { id: 'profile', title: 'Profile', body: profileSection(result) },
  ]
  return page({
    title: `${headlineWord(result, verdict)} ${result.profileName}: ${headlineSentence(result, verdict)}`,
    lead: verdictSection({ result, verdict, context }),
    sections,
    foot: `nautilus ${result.nautilusVersion}, run ${result.id}, ${result.startedAt}`,
  })
}

/** A page of sections below its lead; a section without a body is left out. */
export function page(shown: {
  readonly title: string
  readonly lead: Markup
  readonly sections: readonly Section[]
  readonly foot: string
}): string {
  const sections = shown.sections.filter(({ body }) => body !== null)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${shown.title}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
</head>
<body>
<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" class="hatch-back"/><rect width="3" height="7" class="hatch-line"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="dots-back"/><circle cx="3" cy="3" r="1.5" class="dots-dot"/></pattern>
<pattern id="bad" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="5" height="5" class="bad-back"/><rect width="2.5" height="5" class="bad-line"/></pattern>
</defs></svg>
<a class="skip" href="#content">To the figures</a>
<main>
${shown.lead}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<div id="content" tabindex="-1">
${sections.map(
  ({ id, title, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${body}</section>
`,
)}</div>
</main>
<footer><p>${shown.foot}</p></footer>
<script>${trusted(script)}</script>
</body>
</html>
`.markup
}

const hashed = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const policy = (): string =>
  [
    "default-src 'none'",
    `style-src ${hashed(style)}`,
    `script-src ${hashed(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
