/** `nabla lab notes`: a lab's notes for a terminal, and behind them its settings, presets and the figures it is to reach. */
import { allowed, askedText, type Lab, shownDefault, showValue } from '@nabla/labs'
import { unknownName } from 'nabla'
import { type MarkdownOptions, markdownLines } from '../terminal/markdown.js'

export interface NotesOptions extends MarkdownOptions {
  /** The Markdown as it is written. */
  readonly raw: boolean
}

const headings = {
  en: { settings: 'Settings', presets: 'Presets', targets: 'Figures to reach' },
  zh: { settings: '设置', presets: '预设', targets: '应达到的数值' },
} as const

/** Throws NablaError('argument') for a language that there is not. */
export function notesLines(lab: Lab, lang: string, { raw, ...options }: NotesOptions): string[] {
  if (!Object.hasOwn(headings, lang)) throw unknownName('argument', 'language', lang, Object.keys(headings))
  const language = lang as keyof typeof headings
  if (raw) return lab.notes[language].split('\n')
  return markdownLines(`${lab.notes[language].trim()}\n\n${facts(lab, headings[language])}`, options)
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** Settings, presets and targets as Markdown. */
function facts(lab: Lab, words: (typeof headings)['en' | 'zh']): string {
  const settings = Object.entries(lab.options)
  const presets = Object.entries(lab.presets).map(([name, values]) => {
    const given = Object.entries(values).map(([key, value]) => `${key}=${showValue(value!)}`)
    return `- ${name}${given.length ? `: ${given.join(', ')}` : ''}`
  })
  const targets = (lab.targets ?? []).map((target) => {
    const settings = Object.entries(target.when ?? {}).map(([key, value]) => ` ${key}=${showValue(value!)}`)
    return `- ${target.metric}${settings.join('')}: ${askedText(target)} (${target.source})`
  })
  return [
    ...(settings.length
      ? [
          `## ${words.settings}\n\n| --set | default | allowed | |\n| --- | --- | --- | --- |`,
          ...settings.map(
            ([name, spec]) => `| ${name} | ${cell(shownDefault(spec))} | ${cell(allowed(spec))} | ${cell(spec.help)} |`,
          ),
          '',
        ]
      : []),
    `## ${words.presets}\n`,
    ...presets,
    ...(targets.length ? [`\n## ${words.targets}\n`, ...targets] : []),
  ].join('\n')
}
