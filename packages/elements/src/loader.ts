/** Loads each element when its tag first appears in the page, from beside this file. */
const TAGS = ['provider', 'pipeline', 'godmode', 'sign-in', 'settings'].map((name) => `flowstate-${name}`)

const load = (root: ParentNode): void => {
  for (const tag of TAGS) if (!customElements.get(tag) && root.querySelector(tag)) void import(new URL(`./define/${tag}.js`, import.meta.url).href)
}
load(document)
new MutationObserver((records) => {
  if (records.some(({ addedNodes }) => addedNodes.length > 0)) load(document)
}).observe(document.documentElement, { childList: true, subtree: true })

export {}
