/** The reference as Markdown: a page for each entry point, a section for each source file, and an index. */

/** Classes with more members than this show them under headings, by the files and sections they stand in. */
const manyMembers = 40

/** GitHub's anchors of the headings of one page. */
function anchors() {
  const seen = new Map()
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count ? `${slug}-${count}` : slug
  }
}

/** What the head of a file says it holds: its first clause, or its name where that is long; and how the sentence goes on after a colon. */
function headOf({ title, file }) {
  const [, clause = '', mark, rest = ''] = title.replace(/\s+/g, ' ').match(/^(.+?)(?:(?:(:)|;|(?<! al)\.)(?: (.*))?)?$/) ?? []
  const sentence = mark ? (rest.match(/^.+?(?<! al)\.(?= |$)/)?.[0] ?? rest) : ''
  const heading = clause.replace(/`/g, '').replace(/ \([^)]*$/, '') // a clause may end within parentheses
  if (heading && heading.length <= 90) return { heading, lead: capital(sentence) }
  return { heading: capital(file.split('/').at(-1).replace(/\.ts$/, '').replaceAll('-', ' ')), lead: '' }
}

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1)
const titleOf = (item) => headOf(item).heading
const isType = ({ kind }) => kind === 'type'

/** The items in runs of one key. */
function groupBy(items, key) {
  const groups = new Map()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return [...groups]
}

/** A comment as Markdown: nothing in it is meant as HTML or emphasis, outside of code. */
function prose(text) {
  return text
    .split('\n')
    .map((line) =>
      /^ {4}/.test(line)
        ? line
        : line
            .split(/(`[^`]*`)/)
            .map((part, i) => (i % 2 ? part : part.replace(/[<*]/g, '\\$&')))
            .join(''),
    )
    .join('\n')
}

function commentText({ comment }) {
  if (!comment) return ''
  const tags = comment.tags.map(({ name, text }) => ({ param: name === 'param', name, text: text.replace(/\s+/g, ' ') }))
  const params = tags.filter(({ param }) => param).map(({ text }) => `- ${prose(text.replace(/^(\S+)/, '`$1`'))}`)
  const others = tags.filter(({ param }) => !param).map(({ name, text }) => `${capital(name)}: ${prose(text)}`)
  return [prose(comment.text), params.join('\n'), ...others].filter(Boolean).join('\n\n')
}

const code = (lines) => `\`\`\`ts excerpt\n${lines.join('\n')}\n\`\`\``

const indent = (text) => text.replace(/^(?=.)/gm, '  ')

/** A member as an item of a list: its signatures, and what they do. */
function memberText(member) {
  const signatures = member.signatures.map(
    (one) =>
      `\`${one
        .replace(/\s*\n\s*/g, ' ')
        .replace('( ', '(')
        .replace(', )', ')')}\``,
  )
  // What a base with an entry of its own says is read there.
  const text = member.comment?.of ? '' : commentText(member)
  return `- ${signatures.join('  \n  ')}${text ? `  \n${indent(text)}` : ''}`
}

const membersText = (members) => members.map(memberText).join('\n')

/** Members of a large class, under headings. */
function groupedMembers(members, anchor) {
  return groupBy(members, (member) => [titleOf(member), member.banner].filter(Boolean).join(': '))
    .map(([heading, group]) => {
      anchor(heading)
      return `#### ${heading}\n\n${membersText(group)}`
    })
    .join('\n\n')
}

/** Markdown of all pages, by file name. `pages` are `{ file, name, module, entry, first? }`: see `layOut`. */
export function writePages(pages) {
  const targets = new Map()
  const laidOut = pages.map((page) => layOut(page, targets))
  const linkTo = (name, from) => {
    const target = targets.get(`${from}#${name}`) ?? targets.get(name)
    return target && `[\`${name}\`](${target.file === from ? '' : target.file}#${target.anchor})`
  }
  const pageOf = (module) => pages.find((page) => page.module === module)
  const texts = laidOut.map((page) => [page.file, pageText(page, linkTo, pageOf)])
  return new Map([...texts, ['README.md', indexText(laidOut)]])
}

/** Fixes the headings of a page, so that other pages can link to them. Sections of the files `first` come first. */
function layOut({ file, name, entry, first = [] }, targets) {
  const anchor = anchors()
  anchor(name)
  const place = (item) => {
    const target = { file, anchor: anchor(item.name) }
    targets.set(`${file}#${item.name}`, target)
    if (!targets.has(item.name)) targets.set(item.name, target)
    // Headings among the members of a large class count too.
    const members = item.members?.length > manyMembers ? groupedMembers(item.members, anchor) : membersText(item.members ?? [])
    return { ...item, anchor: target.anchor, membersText: members }
  }
  const section = ({ heading, lead }, items) => ({ heading, lead, anchor: anchor(heading), items: items.map(place) })
  const files = groupBy(entry.items, (item) => item.file).map(([, items]) => items)
  const early = (items) => {
    const position = first.findIndex((path) => items[0].file.endsWith(`/${path}`))
    return position < 0 ? first.length : position
  }
  // What can be called comes before the types it takes; files that export types alone share a section at the end.
  const sections = files
    .filter((items) => !items.every(isType))
    .sort((a, b) => early(a) - early(b))
    .map((items) => section(headOf(items[0]), [...items.filter((item) => !isType(item)), ...items.filter(isType)]))
  const types = files.filter((items) => items.every(isType)).flat()
  const spoken = mentioned([...entry.items, ...entry.others], entry.others)
  const ends = [
    [{ heading: 'Types', lead: '' }, types],
    [{ heading: 'Other types', lead: 'Not exported, but spoken of above.' }, entry.others.filter(({ name }) => spoken.has(name))],
  ].flatMap(([head, items]) => (items.length ? [section(head, items)] : []))
  return { file, name, intro: entry.intro, spaces: entry.spaces, sections: [...sections, ...ends] }
}

/** Names of those `types` that a signature of `items` mentions; what a class extends is not counted. */
function mentioned(items, types) {
  const lines = items.flatMap(({ kind, signatures, members = [], name }) =>
    [...signatures.slice(kind === 'class' ? 1 : 0), ...members.flatMap((member) => member.signatures)].map((text) => ({
      name,
      text,
    })),
  )
  const found = new Set()
  const pattern = new Map(types.map(({ name }) => [name, new RegExp(`\\b${name}\\b`)]))
  const hidden = (name) => pattern.has(name) && !found.has(name)
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const { name, text } of lines)
      for (const [type, is] of pattern) if (type !== name && !hidden(name) && is.test(text)) found.add(type)
  }
  return found
}

function itemText(item, linkTo, file) {
  const links = (names) => names.flatMap((name) => linkTo(name, file) ?? [])
  const bases = links(item.bases ?? [])
  const types = links(item.refers.filter((name) => name !== item.name && name !== 'Tensor' && !item.bases?.includes(name)))
  return [
    `### ${item.name}`,
    code(item.signatures),
    commentText(item),
    item.membersText,
    bases.length ? `Also everything of ${bases.join(', ')}.` : '',
    types.length ? `Types: ${types.join(', ')}` : '',
  ]
    .filter(Boolean)
    .join('\n\n')
}

const note = '<!-- Written by `npm run reference` from the doc comments in the sources. -->'

function pageText({ file, name, intro, spaces, sections }, linkTo, pageOf) {
  const beside = spaces.flatMap((space) => {
    const page = pageOf(space.module)
    return page ? [`\`${space.name}\` is a page of its own: [${page.name}](${page.file}).`] : []
  })
  const listed = (items) => (items.every(isType) ? items : items.filter((item) => !isType(item)))
  const contents = sections.map(({ heading, anchor, items }) => {
    const [one, ...more] = listed(items)
    if (one.name === heading && more.length === 0) return `- [${heading}](#${anchor})`
    return `- [${heading}](#${anchor}): ${[one, ...more].map((item) => `[${item.name}](#${item.anchor})`).join(', ')}`
  })
  const body = sections.flatMap(({ heading, lead, items }) => [
    [`## ${heading}`, prose(lead)].filter(Boolean).join('\n\n'),
    ...items.map((item) => itemText(item, linkTo, file)),
  ])
  return `${[note, `# ${name}`, prose(intro), beside.join('\n'), contents.join('\n'), ...body].filter(Boolean).join('\n\n')}\n`
}

function indexText(pages) {
  const lists = pages.map(({ file, name, intro, sections }) => {
    const items = sections.flatMap((section) => section.items).filter((item) => !isType(item))
    const names = items.map((item) => `[${item.name}](${file}#${item.anchor})`).sort((a, b) => a.localeCompare(b, 'en'))
    return `## [${name}](${file})\n\n${prose(intro)}\n\n${names.join(' · ')}`
  })
  return `${[note, '# Reference', 'All that can be called, by the entry point it is imported from. Types of options and results stand on the pages.', ...lists].join('\n\n')}\n`
}
