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

/** What the head of a file says it holds: its first clause, or its name where that is long. */
function titleOf({ title, file }) {
  const clause = title.replace(/\s+/g, ' ').match(/^(.+?)(?:[:;.](?:\s|$)|$)/)?.[1] ?? ''
  if (clause && clause.length <= 90) return clause.replace(/`/g, '')
  const name = file.split('/').at(-1).replace(/\.ts$/, '').replaceAll('-', ' ')
  return name[0].toUpperCase() + name.slice(1)
}

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
  const tags = comment.tags.map(({ name, text }) =>
    name === 'param' ? `- ${prose(text.replace(/^(\S+)/, '`$1`'))}` : `${name}: ${prose(text)}`,
  )
  return [prose(comment.text), tags.join('\n')].filter(Boolean).join('\n\n')
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
  const text = commentText(member)
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

/** Markdown of all pages, by file name. `pages` are `{ file, name, module, entry }`. */
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

/** Fixes the headings of a page, so that other pages can link to them. */
function layOut({ file, name, entry }, targets) {
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
  const files = groupBy(entry.items, (item) => item.file)
  const large = ([, items]) => items.some(({ members }) => members?.length > manyMembers)
  const sections = [...files.filter(large), ...files.filter((group) => !large(group))].map(([, items]) => {
    const heading = titleOf(items[0])
    return { heading, anchor: anchor(heading), items: items.map(place) }
  })
  const others = entry.others.length
    ? [{ heading: 'Other types', anchor: anchor('Other types'), items: entry.others.map(place) }]
    : []
  return { file, name, intro: entry.intro, spaces: entry.spaces, sections: [...sections, ...others] }
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
  const contents = sections.map(
    ({ heading, anchor, items }) =>
      `- [${heading}](#${anchor}): ${items.map((item) => `[${item.name}](#${item.anchor})`).join(', ')}`,
  )
  const body = sections.flatMap(({ heading, items }) => [`## ${heading}`, ...items.map((item) => itemText(item, linkTo, file))])
  return `${[note, `# ${name}`, prose(intro), beside.join('\n'), contents.join('\n'), ...body].filter(Boolean).join('\n\n')}\n`
}

function indexText(pages) {
  const lists = pages.map(({ file, name, intro, sections }) => {
    const items = sections.filter(({ heading }) => heading !== 'Other types').flatMap((section) => section.items)
    const names = items.map((item) => `[${item.name}](${file}#${item.anchor})`).sort((a, b) => a.localeCompare(b, 'en'))
    return `## [${name}](${file})\n\n${prose(intro)}\n\n${names.join(' · ')}`
  })
  return `${[note, '# Reference', 'All public names, by the entry point they are imported from.', ...lists].join('\n\n')}\n`
}
