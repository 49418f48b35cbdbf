import { css } from 'lit'

export const signInStyles = css`
  .frame { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; min-block-size: 52px; padding: 8px 18px; }
  .status { color: var(--_muted); font-size: 13px; overflow-wrap: anywhere; }
  .status bdi { color: var(--_text); font-weight: 600; }
  .primary { padding: 7px 16px; border: 1px solid transparent; border-radius: 8px; background: var(--_accent); color: var(--_on-accent); font-weight: 600; cursor: pointer; }
  .primary:hover { filter: brightness(1.08); }
  .plain { font-size: 13px; }
  .trouble { flex-basis: 100%; margin: 0; color: var(--_bad); font-size: 13px; overflow-wrap: anywhere; }
  @media (forced-colors: active) { .primary { border-color: ButtonText; } }
`
