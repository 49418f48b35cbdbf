import { registerHooks, type ResolveFnOutput } from 'node:module'

/** What drizzle-orm's modules import of each other, and what ours import of it. */
const WITHIN_DRIZZLE = /\/node_modules\/drizzle-orm\/.*\.js$/
const OF_DRIZZLE = /^drizzle-orm(?:\/|$)/

/**
 * Node asks a package's package.json what each import of it leads to, and what each of its modules is, and reads it anew each time; that of
 * drizzle-orm has 180 kB and a hundred and fifty modules, which is half of every start. They are ES modules, as it says, and what was once
 * found stays where it is. A Node without these hooks takes its time.
 */
export const loadQuickly = (): void => {
  const found = new Map<string, ResolveFnOutput>()
  registerHooks?.({
    resolve(specifier, context, next) {
      if (specifier.startsWith('.') && WITHIN_DRIZZLE.test(context.parentURL ?? '')) return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
      if (!OF_DRIZZLE.test(specifier) || context.conditions.includes('require')) return next(specifier, context)
      const known = found.get(specifier)
      if (known) return { ...known, shortCircuit: true }
      const resolved = next(specifier, context)
      found.set(specifier, resolved)
      return resolved
    },
  })
}
