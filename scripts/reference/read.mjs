/**
 * What the entry points of a package offer: names, signatures, doc comments, read from the sources with the compiler's own API. That API is
 * called unstable by its makers; all use of it is in this file.
 */
import { dirname, join, relative, sep } from 'node:path'
import { SyntaxKind } from 'typescript/unstable/ast'
import { API, ModifierFlags, SignatureKind, SymbolFlags } from 'typescript/unstable/sync'

/** The longest default value that is shown in a signature, and the longest signature on one line. */
const longestDefault = 24
const longestLine = 110

/**
 * The public names behind each of `files`: `[{ intro, items, spaces, others }]`, where `spaces` are modules exported under a name, and
 * `others` types that the items speak of and that no entry point exports. `root` is the repository, `config` the tsconfig of the project.
 */
export function readEntries(root, config, files) {
  const api = new API({ cwd: root })
  try {
    const project = api.updateSnapshot({ openProject: config }).getProject(config)
    return new Reader(root, project).entries(files)
  } finally {
    api.close()
  }
}

const squeeze = (text) => text.replace(/\s+/g, ' ').trim()

/** Types without the names of modules, and with the tensor as it is known outside. */
const plain = (text) =>
  text
    .replace(/import\("[^"]*"\)\./g, '')
    .replace(/\b[a-z]\.(?=[A-Z])/g, '')
    .replace(/\bHandle\b/g, 'Tensor')

/** The compiler's spelling of a type as people write it. */
const tidy = (text) =>
  plain(squeeze(text))
    .replace(/"([^"']*)"/g, "'$1'")
    .replace(/\[ /g, '[')
    .replace(/ \]/g, ']')
    .replace(/; \}/g, ' }')

class Reader {
  #root
  #project
  #checker
  /** Symbols that an entry point exports, by id. */
  #public = new Map()
  #order = new Map()

  constructor(root, project) {
    this.#root = root
    this.#project = project
    this.#checker = project.checker
  }

  entries(files) {
    const modules = files.map((file) => {
      const source = this.#project.program.getSourceFile(file)
      if (!source) throw new Error(`${file} is not in the project`)
      const exported = this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(source))
      const names = exported.map((symbol) => [symbol.name, this.#resolved(symbol)])
      for (const [name, symbol] of names) this.#public.set(symbol.id, name)
      return { file, text: source.text, names }
    })
    return modules.map(({ file, text, names }) => {
      const kept = names.filter(([, symbol]) => symbol.declarations.length && !this.#tagged(symbol, 'internal'))
      const spaces = kept.filter(([, symbol]) => symbol.flags & SymbolFlags.Module)
      const rest = kept.filter(([, symbol]) => !(symbol.flags & SymbolFlags.Module))
      const items = rest.map(([name, symbol]) => this.#item(name, symbol))
      const rank = new Map(items.map((item) => [item.file, rankIn(text, relative(dirname(file), join(this.#root, item.file)))]))
      return {
        intro: headerOf(text),
        items: items.sort((a, b) => rank.get(a.file) - rank.get(b.file) || byPlace(a, b)),
        spaces: spaces.map(([name, symbol]) => ({ name, module: this.#declarations(symbol)[0].fileName })),
        others: this.#others(rest.map(([, symbol]) => symbol)),
      }
    })
  }

  #resolved(symbol) {
    return symbol.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  #symbolAt(node) {
    const symbol = this.#checker.getSymbolAtLocation(node)
    return symbol && this.#resolved(symbol)
  }

  #declarations(symbol) {
    return symbol.declarations.map((handle) => handle.resolve(this.#project)).filter(Boolean)
  }

  #tagged(symbol, tag) {
    return this.#checker.getJsDocTagsOfSymbol(symbol).some(({ name }) => name === tag)
  }

  /** Where a declaration stands, and what the head of its file says. Files are ordered as they are first met. */
  #place(node) {
    const { fileName, text } = node.getSourceFile()
    if (!this.#order.has(fileName)) this.#order.set(fileName, this.#order.size)
    const start = node.getStart()
    return {
      file: relative(this.#root, fileName).split(sep).join('/'),
      order: this.#order.get(fileName),
      line: text.slice(0, start).split('\n').length,
      title: headerOf(text),
      banner: [...text.slice(0, start).matchAll(/^ *\/\/ -{4,} (.+)$/gm)].at(-1)?.[1],
    }
  }

  #item(name, symbol) {
    const [first] = this.#declarations(symbol)
    const about = { name, ...this.#place(first), comment: this.#comment(symbol), refers: this.#references(symbol) }
    if (symbol.flags & SymbolFlags.Class) return { ...about, kind: 'class', ...this.#class(name, symbol) }
    if (symbol.flags & SymbolFlags.Interface) return { ...about, kind: 'type', ...this.#interface(symbol) }
    if (symbol.flags & SymbolFlags.TypeAlias) return { ...about, kind: 'type', signatures: [withoutComments(first)] }
    const type = this.#checker.getTypeOfSymbol(symbol)
    const calls = this.#checker.getSignaturesOfType(type, SignatureKind.Call)
    if (calls.length) return { ...about, kind: 'function', signatures: calls.map((call) => this.#signature(name, call, first)) }
    return { ...about, kind: 'constant', signatures: [`const ${name}: ${tidy(this.#checker.typeToString(type, first))}`] }
  }

  /** `name(a: A, b: B = 1): R`, over several lines if it is long. */
  #signature(name, signature, at, { result = true } = {}) {
    const node = this.#checker.signatureToSignatureDeclaration(signature, SyntaxKind.MethodSignature, at)
    const declared = signature.declaration?.resolve(this.#project)
    const print = (part) => tidy(this.#project.emitter.printNode(part))
    const generics = node.typeParameters?.length ? `<${node.typeParameters.map(print).join(', ')}>` : ''
    const parameters = (node.parameters ?? []).map((parameter, i) => {
      const own = declared?.parameters?.[i]
      const value = own?.initializer && squeeze(own.initializer.getText())
      const label = own && own.name.kind !== SyntaxKind.Identifier ? 'options' : print(parameter.name)
      const optional = parameter.questionToken || value
      const type = optional ? print(parameter.type).replace(/ \| undefined$/, '') : print(parameter.type)
      if (value && value !== '{}' && value.length <= longestDefault) return `${label}: ${type} = ${value}`
      return `${parameter.dotDotDotToken ? '...' : ''}${label}${optional ? '?' : ''}: ${type}`
    })
    const gives = result ? `: ${print(node.type)}` : ''
    const line = `${name}${generics}(${parameters.join(', ')})${gives}`
    return line.length <= longestLine ? line : `${name}${generics}(\n${parameters.map((p) => `  ${p},\n`).join('')})${gives}`
  }

  #class(name, symbol) {
    const declaration = this.#declarations(symbol).find((node) => node.kind === SyntaxKind.ClassDeclaration)
    const abstract = Boolean(declaration.modifierFlags & ModifierFlags.Abstract)
    const made = this.#checker.getSignaturesOfType(this.#checker.getTypeOfSymbol(symbol), SignatureKind.Construct)
    const visible = abstract ? [] : made.filter((one) => !hidden(one.declaration?.resolve(this.#project)))
    const statics = [...symbol.getExports().values()].filter((member) => member.name !== 'prototype')
    const members = this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(symbol))
    return {
      signatures: [
        this.#head(declaration),
        ...visible.map((one) => this.#signature(`new ${name}`, one, declaration, { result: false })),
      ],
      bases: this.#bases(symbol),
      members: [
        ...statics.flatMap((member) => this.#member(member, declaration, symbol, 'static ')),
        ...members.flatMap((member) => this.#member(member, declaration, symbol)),
      ].sort(byPlace),
    }
  }

  #interface(symbol) {
    const [declaration] = this.#declarations(symbol)
    const members = this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(symbol))
    return {
      signatures: [this.#head(declaration)],
      bases: this.#bases(symbol),
      members: members.flatMap((member) => this.#member(member, declaration, symbol)).sort(byPlace),
    }
  }

  /** `class A<T> extends B`, with the nearest bases that have an entry of their own. */
  #head(declaration) {
    const { text } = declaration.getSourceFile()
    const end = declaration.heritageClauses?.[0]?.getStart() ?? declaration.members.pos
    const start = squeeze(text.slice(declaration.getStart(), end))
      .replace(/^export /, '')
      .replace(/ ?\{$/, '')
    const clauses = (declaration.heritageClauses ?? []).flatMap((clause) => {
      const names = clause.types.flatMap((type) => {
        const base = this.#symbolAt(type.expression)
        const inner = base && !this.#public.has(base.id) && base.flags & (SymbolFlags.Class | SymbolFlags.Interface)
        return inner && !this.#foreign(base) ? this.#bases(base) : [plain(squeeze(this.#applied(type)))]
      })
      return names.length
        ? [`${clause.token === SyntaxKind.ImplementsKeyword ? 'implements' : 'extends'} ${names.join(', ')}`]
        : []
    })
    return [start, ...clauses].join(' ')
  }

  /** A base with its type arguments, unless one of them is known in its own file only. */
  #applied(type) {
    const symbols = (type.typeArguments ?? []).map(({ typeName }) => typeName && this.#symbolAt(typeName))
    const inner = (symbol) => symbol.flags & SymbolFlags.Interface && !this.#public.has(symbol.id) && !this.#foreign(symbol)
    return symbols.some((symbol) => symbol && inner(symbol)) ? type.expression.getText() : type.getText()
  }

  /** Declared outside of the project: by the language, or by a package. */
  #foreign(symbol) {
    const [first] = this.#declarations(symbol)
    return !first || outside(this.#place(first).file)
  }

  /** Classes and interfaces that a declaration extends and that have an entry of their own: their members are not repeated. */
  #bases(symbol) {
    const found = this.#parents(symbol).flatMap((base) =>
      this.#public.has(base.id) ? [this.#public.get(base.id)] : this.#bases(base),
    )
    return [...new Set(found)]
  }

  #parents(symbol) {
    return this.#declarations(symbol)
      .flatMap((node) => node.heritageClauses ?? [])
      .flatMap((clause) => clause.types.map(({ expression }) => this.#symbolAt(expression)))
      .filter((base) => base && (base.flags & (SymbolFlags.Class | SymbolFlags.Interface) || this.#isPublicAlias(base)))
  }

  #isPublicAlias(symbol) {
    return Boolean(symbol.flags & SymbolFlags.TypeAlias) && this.#public.has(symbol.id)
  }

  /** A public member; nothing for what is hidden, what comes from outside, and what a base with an entry of its own declares. */
  #member(member, at, owner, prefix = '') {
    if (/^(__@|#)/.test(member.name)) return []
    const declarations = this.#declarations(member).filter((node) => !hidden(node))
    const [first] = declarations
    if (!first || this.#tagged(member, 'internal')) return []
    const place = this.#place(first)
    if (outside(place.file)) return []
    const declaring = first.parent.kind === SyntaxKind.Constructor ? first.parent.parent : first.parent
    const home = declaring.name && this.#symbolAt(declaring.name)
    if (home && home.id !== owner.id && this.#behindPublic(owner, home, member.name)) return []
    const comment = this.#memberComment(member, owner, member.name)
    if (comment && declaring !== first.parent) comment.text = comment.text.slice(0, 1).toUpperCase() + comment.text.slice(1)
    const about = { name: member.name, ...place, comment }
    const type = this.#checker.getTypeOfSymbol(member)
    if (member.flags & SymbolFlags.Method) {
      const calls = this.#checker.getSignaturesOfType(type, SignatureKind.Call)
      return [{ ...about, signatures: calls.map((call) => this.#signature(`${prefix}${member.name}`, call, at)) }]
    }
    const is = (kind) => declarations.some((node) => node.kind === kind)
    const constant = is(SyntaxKind.GetAccessor) ? !is(SyntaxKind.SetAccessor) : first.modifierFlags & ModifierFlags.Readonly
    const optional = Boolean(member.flags & SymbolFlags.Optional)
    const written = first.type && home?.id === owner.id ? first.type.getText() : this.#checker.typeToString(type, at)
    const text = optional ? tidy(written).replace(/ \| undefined$/, '') : tidy(written)
    return [{ ...about, signatures: [`${prefix}${constant ? 'readonly ' : ''}${member.name}${optional ? '?' : ''}: ${text}`] }]
  }

  /** Whether `home` is a base with an entry of its own, or a base of one; or such a base is the name of a type with that member. */
  #behindPublic(owner, home, name) {
    const above = (symbol) => [symbol, ...this.#parents(symbol).flatMap(above)]
    const has = (base) =>
      this.#isPublicAlias(base)
        ? this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(base)).some((member) => member.name === name)
        : above(base).some(({ id }) => id === home.id)
    const bases = above(owner).filter(({ id }) => id !== owner.id && this.#public.has(id))
    return bases.some(has)
  }

  /** Doc comment and tags, or undefined. */
  #comment(symbol) {
    const text = this.#checker.getDocumentationCommentOfSymbol(symbol).trim()
    const tags = this.#checker.getJsDocTagsOfSymbol(symbol).map(({ name, text: about }) => ({ name, text: partsOf(about) }))
    return text || tags.length ? { text, tags } : undefined
  }

  /** Its own comment, or that of the member of that name further up; `of` is set where that one has an entry. */
  #memberComment(member, owner, name) {
    const inherited = this.#inherited(owner, name)
    const own = member && this.#comment(member)
    return own && own.text !== inherited?.text ? own : inherited
  }

  /** The comment of the member of that name further up. */
  #inherited(owner, name) {
    for (const base of this.#parents(owner)) {
      const member = base.flags & SymbolFlags.TypeAlias ? undefined : base.getMembers().get(name)
      const comment = this.#memberComment(member, base, name)
      if (comment) return { ...comment, of: comment.of ?? this.#public.get(base.id) }
    }
    return undefined
  }

  /** Symbols of the types that the public part of a declaration speaks of. */
  #spoken(symbol, seen = new Set()) {
    if (seen.has(symbol.id)) return []
    seen.add(symbol.id)
    const found = new Map()
    const note = (node) => {
      const type = this.#symbolAt(node)
      if (!type || type.flags & SymbolFlags.TypeParameter) return
      if (type.flags & SymbolFlags.Class && !this.#public.has(type.id)) {
        for (const inner of node.parent.kind === SyntaxKind.ExpressionWithTypeArguments ? this.#spoken(type, seen) : [])
          found.set(inner.id, inner)
      } else found.set(type.id, type)
    }
    const visit = (node) => {
      if (node.kind === SyntaxKind.Block || hidden(node)) return
      if (node.kind === SyntaxKind.TypeReference) note(node.typeName)
      if (node.kind === SyntaxKind.ExpressionWithTypeArguments) note(node.expression)
      node.forEachChild(visit)
    }
    for (const node of this.#declarations(symbol)) node.forEachChild(visit)
    return [...found.values()]
  }

  #references(symbol) {
    return this.#spoken(symbol).flatMap((type) => (type.id === symbol.id ? [] : [type.name]))
  }

  /** Types of the project that are spoken of, and those that they speak of, without those that an entry point exports. */
  #others(symbols) {
    const found = new Map()
    const queue = symbols.flatMap((symbol) => this.#spoken(symbol))
    for (const type of queue) {
      if (found.has(type.id) || this.#public.has(type.id) || !(type.flags & (SymbolFlags.Interface | SymbolFlags.TypeAlias)))
        continue
      if (this.#foreign(type)) continue
      found.set(type.id, this.#item(type.name, type))
      queue.push(...this.#spoken(type))
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

const outside = (file) => /^\.\.|node_modules\//.test(file)

const byPlace = (a, b) => a.order - b.order || a.line - b.line

/** How early a module speaks of a file, itself or by a folder's index. */
function rankIn(text, file) {
  const path = `./${file.split(sep).join('/')}`
  const at = [path.replace(/\.ts$/, '.js'), path.replace(/[^/]+$/, 'index.js')].map((name) => text.indexOf(`'${name}'`))
  return at.find((position) => position >= 0) ?? text.length
}

const hidden = (node) =>
  Boolean(node) &&
  (Boolean(node.modifierFlags & (ModifierFlags.Private | ModifierFlags.Protected)) ||
    node.name?.kind === SyntaxKind.PrivateIdentifier)

const partsOf = (text) => (Array.isArray(text) ? text.map((part) => part.text).join('') : (text ?? ''))

const withoutComments = (node) =>
  plain(node.getText())
    .replace(/\/\*\*[\s\S]*?\*\/\s*/g, '')
    .replace(/^export /, '')

/** The comment that a file begins with. */
function headerOf(text) {
  const match = text.match(/^\s*\/\*\*([\s\S]*?)\*\//)
  return match ? match[1].replace(/^[ \t]*\*[ ]?/gm, '').trim() : ''
}
