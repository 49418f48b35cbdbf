/** An answer with what came around it. The body of `response` has been read. */
export interface Answered<T> {
  data: T
  response: Response
  /** Name it when you ask the server's people for help. */
  requestId: string | null
  /** Of a write of CRM data: what `changesets.revert` undoes. */
  changeSetId: string | null
}

/** A promise of the data; `.withResponse()` promises the answer around it. */
export interface ApiPromise<T> extends Promise<T> {
  withResponse: () => Promise<Answered<T>>
}

export const apiPromise = <T>(answered: Promise<Answered<T>>): ApiPromise<T> => {
  const data = answered.then((answer) => answer.data)
  const withResponse = () => {
    // Whoever asks for the answer hears of a failure there; the promise of the data alone would be unheard.
    data.catch(() => undefined)
    return answered
  }
  return Object.assign(data, { withResponse })
}
