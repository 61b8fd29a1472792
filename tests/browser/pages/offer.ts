/** How a page shows the test what it can do: one function, called `run`. */

/** The work begins in a turn of its own: within an evaluation by the debugger a content security policy would not hold. */
export function offer<Given extends readonly unknown[], Result>(run: (...given: Given) => Promise<Result>): void {
  Object.assign(globalThis, {
    run: async (...given: Given) => {
      await new Promise((resolve) => setTimeout(resolve, 0))
      return run(...given)
    },
  })
}
