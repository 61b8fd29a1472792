/** Plain data as JSON and back, exactly: also NaN, infinities, -0 and typed arrays, which JSON itself lacks. */

/** Data that a checkpoint can hold besides tensors. */
export type Plain =
  | undefined
  | null
  | boolean
  | number
  | string
  | ArrayBufferView
  | readonly Plain[]
  | { readonly [name: string]: Plain }

const arrays = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
} as const

/** The key under which a stand-in says what it stands for. */
const tag = '$'

/** JSON text of plain data; what JSON has no word for becomes `{ "$": name, ... }`. */
export const plainToJson = (value: Plain): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && (!Number.isFinite(part) || Object.is(part, -0)))
      return { [tag]: Object.is(part, -0) ? '-0' : String(part) }
    if (ArrayBuffer.isView(part)) return { [tag]: part.constructor.name, data: Array.from(part as unknown as ArrayLike<number>) }
    return part
  })

/** What `plainToJson` was given. Throws SyntaxError when the text is not JSON. */
export const plainFromJson = (text: string): Plain =>
  JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, tag)) return part
    const { [tag]: name, data } = part as { readonly [tag]: string; readonly data?: readonly number[] }
    const array = Object.hasOwn(arrays, name) ? arrays[name as keyof typeof arrays] : undefined
    return array && data ? array.from(data) : Number(name)
  }) as Plain
