import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { callNautilus, type Desk, makeDesk, outerEnvironment, removeDesk, testDeadlineMs } from './command-fixture.js'
import { packageRoot } from './core/paths.js'
import { comparisonSample } from './report/html/rich-run-fixture.js'
import { keepComparison } from './report/keep-comparison.js'
import { judgeComparison } from './sla/comparison.js'

// The action at the root of the repository and the examples of the guide, run as a CI server runs them: each script by its shell, in a
// folder with a profile, with the files that the server gives. Only what belongs to the server is played: expressions and artifacts.

vi.setConfig({ testTimeout: testDeadlineMs })

const step = z.looseObject({
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
  env: z.record(z.string(), z.string()).default({}),
})
type Step = z.output<typeof step>
const actionFile = z.looseObject({
  inputs: z.record(z.string(), z.looseObject({ default: z.string().default('') })),
  runs: z.looseObject({ using: z.literal('composite'), steps: z.array(step) }),
})
const workflowFile = z.looseObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), z.looseObject({ steps: z.array(step), 'timeout-minutes': z.int() })),
})
const gitlabJob = z.looseObject({
  script: z.array(z.string()),
  after_script: z.array(z.string()),
  artifacts: z.looseObject({ paths: z.array(z.string()), reports: z.looseObject({ junit: z.string() }) }),
})

const textOf = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8')
const workflowNamed = (name: string) => workflowFile.parse(parse(textOf(`docs/guides/ci/${name}.yml`)))
const action = actionFile.parse(parse(textOf('action.yml')))
const workflows = ['github', 'github-compare', 'github-comment'].map((name) => ({
  name,
  workflow: workflowNamed(name),
}))
const stepsOf = (workflow: z.output<typeof workflowFile>): Step[] =>
  Object.values(workflow.jobs).flatMap(({ steps }) => steps)

const defaults = Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default]))
const allSteps = [...action.runs.steps, ...workflows.flatMap(({ workflow }) => stepsOf(workflow))]

describe('the files', () => {
  test('no script holds an expression, whatever it is of', () => {
    for (const { run } of allSteps) expect(run ?? '').not.toContain('${{')
  })

  test('every script of the action names its shell, and every action of others its version', () => {
    for (const { run, shell } of action.runs.steps) expect(run === undefined || shell !== undefined).toBe(true)
    for (const { uses } of allSteps) {
      if (uses !== undefined && uses !== './node_modules/nautilus-bench')
        expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/)
    }
  })

  test('every input is used, and none that is not declared', () => {
    const used = [...textOf('action.yml').matchAll(/\$\{\{ inputs\.([a-z-]+) \}\}/g)].map((match) => match[1])
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(action.inputs).toSorted())
    const given = allSteps.filter(({ uses }) => uses?.startsWith('./')).flatMap((each) => Object.keys(each.with))
    expect(given.filter((name) => !(name in action.inputs))).toEqual([])
    expect(given).toContain('baseline-ref')
  })

  test('code of a pull request may read the repository and nothing else; only what runs none may write a comment', () => {
    for (const name of ['github', 'github-compare']) {
      const workflow = workflowNamed(name)
      expect(workflow.permissions).toEqual({ contents: 'read' })
      expect(Object.keys(workflow.on)).toEqual(['pull_request'])
      expect(Object.values(workflow.jobs).filter((job) => 'permissions' in job)).toEqual([])
    }
    const comment = workflowNamed('github-comment')
    expect(comment.permissions).toEqual({})
    expect(comment.jobs['comment']).toMatchObject({ permissions: { actions: 'read', 'pull-requests': 'write' } })
    expect(stepsOf(comment).map(({ uses }) => uses ?? 'script')).toEqual(['actions/download-artifact@v8', 'script'])
  })

  test('the comment waits for the workflow that measures, and takes its artifact', () => {
    const comment = workflowNamed('github-comment')
    expect(comment.on).toMatchObject({ workflow_run: { workflows: [workflowNamed('github').name] } })
    expect(stepsOf(comment)[0]?.with['name']).toBe(defaults['artifact'])
  })
})

/** A time that no machine exceeds, so short a run that it may stay undecided, and a throughput that is there or not. */
const profile = (throughput: string): string => `version: 1
name: desk
bus: { kind: in-process }
engines:
  market-data: {}
  signals: { settings: { lookback: 16 } }
  strategy: {}
  risk: {}
  order-gateway: { settings: { batch: off } }
  matching: {}
load: { scenario: pipeline, arrivals: { kind: constant, rate: 200/s }, warmup: 50ms, duration: 300ms, timeout: 5s, drain: 1s }
sla:
  endToEnd: { p95: 5s }
  checks: [{ metric: throughput, min: ${throughput} }]
`
const holds = profile('1/s')
const fails = profile('900/s')

let desk: Desk
beforeEach(() => {
  desk = makeDesk(holds)
})
afterEach(() => removeDesk(desk))

type Ran = { readonly code: number | null; readonly out: string }

/** A script as a server runs it: from a file, by a shell. */
function runScript(shell: string, script: string, { cwd, env }: { cwd: string; env: Record<string, string> }) {
  const file = join(mkdtempSync(join(desk.folder, 'script-')), 'script')
  writeFileSync(file, script)
  const [program = '', ...args] = shell.replace('{0}', file).split(' ')
  const child = spawn(program, args, {
    cwd,
    env: { ...outerEnvironment(), TMPDIR: desk.temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
  }
  return new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out }))
  })
}

type Job = Ran & {
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  /** The file of this name in the folder that becomes the artifact. */
  readonly kept: (name: string) => string
}

/** All steps of the action, with what the server would put in the place of each expression. */
async function runAction(inputs: Record<string, string>): Promise<Job> {
  const given: Record<string, string> = { ...defaults, profile: 'desk.yaml', args: '--queue', ...inputs }
  const temporary = join(desk.folder, 'runner')
  mkdirSync(temporary, { recursive: true })
  const summaryFile = join(temporary, 'summary.md')
  writeFileSync(summaryFile, '')
  const known: Record<string, string> = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`inputs.${name}`, value]),
  )
  known['github.event.pull_request.number'] = '7'
  const filled = (text: string): string => text.replace(/\$\{\{ (.+?) \}\}/g, (_, name: string) => known[name] ?? '')
  let last: Ran = { code: null, out: '' }
  let out = ''
  for (const { id, run, env } of action.runs.steps) {
    if (run === undefined) continue
    const outputFile = join(temporary, 'output')
    writeFileSync(outputFile, '')
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]))
    const files = { RUNNER_TEMP: temporary, GITHUB_OUTPUT: outputFile, GITHUB_STEP_SUMMARY: summaryFile }
    const cwd = join(desk.folder, given['working-directory'] ?? '.')
    last = await runScript('bash --noprofile --norc -e -o pipefail {0}', run, { cwd, env: { ...own, ...files } })
    out += last.out
    for (const line of readFileSync(outputFile, 'utf8').split('\n').filter(Boolean)) {
      const at = line.indexOf('=')
      known[`steps.${id}.outputs.${line.slice(0, at)}`] = line.slice(at + 1)
    }
  }
  const report = known['steps.report.outputs.report'] ?? ''
  return {
    code: last.code,
    out,
    outputs: known,
    summary: readFileSync(summaryFile, 'utf8'),
    kept: (name) => readFileSync(join(report, name), 'utf8'),
  }
}

describe('the action', () => {
  test('several runs end with their verdict, and leave summary, comment, JUnit file and what was measured', async () => {
    const job = await runAction({ runs: '2' })
    expect([job.code, job.out]).toEqual([0, expect.stringContaining('run 2 of 2')])
    expect(job.summary).toMatch(/^## (PASS|INCONCLUSIVE): /)
    expect(job.summary).toContain('2 runs')
    expect(job.kept('comment.md')).toBe(`<!-- nautilus -->\n${job.summary}`)
    expect(job.kept('pull-request.txt')).toBe('7\n')
    const folder = job.outputs['steps.report.outputs.folder'] ?? ''
    expect(folder).toMatch(/^\.\/\.nautilus\/sets\/s-/)
    expect(readFileSync(join(desk.folder, folder, 'junit.xml'), 'utf8')).toContain('name="p95 within limit"')
    // The artifact, unpacked as .nautilus elsewhere, is read as if it had been measured there.
    const artifact = job.outputs['steps.report.outputs.report'] ?? ''
    rmSync(join(desk.folder, '.nautilus'), { recursive: true })
    symlinkSync(artifact, join(desk.folder, '.nautilus'))
    const id = folder.slice(folder.lastIndexOf('/') + 1)
    const again = callNautilus(desk, ['report', id, '--format', 'markdown'])
    expect([await again.ended, again.out()]).toEqual([0, job.summary])
  })

  test('a limit that does not hold ends with 1 and a note beside its line, named from the root of the repository', async () => {
    mkdirSync(join(desk.folder, 'service'))
    writeFileSync(join(desk.folder, 'service/slow.yaml'), fails)
    const job = await runAction({ profile: 'slow.yaml', runs: '1', 'working-directory': 'service' })
    expect(job.code).toBe(1)
    expect(job.summary).toMatch(/^## FAIL: throughput /)
    expect(job.kept('comment.md')).toContain('## FAIL: throughput ')
    expect(job.out).toMatch(
      /^::error file=service\/slow\.yaml,line=14,col=39,title=nautilus%3A throughput is outside its bound::/m,
    )
    const folder = job.outputs['steps.report.outputs.folder'] ?? ''
    expect(readFileSync(join(desk.folder, folder, 'junit.xml'), 'utf8')).toContain('<failure')
  })

  test('what ends before it measures says why, and takes nothing that a cache brought for its own', async () => {
    const old = join(desk.folder, '.nautilus/runs/a1b2')
    mkdirSync(old, { recursive: true })
    writeFileSync(join(old, 'result.json'), textOf('fixtures/results/pass.json'))
    utimesSync(join(old, 'result.json'), 1, 1)
    utimesSync(old, 1, 1)
    const job = await runAction({ args: '--queue --set load.duratio=1s' })
    expect(job.code).toBe(2)
    expect(job.summary).toMatch(/^## nautilus ended with exit code 2 before anything was measured\n/)
    expect(job.summary).toContain('did you mean')
    expect(job.kept('comment.md')).toContain('did you mean')
    expect(job.outputs['steps.report.outputs.folder']).toBeUndefined()
    expect(existsSync(join(job.outputs['steps.report.outputs.report'] ?? '', 'runs'))).toBe(false)
  })

  test('a commit to compare with is compared with HEAD', async () => {
    const git = 'git init -q && git -c user.name=a -c user.email=a commit -q --allow-empty -m first'
    expect((await runScript('sh {0}', git, { cwd: desk.folder, env: {} })).code).toBe(0)
    const job = await runAction({ 'baseline-ref': 'HEAD^1', build: 'npm ci' })
    expect(job.code).toBe(2)
    expect(job.summary).toContain('git:HEAD^1 is no commit of the repository')
  })

  test('without the package it says what to install', async () => {
    rmSync(join(desk.folder, 'node_modules'), { recursive: true })
    const job = await runAction({})
    expect(job.code).toBe(2)
    expect(job.out).toContain('::error title=nautilus is not installed::Add it with `npm i -D nautilus-bench`')
  })

  test.each(['$(touch pwned)', '`touch pwned`', '"; touch pwned; "', "'; touch pwned; '"])(
    'an input is never read as a command: %s',
    async (text) => {
      const job = await runAction({ profile: text, runs: text, args: `${text} *` })
      expect(job.code).toBe(2)
      expect(readdirSync(desk.folder).filter((name) => name.includes('pwned'))).toEqual([])
    },
  )

  test('a report beyond the limits of the server is cut at a line', async () => {
    const script = action.runs.steps.find(({ id }) => id === 'report')?.run ?? ''
    const limited = /^limited\(\) \{\n[\s\S]*?^\}\n/m.exec(script)?.[0] ?? ''
    writeFileSync(join(desk.folder, 'long.md'), 'a ü a\n'.repeat(20_000))
    const { out } = await runScript('bash -e -o pipefail {0}', `${limited}limited long.md 60000`, {
      cwd: desk.folder,
      env: {},
    })
    expect(Buffer.byteLength(out)).toBeLessThan(60_100)
    expect(out).toMatch(/^(?:a ü a\n){8571}\nThe rest is in the artifact\.\n$/)
  })
})

type Comment = { readonly id: number; readonly user: { readonly login: string }; body: string }

/** The part of GitHub's interface that the workflow calls, over HTTP: one pull request with its comments. */
async function serveGitHub(headSha: string, comments: Comment[]) {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    requests.push(`${request.method} ${request.url}`)
    const body = text === '' ? '' : String(JSON.parse(text).body)
    const answer = (status: number, value: unknown) => response.writeHead(status).end(JSON.stringify(value))
    if (request.headers.authorization !== 'Bearer secret') return answer(401, {})
    const path = (request.url ?? '').replace('/repos/desk/shop', '')
    if (path === '/pulls/7') return answer(200, { head: { sha: headSha } })
    const page = /^\/issues\/7\/comments\?per_page=100&page=(\d+)$/.exec(path)
    if (page !== null) return answer(200, comments.slice((Number(page[1]) - 1) * 100, Number(page[1]) * 100))
    if (request.method === 'POST' && path === '/issues/7/comments') {
      comments.push({ id: 1000, user: { login: 'github-actions[bot]' }, body })
      return answer(201, {})
    }
    const found = comments.find(({ id }) => path === `/issues/comments/${id}`)
    if (request.method !== 'PATCH' || found === undefined) return answer(404, {})
    found.body = body
    return answer(200, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, requests, close: () => new Promise((resolve) => server.close(resolve)) }
}

describe('the comment', () => {
  const sha = '0123456789abcdef0123456789abcdef01234567'
  const script = stepsOf(workflowNamed('github-comment')).find(({ id }) => id === 'comment')

  async function comment(files: Record<string, string>, { measured = sha, comments = [] as Comment[] } = {}) {
    const report = join(desk.folder, 'artifact')
    mkdirSync(report, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(report, name), text)
    const server = await serveGitHub(sha, comments)
    const env = {
      ...{ GITHUB_API_URL: server.url, GITHUB_REPOSITORY: 'desk/shop', TOKEN: 'secret', REPORT: report },
      ...{ HEAD_SHA: measured, RUN_URL: 'http://127.0.0.1/runs/1' },
    }
    try {
      const ran = await runScript(script?.shell ?? '', script?.run ?? '', { cwd: desk.folder, env })
      return { ...ran, comments, requests: server.requests }
    } finally {
      await server.close()
    }
  }

  const files = { 'comment.md': '<!-- nautilus -->\n## PASS: all holds\n', 'pull-request.txt': '7\n' }

  test('the first report becomes a comment, and the next one takes its place', async () => {
    const others = Array.from({ length: 150 }, (_, id) => ({ id, user: { login: 'user' }, body: '<!-- nautilus -->' }))
    const { code, comments } = await comment(files, { comments: others })
    expect(code).toBe(0)
    expect(comments.at(-1)?.body).toBe(
      '<!-- nautilus -->\n\n## PASS: all holds\n\n\nMeasured at 01234567 in [this run](http://127.0.0.1/runs/1), by the code of the pull request.\n',
    )
    const next = await comment({ ...files, 'comment.md': '<!-- nautilus -->\n## FAIL: no\n' }, { comments })
    expect([next.code, next.comments.length, next.comments.at(-1)?.body]).toEqual([
      0,
      151,
      expect.stringContaining('## FAIL: no'),
    ])
  })

  test('a report calls nobody, shows no picture and holds no tags', async () => {
    const text =
      'see @everyone ![x](http://127.0.0.1/x.png) <img src=x> <!-- a --> <details><summary>b</summary></details>'
    const { comments } = await comment({ ...files, 'comment.md': text })
    expect(comments[0]?.body).toContain(
      'see @\u200beveryone !\\[x](http://127.0.0.1/x.png) &lt;img src=x> &lt;!-- a --> <details><summary>b</summary></details>',
    )
  })

  test('a number of another pull request, or of an older commit, gets no comment', async () => {
    const { code, out, comments } = await comment(files, { measured: 'f'.repeat(40) })
    expect([code, out, comments]).toEqual([0, expect.stringContaining('is not at ffff'), []])
  })

  test.each([
    { name: 'a number that is none', wrong: { 'pull-request.txt': '7/../../x\n' }, says: 'holds no number' },
    { name: 'a report that is too large', wrong: { 'comment.md': 'x'.repeat(70_000) }, says: 'no file of at most' },
    { name: 'one that grows too large', wrong: { 'comment.md': '<'.repeat(60_000) }, says: 'longer than 65,536' },
  ])('$name is refused', async ({ wrong, says }) => {
    const { code, out, comments } = await comment({ ...files, ...wrong })
    expect([code, out, comments]).toEqual([1, expect.stringContaining(says), []])
  })

  test('a link is not followed to a file of the machine', async () => {
    mkdirSync(join(desk.folder, 'artifact'))
    writeFileSync(join(desk.folder, 'secret'), 'secret')
    symlinkSync(join(desk.folder, 'secret'), join(desk.folder, 'artifact/comment.md'))
    const { code, out, comments } = await comment({ 'pull-request.txt': '7\n' })
    expect([code, out, comments]).toEqual([1, expect.stringContaining('comment.md is no file'), []])
  })
})

test('the job for GitLab leaves the JUnit file and the page where it says', async () => {
  const { latency } = z.looseObject({ latency: gitlabJob }).parse(parse(textOf('docs/guides/ci/gitlab.yml')))
  writeFileSync(join(desk.folder, 'latency.yaml'), fails)
  const [install, measure = ''] = latency.script
  expect(install).toMatch(/^npm ci/)
  // Behind any other measurement of this machine, and shorter.
  const quick = measure.replace('nautilus bench', 'nautilus bench --queue').replace('--runs 5', '--runs 2')
  const ran = await runScript('sh -e {0}', quick, { cwd: desk.folder, env: {} })
  expect([ran.code, ran.out]).toEqual([1, expect.stringMatching(/^FAIL +throughput /m)])
  const after = await runScript('sh -e {0}', latency.after_script.join('\n'), { cwd: desk.folder, env: {} })
  expect(after).toEqual({ code: 0, out: '' })
  const [sets = '', rest = ''] = latency.artifacts.reports.junit.split('*')
  const [id = ''] = readdirSync(join(desk.folder, sets))
  expect(readFileSync(join(desk.folder, sets, id, rest), 'utf8')).toContain('<failure')
  for (const path of latency.artifacts.paths) expect(existsSync(join(desk.folder, path))).toBe(true)
})

test('the job for GitLab that compares names the files that a comparison leaves', async () => {
  const { latency } = z.looseObject({ latency: gitlabJob }).parse(parse(textOf('docs/guides/ci/gitlab-compare.yml')))
  expect(latency.script.at(-1)).toMatch(
    /^npx nautilus compare "git:\$CI_MERGE_REQUEST_DIFF_BASE_SHA" git:HEAD --profile /,
  )
  const compared = comparisonSample()
  expect(await keepComparison(desk.folder, compared, judgeComparison(compared))).toBeNull()
  const after = await runScript('sh -e {0}', latency.after_script.join('\n'), { cwd: desk.folder, env: {} })
  expect(after).toEqual({ code: 0, out: '' })
  const junit = latency.artifacts.reports.junit.replace('*', compared.id)
  expect(readFileSync(join(desk.folder, junit), 'utf8')).toContain('<failure')
  for (const path of latency.artifacts.paths) expect(existsSync(join(desk.folder, path))).toBe(true)
})
