const root = document.documentElement
const parameters = new URLSearchParams(location.search)

/** One of a group of buttons is pressed, and says what the page is to be. */
const choose = (name, value, apply) => {
  apply(value)
  for (const button of document.querySelectorAll(`[data-${name}-to]`)) button.setAttribute('aria-pressed', String(button.getAttribute(`data-${name}-to`) === value))
}
const applyTheme = (value) => {
  localStorage.setItem('playground-theme', value)
  if (value === '') delete root.dataset.theme
  else root.dataset.theme = value
}
const applyDirection = (value) => { root.dir = value }

choose('theme', parameters.get('theme') ?? localStorage.getItem('playground-theme') ?? '', applyTheme)
choose('dir', parameters.get('dir') ?? 'ltr', applyDirection)
for (const button of document.querySelectorAll('[data-theme-to]')) button.addEventListener('click', () => choose('theme', button.dataset.themeTo, applyTheme))
for (const button of document.querySelectorAll('[data-dir-to]')) button.addEventListener('click', () => choose('dir', button.dataset.dirTo, applyDirection))

/** Which sections each page of the application shows. */
const show = () => {
  const page = location.hash.slice(1) || 'sales'
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.page === page) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  for (const section of document.querySelectorAll('main > section')) section.hidden = !section.dataset.shows.split(' ').includes(page)
}
addEventListener('hashchange', show)
show()
