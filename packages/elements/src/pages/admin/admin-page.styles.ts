import { css } from 'lit'

export const adminPageStyles = css`
  :host { min-block-size: 100vh; }
  header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 14px; padding: 10px 18px; border-block-end: 1px solid var(--_line); background: var(--_surface); }
  h1 { margin: 0; font-size: 15px; font-weight: 680; letter-spacing: -0.01em; }
  .workspace { color: var(--_muted); min-inline-size: 0; overflow-wrap: anywhere; }
  select { font: inherit; max-inline-size: 240px; padding: 4px 8px; border: 1px solid light-dark(#8a8e9c, #6b7080); border-radius: 8px; background: var(--_surface); color: var(--_text); }
  .person { display: flex; align-items: center; gap: 10px; margin-inline-start: auto; min-inline-size: 0; }
  .who { color: var(--_muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  main { max-inline-size: 1080px; margin-inline: auto; }
  @container (inline-size < 480px) { header { padding: 10px 12px; } .workspace { order: 1; flex-basis: 100%; } }
`
