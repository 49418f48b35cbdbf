import Sqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { prepareSteadily, steady } from './steady.ts'

describe('a steady statement', () => {
  it('binds expressions, and leaves what stands in quotes', () => {
    expect(steady('select "a?", \'it\'\'s ?\' from t where a = ? and b in (?, ?) order by a limit ? offset ?'))
      .toBe('select "a?", \'it\'\'s ?\' from t where a = +? and b in (+?, +?) order by a limit ? + 0 offset +?')
    expect(steady('insert into t values (?, \'?\') on conflict (a) do update set b = ?')).toBe('insert into t values (+?, \'?\') on conflict (a) do update set b = +?')
  })

  it('stores and compares values of every type as before', () => {
    const [plain, kept] = [new Sqlite(':memory:'), new Sqlite(':memory:')]
    prepareSteadily(kept)
    const seen = [plain, kept].map((db) => {
      db.exec('create table t (id integer primary key, a text, b integer, c real, d blob)')
      const values = [[1, 'x', 7, 1.5, Buffer.from([0, 255])], [2, '7', '7', '2', null], [3, null, null, null, 'text'], [4, 12, 7.0, 3, Buffer.alloc(0)]]
      for (const row of values) db.prepare('insert into t values (?, ?, ?, ?, ?)').run(...row)
      const asked = ['a', 'b', 'c', 'd'].flatMap((column) => ['x', '7', 7, 7.5, null, Buffer.from([0, 255])].map((value) => db.prepare(`select *, typeof(a), typeof(b), typeof(c), typeof(d) from t where ${column} = ? order by id desc limit ?`).all(value, 3)))
      return [asked, db.prepare('select ? as value, typeof(?) as type').get('1', '1'), db.prepare('select value from json_each(?) order by 1 limit ?').all('[3,1,2]', 2), db.prepare('select id from t where a like ?').all('%7%')]
    })
    expect(seen[1]).toEqual(seen[0])
  })
})
