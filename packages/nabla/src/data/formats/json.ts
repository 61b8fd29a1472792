/** Reading what others wrote as JSON: values are checked where they are used, and an error says where in the file it went wrong. */
import { NablaError } from '../../core/errors.js'
import { decodeText } from '../../tables/decode.js'

/** A value somewhere in a JSON file: knows its path, and gives what is asked of it or says what it is instead. */
export class JsonValue {
  constructor(
    private readonly value: unknown,
    private readonly file: string,
    private readonly path = '',
  ) {}

  /** Throws NablaError('data') that names the file and the place in it. */
  fail(what: string): never {
    throw new NablaError('data', `[json] ${this.file}${this.path ? `, ${this.path}` : ''}: ${what}`, {
      file: this.file,
      path: this.path,
    })
  }
  private wrong(expected: string): never {
    return this.fail(
      `expected ${expected}, got ${this.value === undefined ? 'nothing' : (JSON.stringify(this.value)?.slice(0, 60) ?? typeof this.value)}`,
    )
  }

  /** A field of an object; it may be absent. */
  field(name: string): JsonValue {
    const { value } = this
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.wrong('an object')
    const path = this.path ? `${this.path}.${name}` : name
    return new JsonValue(Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, this.file, path)
  }
  /** The entries of an array. */
  list(): JsonValue[] {
    if (!Array.isArray(this.value)) return this.wrong('an array')
    return this.value.map((entry, i) => new JsonValue(entry, this.file, `${this.path}[${i}]`))
  }
  /** The entries of an array of finite numbers; `count` of them, where given. */
  numbers(count?: number): number[] {
    const { value } = this
    if (!Array.isArray(value) || !value.every((x) => Number.isFinite(x)) || (count !== undefined && value.length !== count))
      return this.wrong(count === undefined ? 'numbers' : `${count} numbers`)
    return value as number[]
  }
  /** A whole number of 0 or more. */
  whole(): number {
    return Number.isSafeInteger(this.value) && (this.value as number) >= 0
      ? (this.value as number)
      : this.wrong('a whole number of 0 or more')
  }
  /** A piece of text. */
  text(): string {
    return typeof this.value === 'string' ? this.value : this.wrong('text')
  }
  /** The entries of an array of texts. */
  texts(): string[] {
    return this.list().map((entry) => entry.text())
  }
  /** Whether there is nothing, or null. */
  get absent(): boolean {
    return this.value === undefined || this.value === null
  }
  /** Whether it is an array. */
  get isList(): boolean {
    return Array.isArray(this.value)
  }
  /** Whether it is text. */
  get isText(): boolean {
    return typeof this.value === 'string'
  }
}

/** The root of a JSON file. Throws NablaError('data') when it is none. */
export function readJson(source: string | Uint8Array, file = 'JSON'): JsonValue {
  const text = typeof source === 'string' ? source : decodeText(source, file)
  try {
    return new JsonValue(JSON.parse(text) as unknown, file)
  } catch (error) {
    return new JsonValue(undefined, file).fail(`not JSON: ${(error as Error).message}`)
  }
}
