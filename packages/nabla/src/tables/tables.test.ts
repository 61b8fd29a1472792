import { describe, expect, test } from 'vitest'
import {
  concatRows,
  dropMissing,
  fillMissing,
  Filler,
  labelsOf,
  OneHotEncoder,
  oneHot,
  readCsv,
  Scaler,
  scale,
  Table,
  writeCsv,
} from './index.js'

const tiny = readCsv('NumRooms,Alley,Price\nNA,Pave,127500\n2,NA,106000\n4,NA,178100\nNA,NA,140000\n')
const close = (got: ArrayLike<number>, wanted: readonly number[]): void =>
  expect(Array.from(got, (x) => Number(x.toFixed(6)))).toEqual(wanted.map((x) => Number(x.toFixed(6))))

test('the classical example: mean, one-hot with a column for what is missing, tensors', async () => {
  const inputs = oneHot(fillMissing(tiny.select('NumRooms', 'Alley'), 'mean'), { missing: true })
  expect(inputs.names).toEqual(['NumRooms', 'Alley_Pave', 'Alley_nan'])
  expect(await inputs.toTensor().toArray()).toEqual([
    [3, 1, 0],
    [2, 0, 1],
    [4, 0, 1],
    [3, 0, 1],
  ])
  expect(await tiny.tensor('Price', { dtype: 'float64' }).toArray()).toEqual([127500, 106000, 178100, 140000])
})

describe('CSV', () => {
  test('quotes, line ends, blank lines, marks of what is missing, kinds of columns', () => {
    const table = readCsv('\ufeffa,b,c\r\n1, x ,"say ""hi"",\r\nthen go"\r\n\r\n-2.5e3,NA,\r\n.5,inf,None\r\n')
    expect(table.names).toEqual(['a', 'b', 'c'])
    expect(table.numbers('a')).toEqual(Float64Array.of(1, -2500, 0.5))
    expect(table.strings('b')).toEqual([' x ', undefined, 'inf'])
    expect(table.strings('c')).toEqual(['say "hi",\nthen go', undefined, 'None'])
    expect(table.missing()).toEqual({ a: 0, b: 1, c: 1 })
    expect(readCsv('x\ninf\n -Infinity \n1.\n').numbers('x')).toEqual(Float64Array.of(Infinity, -Infinity, 1))
    expect(readCsv('x\n0x10\n').strings('x')).toEqual(['0x10'])
  })
  test('without a header, another delimiter, some columns, kinds that are told', () => {
    expect(readCsv('1\t2\n3\t4', { delimiter: '\t', header: false }).names).toEqual(['0', '1'])
    const named = readCsv('1;02\n3;04', { delimiter: ';', names: ['a', 'b'], columns: ['b'], types: { b: 'text' } })
    expect(named.strings('b')).toEqual(['02', '04'])
    expect(readCsv('a,b\n').length).toBe(0)
    expect(readCsv(new Uint8Array([0x61, 0x0a, 0xe9]), { encoding: 'windows-1252' }).strings('a')).toEqual(['é'])
  })
  test.each<[string, () => unknown, RegExp]>([
    [
      'a row with too few fields',
      () => readCsv('a,b\n1,"x\ny"\n2\n', { name: 'f.csv' }),
      /f\.csv, line 4: 1 field, expected 2 \(a, b\)/,
    ],
    ['a row with too many', () => readCsv('a,b\n\n1,2,3\n'), /line 3: 3 fields, expected 2/],
    [
      'a number that is none',
      () => readCsv('a\n1\n1O\n', { types: { a: 'number' } }),
      /line 3: column "a" holds numbers, but here "1O"/,
    ],
    ['a quote that is not closed', () => readCsv('a,b\n1,2\n"3,4\n'), /line 3: a quote is not closed/],
    [
      'a missing column',
      () => readCsv('price,rooms\n1,2\n', { columns: ['prise'] }),
      /unknown column "prise"; did you mean "price"\?/,
    ],
    ['two columns of one name', () => readCsv('a,a\n1,2\n'), /line 1: two columns are called "a"/],
    ['nothing', () => readCsv(''), /is empty: expected a line of column names/],
    ['bytes of another encoding', () => readCsv(new Uint8Array([0x61, 0x0a, 0xe9]), { name: 'f.csv' }), /f\.csv is not utf-8/],
    ['a column that is not there', () => tiny.column('Pryce'), /did you mean "Price"/],
    ['text as a tensor', () => tiny.toTensor(), /lacks a value in row 0|holds text/],
    ['text as numbers', () => tiny.numbers('Alley'), /"Alley" holds text, not numbers \(row 0 is "Pave"\)/],
    ['a missing number as a tensor', () => tiny.tensor('NumRooms'), /"NumRooms" lacks a value in row 0: fill it/],
    ['columns of other lengths', () => Table.of({ a: [1], b: [1, 2] }), /"b" has 2 rows, "a" has 1/],
    ['mixed values', () => Table.of({ a: [1, 'x'] }), /column "a" mixes kinds/],
    ['a row that is not there', () => tiny.take([4]), /row 4 is not there: the table has 4 rows/],
  ])('%s is told', (_, run, message) => expect(run).toThrowError(message))
  test('writes what it reads', () => {
    const table = Table.of({ 'a,b': ['x "y"', null, 'line\nend'], n: [1.5, null, -0.1] })
    expect(readCsv(writeCsv(table))).toEqual(table)
  })
  test('any bytes are read or refused by an error of ours', () => {
    let state = 1
    const next = (n: number): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n
    for (let i = 0; i < 5_000; i++) {
      const text = Array.from({ length: next(24) }, () => 'a1,"\n\r \t;.NAe-\ufeff'[next(16)]).join('')
      try {
        readCsv(text).missing()
      } catch (error) {
        expect((error as { kind?: string }).kind, JSON.stringify(text)).toBe('data')
      }
    }
  })
})

describe('missing values', () => {
  test('median, constants, dropped rows', () => {
    expect(fillMissing(Table.of({ a: [5, null, 1, 2] }), 'median').numbers('a')).toEqual(Float64Array.of(5, 2, 1, 2))
    expect(fillMissing(tiny, { constant: 0 }).numbers('NumRooms')).toEqual(Float64Array.of(0, 2, 4, 0))
    expect(fillMissing(tiny, { constant: 'none' }).strings('Alley')).toEqual(['Pave', 'none', 'none', 'none'])
    expect(dropMissing(tiny).length).toBe(0)
    expect(dropMissing(tiny, ['NumRooms']).numbers('Price')).toEqual(Float64Array.of(106000, 178100))
  })
  test('what was learned from one table fills another, also out of JSON', () => {
    const filler = Filler.fit(tiny, 'mean')
    const again = new Filler(JSON.parse(JSON.stringify(filler)).values)
    expect(
      again.apply(Table.of({ NumRooms: [null, 9], Price: [1, null] })).columns.map((c) => Array.from(c.values as Float64Array)),
    ).toEqual([
      [3, 9],
      [1, 137900],
    ])
  })
  test('what cannot be is told', () => {
    const none = readCsv('a,b\nNA,1\nNA,2\n')
    expect(() => fillMissing(none, 'mean')).toThrowError(/"a" has no value at all, so it has no mean/)
    expect(() => fillMissing(tiny, 'mean', ['Alley'])).toThrowError(/"Alley" holds text, the filling is a number/)
  })
})

describe('scaling', () => {
  const train = Table.of({ x: [1, 2, 3, null, 6], y: [7, 7, 7, 7, 7], name: ['a', 'b', 'c', 'd', 'e'] })
  test('three ways; what is missing stays, what does not vary becomes 0', () => {
    close(scale(train, 'minMax').numbers('x'), [0, 0.2, 0.4, Number.NaN, 1])
    close(scale(train, 'mean').numbers('x'), [-0.4, -0.2, 0, Number.NaN, 0.6])
    const std = Math.sqrt((4 + 1 + 0 + 9) / 3)
    close(scale(train, 'zScore').numbers('x'), [-2 / std, -1 / std, 0, Number.NaN, 3 / std])
    close(
      scale(train, 'zScore', { correction: 0 }).numbers('x'),
      [-2, -1, 0, Number.NaN, 3].map((v) => v / Math.sqrt(14 / 4)),
    )
    close(scale(train, 'zScore').numbers('y'), [0, 0, 0, 0, 0])
    expect(scale(train, 'minMax').strings('name')).toEqual(train.strings('name'))
  })
  test('learned on one table, applied to another, and back', () => {
    const scaler = Scaler.fit(train, 'minMax', { columns: ['x'] })
    const test = Table.of({ x: [11], y: [1] })
    expect(scaler.apply(test).numbers('x')).toEqual(Float64Array.of(2))
    const back = new Scaler(JSON.parse(JSON.stringify(scaler)).columns).invert(scaler.apply(train))
    close(back.numbers('x'), Array.from(train.numbers('x')))
  })
  test('a large offset costs no digits', () => {
    const far = Table.of({ x: [1e15 + 1, 1e15 + 2, 1e15 + 3] })
    close(scale(far, 'zScore').numbers('x'), [-1, 0, 1])
  })
  test('what cannot be is told', () => {
    expect(() => Scaler.fit(train, 'zscore' as never)).toThrowError(/expected minMax, mean or zScore/)
    expect(() => scale(Table.of({ x: [null, null] }), 'mean')).toThrowError(/"x" has no value at all/)
    expect(() => scale(Table.of({ x: [1, Infinity] }), 'mean')).toThrowError(/"x" holds an infinite value/)
    expect(() => scale(train, 'mean', { columns: ['name'] })).toThrowError(/"name" holds text/)
  })
})

describe('categories', () => {
  const train = Table.of({ size: [1, 2, 3], colour: ['red', 'blue', undefined] })
  test('learned on one table, applied to another', () => {
    const encoder = OneHotEncoder.fit(train, { unknown: 'zero' })
    const test = encoder.apply(Table.of({ size: [4], colour: ['green'] }))
    expect(test.names).toEqual(['size', 'colour_blue', 'colour_red'])
    expect(test.row(0)).toEqual({ size: 4, colour_blue: 0, colour_red: 0 })
    expect(oneHot(train).row(2)).toEqual({ size: 3, colour_blue: 0, colour_red: 0 })
    expect(oneHot(train, { missing: true }).row(2).colour_nan).toBe(1)
  })
  test('labels: sorted classes, given classes, and what is outside of them', () => {
    const some = train.slice(0, 2)
    expect(labelsOf(some, 'colour')).toEqual({ labels: Int32Array.of(1, 0), classes: ['blue', 'red'] })
    expect(labelsOf(some, 'colour', ['red', 'green', 'blue']).labels).toEqual(Int32Array.of(0, 2))
    expect(() => labelsOf(some, 'colour', ['read', 'blue'])).toThrowError(
      /row 0: "red" is none of the 2 classes; did you mean "read"\?/,
    )
    expect(() => labelsOf(train, 'colour')).toThrowError(/lacks a value in row 2/)
    expect(() => OneHotEncoder.fit(some).apply(Table.of({ size: [1], colour: ['pink'] }))).toThrowError(/"pink" is none/)
  })
})

test('tables one below the other', () => {
  const both = concatRows(Table.of({ a: [1], b: ['x'] }), Table.of({ b: [null], a: [2] }))
  expect([both.numbers('a'), both.strings('b')]).toEqual([Float64Array.of(1, 2), ['x', undefined]])
  expect(() => concatRows(tiny, tiny.drop('Price'))).toThrowError(/table 1 has no column "Price"/)
  expect(() => concatRows(tiny.drop('Price'), tiny)).toThrowError(/column "Price" that table 0 lacks/)
  expect(() => concatRows(Table.of({ a: [1] }), Table.of({ a: ['x'] }))).toThrowError(/numbers in table 0 and text in another/)
})

test('tables print', () => {
  expect(String(tiny.slice(0, 2))).toBe('NumRooms  Alley   Price\n      NA   Pave  127500\n       2     NA  106000')
  expect(tiny.toString(1)).toContain('... 4 rows')
})
