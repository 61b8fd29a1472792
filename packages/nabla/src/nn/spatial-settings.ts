/** How layers write their settings: `[3, 3], {"stride":2}`. */
export function settings(first: unknown, options: object): string {
  return [JSON.stringify(first), ...(Object.keys(options).length ? [JSON.stringify(options)] : [])].join(', ')
}
