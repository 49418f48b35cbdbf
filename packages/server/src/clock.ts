/** Milliseconds since 1970, as the wall shows them; handed in everywhere so that tests can turn the hands. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
export const instant = (ms: number): string => new Date(ms).toISOString()
