import { fillPlaceholders, type Query } from 'drizzle-orm'
import type { Statement } from '../ledger/ledger.ts'

/** Anything that drizzle builds and has not run: an insert, an update, a delete, with or without `returning`. */
interface Buildable { toSQL(): Query }
type Expectation = NonNullable<Statement['expect']>

/** A statement of one use, its values bound. */
export const statementOf = (query: Buildable, expect?: Expectation): Statement => {
  const { sql, params } = query.toSQL()
  return { sql, params, ...(expect ? { expect } : {}) }
}

/** A statement of many uses: built once, its placeholders filled at each. */
export const compileWrite = (query: Buildable, expect?: Expectation): ((values: Record<string, unknown>) => Statement) => {
  const { sql, params } = query.toSQL()
  return (values) => ({ sql, params: fillPlaceholders(params, values), ...(expect ? { expect } : {}) })
}

