/** Model cards: a page of Markdown that says what a model is, how it was trained, and how well it does (Mitchell and others, 2019). */

/** What is known of a model. Everything but the name may be left out. */
export interface ModelCard {
  /** What the model is called. */
  readonly name: string
  /** A sentence or two on what it is and does. */
  readonly summary?: string
  /** SPDX name of the licence, for example `MIT`. */
  readonly license?: string
  /** Words to find it by. */
  readonly tags?: readonly string[]
  /** How many parameters it has. */
  readonly parameters?: number
  /** What it was trained on. */
  readonly data?: string
  /** Settings of the training: batch size, learning rate, epochs, seed. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Results: accuracy, loss, seconds. */
  readonly figures?: Readonly<Record<string, unknown>>
  /** What it should be used for, and what not. */
  readonly uses?: string
  /** Where it fails. */
  readonly limits?: string
  /** Files beside the card: name and what is in it. */
  readonly files?: Readonly<Record<string, string>>
  /** Pictures beside the card: name and what they show. */
  readonly pictures?: Readonly<Record<string, string>>
}

/** Text in a table's cell. */
const cell = (value: unknown): string => {
  const text =
    typeof value === 'number' && !Number.isInteger(value)
      ? String(Number(value.toPrecision(6)))
      : typeof value === 'object' && value !== null
        ? JSON.stringify(value)
        : String(value)
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
}

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** Text in the front matter: quoted as JSON where YAML might read something else. */
const yaml = (text: string): string => (/^[A-Za-z][\w.+ -]*$/.test(text) ? text : JSON.stringify(text))

/**
 * The card as Markdown, with front matter as model hubs read it.
 *
 *     await writeFileAtomic('run/README.md', modelCard({ name: 'LeNet-5', data: 'MNIST', figures: { accuracy: 0.991 } }))
 */
export function modelCard(card: ModelCard): string {
  const front = [
    'library_name: nabla',
    ...(card.license === undefined ? [] : [`license: ${yaml(card.license)}`]),
    ...(card.tags?.length ? ['tags:', ...card.tags.map((tag) => `  - ${yaml(tag)}`)] : []),
  ]
  const section = (title: string, text: string | undefined): string[] => (text ? [`## ${title}\n\n${text}`] : [])
  const rows = (values: Readonly<Record<string, unknown>> | undefined, head: readonly string[]): string | undefined =>
    values && Object.keys(values).length ? table(head, Object.entries(values)) : undefined
  const pictures = Object.entries(card.pictures ?? {}).map(([name, text]) => `![${text}](${encodeURI(name)})`)
  const parts = [
    `---\n${front.join('\n')}\n---`,
    `# ${card.name}`,
    ...(card.summary ? [card.summary] : []),
    ...(card.parameters === undefined ? [] : [`${card.parameters.toLocaleString('en')} parameters.`]),
    ...section('Uses', card.uses),
    ...section('Limits', card.limits),
    ...section('Data', card.data),
    ...section('Training', rows(card.settings, ['setting', 'value'])),
    ...section('Results', rows(card.figures, ['figure', 'value'])),
    ...(pictures.length ? [pictures.join('\n\n')] : []),
    ...section('Files', rows(card.files, ['file', 'content'])),
  ]
  return `${parts.join('\n\n')}\n`
}
