import type pg from 'pg'
import { assert } from '../../core/assert.js'

// The tables of the reference pipeline. The kit's store writes whole rows in this order of columns.

type Column = { readonly name: string; readonly type: 'text' | 'bigint' }
export type Table = {
  readonly name: string
  readonly columns: readonly Column[]
  readonly key: readonly string[]
  /** `ignore`: the first row of a key stays. `replace`: the last one wins. */
  readonly repeated: 'ignore' | 'replace'
}

export const storeTables: readonly Table[] = [
  table('orders', 'run: text, order_id: bigint', 'ignore', [
    'account: text, symbol: text, side: text, type: text, time_in_force: text, price: bigint, qty: bigint',
  ]),
  table('execution_reports', 'run: text, exec_id: bigint', 'ignore', [
    'order_id: bigint, account: text, symbol: text, side: text, exec_type: text, ord_status: text',
    'last_qty: bigint, last_price: bigint, cum_qty: bigint, leaves_qty: bigint',
  ]),
  table('positions', 'run: text, account: text, symbol: text', 'replace', ['qty: bigint, notional: bigint']),
]

/** One statement per batch: an array per column, so that its text is the same for any number of rows. */
export function insertStatement({ name, columns, key, repeated }: Table): string {
  const names = columns.map((column) => column.name)
  const arrays = columns.map((column, index) => `$${index + 1}::${column.type}[]`)
  const values = names.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`)
  const conflict = repeated === 'ignore' ? 'do nothing' : `do update set ${values.join(', ')}`
  return (
    `insert into ${name} (${names.join(', ')}) select * from unnest(${arrays.join(', ')}) ` +
    `on conflict (${key.join(', ')}) ${conflict}`
  )
}

/** Any number: only the processes of nautilus take this lock. */
const schemaLock = 7_202_611_20

/** Creates the tables that are missing. Under a lock, because several engines come up at once. */
export async function createTables(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [schemaLock])
    for (const { name, columns, key } of storeTables) {
      const fields = columns.map((column) => `${column.name} ${column.type}`)
      await client.query(`create table if not exists ${name} (${fields.join(', ')}, primary key (${key.join(', ')}))`)
    }
    await client.query('commit')
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}

function table(name: string, key: string, repeated: Table['repeated'], rest: readonly string[]): Table {
  const keyColumns = parse(key)
  const columns = [...keyColumns, ...rest.flatMap(parse)]
  return { name, columns, key: keyColumns.map((column) => column.name), repeated }
}

function parse(text: string): Column[] {
  return text.split(', ').map((part) => {
    const [name = '', type = ''] = part.split(': ')
    assert(type === 'text' || type === 'bigint', 'a column is text or bigint')
    return { name, type }
  })
}
