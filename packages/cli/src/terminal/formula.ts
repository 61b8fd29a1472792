/**
 * Formulas of notes (TeX) as a line of text: Greek letters and signs of Unicode, fractions with a stroke, indices raised and lowered where
 * Unicode has them. What is not known stays as its name: `\frac{\partial L}{\partial w_i}` is `∂L/∂wᵢ`, `x^{(k)}` is `x⁽ᵏ⁾`.
 */
const words = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split('=') as [string, string]),
  )

const signs: Readonly<Record<string, string>> = {
  ...words(`alpha=α beta=β gamma=γ delta=δ epsilon=ε varepsilon=ε zeta=ζ eta=η theta=θ vartheta=ϑ iota=ι kappa=κ lambda=λ mu=μ nu=ν xi=ξ
    pi=π rho=ρ sigma=σ tau=τ upsilon=υ phi=φ varphi=φ chi=χ psi=ψ omega=ω Gamma=Γ Delta=Δ Theta=Θ Lambda=Λ Xi=Ξ Pi=Π Sigma=Σ Phi=Φ Psi=Ψ
    Omega=Ω sum=Σ prod=Π int=∫ partial=∂ nabla=∇ infty=∞ div=÷ pm=± mp=∓ ast=* star=* circ=∘ odot=⊙ oplus=⊕ otimes=⊗
    dots=… ldots=… cdots=… vdots=⋮ ddots=⋱ ell=ℓ hbar=ħ Re=ℜ Im=ℑ forall=∀ exists=∃ emptyset=∅ top=ᵀ intercal=ᵀ prime=′ langle=⟨ rangle=⟩
    lfloor=⌊ rfloor=⌋ lceil=⌈ rceil=⌉ vert=| lvert=| rvert=\ue000| mid=| Vert=‖ lVert=‖ rVert=\ue000‖ lbrace={ rbrace=} surd=√ angle=∠ mapsto=↦`),
}
/** Signs that stand between what they relate, with a space on either side. */
const relations: Readonly<Record<string, string>> =
  words(`le=≤ leq=≤ ge=≥ geq=≥ ne=≠ neq=≠ approx=≈ equiv=≡ sim=~ simeq=≃ propto=∝ in=∈ notin=∉
  subset=⊂ subseteq=⊆ cup=∪ cap=∩ to=→ rightarrow=→ longrightarrow=→ leftarrow=← gets=← Rightarrow=⇒ Leftrightarrow=⇔ iff=⇔ ll=≪ gg=≫
  times=× cdot=· bmod=mod land=∧ lor=∨ wedge=∧ vee=∨`)
const spaces = new Set([',', ';', ':', ' ', 'quad', 'qquad', 'space'])
/** Commands that say how something looks, which a line of text cannot. */
const bare = new Set([
  ...['left', 'right', 'big', 'Big', 'bigg', 'Bigg', 'bigl', 'bigr', 'Bigl', 'Bigr', 'displaystyle', 'textstyle', 'limits'],
  ...['nolimits', '!', 'middle', 'mathstrut', 'hline'],
])
/** Commands whose argument is shown as it is. */
const plain = new Set([
  ...['text', 'textbf', 'textit', 'texttt', 'mathrm', 'mathbf', 'mathit', 'mathsf', 'mathtt', 'mathcal', 'boldsymbol', 'bm'],
  ...['operatorname', 'underbrace', 'overbrace', 'boxed', 'mbox', 'mathrel', 'mathop'],
])
const accents: Readonly<Record<string, string>> = {
  hat: '\u0302',
  widehat: '\u0302',
  bar: '\u0304',
  overline: '\u0304',
  tilde: '\u0303',
  widetilde: '\u0303',
  vec: '\u20d7',
  dot: '\u0307',
  ddot: '\u0308',
}
const doubled: Readonly<Record<string, string>> = { R: 'ℝ', E: '𝔼', N: 'ℕ', Z: 'ℤ', P: 'ℙ', C: 'ℂ', Q: 'ℚ', 1: '𝟙' }

const zip = (from: string, to: string): Map<string, string> => {
  const [keys, values] = [[...from], [...to]]
  return new Map(keys.map((key, i) => [key, values[i]!]))
}
const raised = zip(
  '0123456789+-−=()abcdefghijklmnoprstuvwxyzTABDEGHIJKLMNOPRUVW′*ᵀ',
  '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁⱽᵂ′*ᵀ',
)
const lowered = zip('0123456789+-−=()aehijklmnoprstuvxβγρφχ', '₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ')

/** A formula's TeX, without the dollar signs, as text. */
export function formulaText(tex: string): string {
  return new Reader(tex)
    .all()
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/ *\ue000/g, '') // what closes stands close
    .replace(/ {2,}/g, ' ')
    .replace(/ ([,;)\]])/g, '$1')
    .replace(/([([]) /g, '$1')
    .replace(/([\p{L}\p{Nd})\]])([ΣΠ√∫])/gu, '$1 $2')
    .normalize('NFC')
    .trim()
}

class Reader {
  private readonly tokens: readonly string[]
  private place = 0
  /** Inside of a definition by cases, whose conditions stand behind a comma. */
  private cases = false

  constructor(tex: string) {
    this.tokens = tex.match(/\\[a-zA-Z]+\*?|\\.|\s+|[\s\S]/gu) ?? []
  }

  all(): string {
    let text = ''
    while (this.place < this.tokens.length) text += this.next()
    return text
  }

  /** What comes next, with nothing for a sign that a line of text does not need. */
  private next(): string {
    const token = this.tokens[this.place++]!
    if (token === '{') return this.group()
    if (token === '}' || token === '$') return ''
    if (token === '^') return script(this.argument(), raised, '^')
    if (token === '_') return script(this.argument(), lowered, '_')
    if (token === '&') return this.cases ? ', ' : ' '
    if (token === '~') return ' '
    if (token === "'") return '′'
    if (/^\s+$/.test(token)) return ' '
    if (token === '=' || token === '<' || token === '>') return ` ${token} `
    return token.startsWith('\\') ? this.command(token.slice(1)) : token
  }

  /** To the bracket that closes. */
  private group(): string {
    let text = ''
    while (this.place < this.tokens.length && this.tokens[this.place] !== '}') text += this.next()
    this.place++
    return text
  }

  private argument(): string {
    while (/^\s+$/.test(this.tokens[this.place] ?? '')) this.place++
    return this.place < this.tokens.length ? this.next().trim() : ''
  }

  private command(name: string): string {
    if (name === '\\') return '\n'
    if (name === 'frac' || name === 'dfrac' || name === 'tfrac') return this.fraction()
    if (name === 'binom') return `C(${this.argument()}, ${this.argument()})`
    if (name === 'sqrt') return this.root()
    if (name === 'begin' || name === 'end') {
      const kind = this.argument()
      if (kind === 'cases') this.cases = name === 'begin'
      return name === 'begin' && kind === 'cases' ? '{ ' : ''
    }
    if (name === 'mathbb') return [...this.argument()].map((letter) => doubled[letter] ?? letter).join('')
    if (Object.hasOwn(accents, name)) return accented(this.argument(), accents[name]!)
    if (name === 'underset' || name === 'overset') return this.second()
    if (plain.has(name)) return this.text()
    if (name === 'left' || name === 'right') {
      if (this.tokens[this.place] === '.') this.place++
      return ''
    }
    if (bare.has(name)) return ''
    if (spaces.has(name)) return ' '
    if (name === '|') return '‖'
    if (Object.hasOwn(relations, name)) return ` ${relations[name]} `
    if (Object.hasOwn(signs, name)) return this.apart(signs[name]!, name)
    return /^[a-zA-Z]/.test(name) ? this.apart(name, name) : name // \log, \max; \{, \%
  }

  /** The words of a function stand apart from letters that follow: `log p`, but `log(p)`; a sign does not: `αx`. */
  private apart(text: string, name: string): string {
    const follows = this.tokens[this.place] ?? ''
    if (!Object.hasOwn(signs, name)) {
      const before = this.tokens[this.place - 2] ?? ''
      const gap = /[\w)\]}]/.test(before.at(-1) ?? '') && !before.startsWith('\\') ? ' ' : ''
      return `${gap}${text}${/^\s+$/.test(follows) ? ' ' : /^[\w\\]/.test(follows) && !['\\left', '\\,'].includes(follows) ? ' ' : ''}`
    }
    if (/^\s+$/.test(follows)) this.place++ // ends the command's name
    return text
  }

  /** The argument of \text and its like: its spaces count. */
  private text(): string {
    while (/^\s+$/.test(this.tokens[this.place] ?? '')) this.place++
    return this.place < this.tokens.length ? this.next() : ''
  }

  /** The second of two arguments: what the first is written over or under. */
  private second(): string {
    this.argument()
    return this.argument()
  }

  /** A fraction stands apart from a factor behind it. */
  private fraction(): string {
    const text = fraction(this.argument(), this.argument())
    return /^[\p{L}\p{N}([{\\]/u.test(this.tokens[this.place] ?? '') ? `${text} ` : text
  }

  private root(): string {
    let degree = ''
    if (this.tokens[this.place] === '[') {
      const end = this.tokens.indexOf(']', this.place)
      degree = script(this.tokens.slice(this.place + 1, end).join(''), raised, '')
      this.place = end + 1
    }
    const inner = this.argument()
    return `${degree}√${isSimple(inner) ? inner : `(${inner})`}`
  }
}

const accented = (text: string, mark: string): string => ([...text].length === 1 ? text + mark : `${text}${mark}`)

/** One thing, which needs no brackets: a name with its indices, a number, a call, something in brackets. */
const isSimple = (text: string): boolean => /^[^\s+\-−·×/=≤≥<>,…]+$/.test(text) || /^√?\([^()]*\)$/.test(text)

function fraction(above: string, below: string): string {
  const put = (text: string, sure: boolean): string => (sure ? text : `(${text})`)
  const oneFactor = /^√\([^()]*\)$/.test(below) || (isSimple(below) && !/[(Σ∫]/.test(below.slice(1)) && !/^\d+[^\d.]/.test(below))
  return `${put(above, isSimple(above))}/${put(below, oneFactor)}`
}

/** An index over or under the line where Unicode has all of it; else behind a sign, in brackets where it is more than one thing. */
function script(text: string, table: ReadonlyMap<string, string>, sign: string): string {
  const compact = text.replace(/\s+/g, '')
  const letters = [...compact]
  if (letters.length > 0 && letters.every((letter) => table.has(letter)))
    return letters.map((letter) => table.get(letter)!).join('')
  return `${sign}${letters.length <= 1 || /^\(.*\)$/.test(text) ? text : `(${text})`}`
}
