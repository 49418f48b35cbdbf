/** The words that the browser's test runner offers. */
declare function describe(name: string, suite: () => void): void
declare function it(name: string, test: () => Promise<void>): void
declare function beforeEach(hook: () => Promise<void> | void): void
declare function afterEach(hook: () => Promise<void> | void): void
