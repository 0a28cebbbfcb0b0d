import { Command } from 'commander'
import type { ReadingChoice } from '../bench/sources/market-info.js'
import { NautilusError } from '../core/errors.js'
import type { Exit, Io } from '../core/io.js'

type ReadOptions = {
  readonly format?: string
  readonly symbol?: string
  readonly priceDecimals?: string
  readonly qtyDecimals?: string
  readonly json?: true
}
type InfoOptions = ReadOptions & { readonly compare?: string; readonly compareFormat?: string; readonly book?: string }
type ConvertOptions = ReadOptions & { readonly to: string }
type GenerateOptions = {
  readonly seconds: string
  readonly seed: string
  readonly symbols: string
  readonly model: string
  readonly burstiness?: string
  readonly out: string
  readonly json?: true
}

/** `nautilus data`: files of market data, what is in them and in our own format. */
export const dataCommand = (io: Io, exit: Exit): Command =>
  new Command('data')
    .description('Reads, converts and generates files of market data, which `load.source` of a profile replays.')
    .addCommand(
      reading(new Command('info'))
        .description('Says what a file holds: events, times, unknown ids, gaps, and the books that it leaves.')
        .option('--compare <file>', 'another file: how far the two are apart in times, spreads, sizes and cancels')
        .option('--compare-format <format>', 'format of that file (default: told by the file)')
        .option('--book <file>', 'lobster: the book file, of which each row is held against the rebuilt book')
        .addHelpText('after', infoHelp)
        .action(async (file: string, options: InfoOptions) => {
          await info(io, file, options)
          exit(0)
        }),
    )
    .addCommand(
      reading(new Command('convert'))
        .description('Writes the events of a file as NDJSON, one a line, which `load.source` replays.')
        .requiredOption('--to <file>', 'file to write; it gets its name when it is whole')
        .addHelpText('after', convertHelp)
        .action(async (file: string, options: ConvertOptions) => {
          await convert(io, file, options)
          exit(0)
        }),
    )
    .addCommand(
      new Command('generate')
        .description('Writes events of a seeded generator as NDJSON, 1,000 a second on the mean.')
        .option('--seconds <number>', 'length of the recording', '60')
        .option('--seed <number>', 'the same seed gives the same file', '1')
        .option('--symbols <count>', 'instruments, at most 1000', '60')
        .option('--model <name>', 'calibrated on a recorded market, or pipeline: what profiles send', 'calibrated')
        .option(
          '--burstiness <number>',
          'pipeline: 0 spreads events evenly over symbols, 1 clusters them (default: 0.6)',
        )
        .requiredOption('--out <file>', 'file to write; it gets its name when it is whole')
        .option('--json', 'print JSON')
        .addHelpText('after', generateHelp)
        .action(async (options: GenerateOptions) => {
          await generate(io, options)
          exit(0)
        }),
    )
    .addHelpText('after', afterHelp)

const reading = (command: Command): Command =>
  command
    .argument('<file>', 'plain or packed with gzip')
    .option('--format <format>', 'bitstamp, lobster, dbn, itch, tardis, binance or ndjson (default: told by the file)')
    .option('--symbol <name>', 'only this instrument; names that of files which tell none (default: all, BTC-USD)')
    .option('--price-decimals <count>', 'a tick is 10^-count (default: that of the format)')
    .option('--qty-decimals <count>', 'a lot is 10^-count (default: that of the format)')
    .option('--json', 'print JSON')

const afterHelp = `
Examples:
  nautilus data info orders.csv.gz
  nautilus data convert 01302020.NASDAQ_ITCH50.gz --symbol AAPL --to aapl.ndjson
  nautilus data generate --seconds 60 --seed 7 --out flow.ndjson

Formats:
  bitstamp  level-3 csv with the header id,timestamp,exchange.timestamp,price,volume,action,direction
  lobster   message file of LOBSTER; --book checks it against its book file
  dbn       Databento DBN, market by order
  itch      NASDAQ TotalView-ITCH 5.0, plain or the published .gz
  tardis    incremental_book_L2 of Tardis
  binance   depth csv of Binance futures, with first_update_id, last_update_id and pu
  ndjson    the events of nautilus

Files may be packed with gzip; what comes as zip, 7z or zstd is to be unpacked first. Each command takes --json; its own help
says the rest, such as \`nautilus data info --help\`.

Exit codes: 0 done, 2 usage or a file that is wrong, 6 no space to write, 130 and 143 interrupted.
`

const infoHelp = `
Examples:
  nautilus data info orders.csv.gz
  nautilus data info AAPL_message.csv --book AAPL_orderbook.csv
  nautilus data info flow.ndjson --compare orders.csv.gz
  nautilus data info aapl.ndjson --symbol AAPL --compare AAPL_message.csv --compare-format lobster

--symbol, --price-decimals and --qty-decimals hold for both files, --format for the first alone.

The comparison is the Kolmogorov-Smirnov distance of each pair of distributions, values in units of their own mean (times) or
median (spreads, sizes): 0 for the same shape, 1 for shapes that share nothing.

Exit codes: 0 shown, 2 usage or a file that is wrong, 130 and 143 interrupted.
`

const convertHelp = `
Examples:
  nautilus data convert orders.csv.gz --to events.ndjson
  nautilus data convert xnas.dbn --symbol MSFT --to msft.ndjson
  nautilus data convert depth.csv --format binance --price-decimals 4 --to depth.ndjson

Exit codes: 0 written, 2 usage or a file that is wrong, 6 no space to write, 130 and 143 interrupted: nothing was written.
`

const generateHelp = `
Examples:
  nautilus data generate --out flow.ndjson
  nautilus data generate --seconds 600 --seed 7 --symbols 1 --out one.ndjson
  nautilus data generate --model pipeline --burstiness 0 --out even.ndjson --json

The calibrated model has times, sizes, distances from the best price and lifetimes of orders as a morning of BTC-USD on Bitstamp
had them; spreads, depth and trades come of these. How far a file is from one of yours: nautilus data info FILE --compare YOURS.

Exit codes: 0 written, 2 usage, 6 no space to write, 130 and 143 interrupted: nothing was written.
`

async function info(io: Io, file: string, options: InfoOptions): Promise<void> {
  const { resolve } = await import('node:path')
  const { comparisonText, marketDataText } = await import('../report/market-data.js')
  const { dataComparisonId } = await import('../report/schema-ids.js')
  const { jsonText } = await import('../report/json.js')
  if (options.compareFormat !== undefined && options.compare === undefined) throw nothingCompared()
  const bookPath = options.book === undefined ? {} : { bookPath: resolve(io.cwd, options.book) }
  const a = await inspect(io, file, { ...choiceOf(options), ...bookPath })
  if (options.compare === undefined) {
    io.out(options.json === true ? jsonText(a.info) : marketDataText(a.info))
    return
  }
  const { compareFlows } = await import('../bench/sources/flow-sample.js')
  const { compare, compareFormat, format: _, ...shared } = options
  const formatOfB = compareFormat === undefined ? {} : { format: compareFormat }
  const b = await inspect(io, compare, choiceOf({ ...shared, ...formatOfB }))
  const compared = {
    schema: dataComparisonId,
    statistic: 'Kolmogorov-Smirnov distance',
    a: a.info.file,
    b: b.info.file,
    ...compareFlows(a.sample, b.sample),
  } as const
  io.out(options.json === true ? jsonText(compared) : comparisonText(compared))
}

const nothingCompared = () =>
  new NautilusError('USAGE', '--compare-format is given without --compare', {
    hint: 'Name the other file with --compare FILE.',
  })

async function inspect(io: Io, file: string, choice: ReadingChoice & { readonly bookPath?: string }) {
  const { resolve } = await import('node:path')
  const { inspectMarketFile } = await import('../bench/sources/market-info.js')
  return withProgress(io, `reading ${file}`, (tell) =>
    inspectMarketFile(resolve(io.cwd, file), choice, async ({ readBytes, sizeBytes }) => tell(readBytes / sizeBytes)),
  )
}

async function convert(io: Io, file: string, options: ConvertOptions): Promise<void> {
  const { resolve } = await import('node:path')
  const { convertMarketFile } = await import('../bench/sources/market-writing.js')
  const place = { cwd: io.cwd, out: options.to, choice: choiceOf(options) }
  const written = await withProgress(io, `converting ${file}`, (tell) =>
    convertMarketFile(resolve(io.cwd, file), place, async ({ readBytes, sizeBytes }) => tell(readBytes / sizeBytes)),
  )
  await print(io, written, options)
}

async function generate(io: Io, options: GenerateOptions): Promise<void> {
  const { generateMarketFile } = await import('../bench/sources/market-writing.js')
  const choice = {
    seconds: numberOf('--seconds', options.seconds, { min: 0.001, max: 86_400 }),
    seed: numberOf('--seed', options.seed, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }),
    symbols: numberOf('--symbols', options.symbols, { min: 1, max: 1_000, whole: true }),
    flow: flowOf(options),
  }
  const place = { cwd: io.cwd, out: options.out }
  const written = await withProgress(io, `generating ${options.out}`, (tell) => generateMarketFile(choice, place, tell))
  await print(io, written, options)
}

function flowOf({ model, burstiness }: GenerateOptions) {
  if (model === 'pipeline') {
    return { model, burstiness: numberOf('--burstiness', burstiness ?? '0.6', { min: 0, max: 1 }) } as const
  }
  if (model !== 'calibrated') {
    throw new NautilusError('USAGE', `--model is "${model}", expected calibrated or pipeline`, {
      hint: 'See `nautilus data generate --help`.',
    })
  }
  if (burstiness === undefined) return { model } as const
  throw new NautilusError('USAGE', '--burstiness is given, which the calibrated model does not have', {
    hint: 'Add --model pipeline, or leave --burstiness out.',
  })
}

async function print(
  io: Io,
  written: Parameters<typeof import('../report/market-data.js')['writtenText']>[0],
  { json }: { readonly json?: true },
): Promise<void> {
  const { writtenText } = await import('../report/market-data.js')
  const { jsonText } = await import('../report/json.js')
  io.out(json === true ? jsonText(written) : writtenText(written))
}

/** Does a work that tells its share now and then, and ends it where the command is stopped. */
async function withProgress<Result>(
  io: Io,
  what: string,
  work: (tell: (doneShare: number) => void) => Promise<Result>,
): Promise<Result> {
  const { monotonicClock } = await import('../core/clock.js')
  const { fileProgress } = await import('../ui/file-progress.js')
  const progress = fileProgress(what, { clock: monotonicClock, terminal: io.terminal, err: io.err })
  try {
    return await work((doneShare) => {
      io.stop.throwIfAborted()
      progress.at(doneShare)
    })
  } finally {
    progress.end()
  }
}

function choiceOf({ format, symbol, priceDecimals, qtyDecimals }: ReadOptions): ReadingChoice {
  const decimals = (option: string, text: string) => numberOf(option, text, { min: 0, max: 9, whole: true })
  return {
    ...(format !== undefined && { format }),
    ...(symbol !== undefined && { symbol }),
    ...(priceDecimals !== undefined && { priceDecimals: decimals('--price-decimals', priceDecimals) }),
    ...(qtyDecimals !== undefined && { qtyDecimals: decimals('--qty-decimals', qtyDecimals) }),
  }
}

function numberOf(
  option: string,
  text: string,
  { min, max, whole = false }: { readonly min: number; readonly max: number; readonly whole?: boolean },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw new NautilusError(
    'USAGE',
    `${option} is "${text}", expected ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`,
    {
      hint: 'See `nautilus data --help`.',
    },
  )
}
