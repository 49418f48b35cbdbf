import { css } from 'lit'

export const signInPageStyles = css`
  :host { display: grid; align-content: start; justify-items: center; min-block-size: 100dvh; padding: clamp(16px, 8vh, 96px) 16px 32px; }
  main { inline-size: 100%; max-inline-size: 400px; padding: 28px; border: 1px solid var(--_line); border-radius: 14px; background: var(--_surface); box-shadow: var(--_shadow); }
  .brand { margin: 0 0 20px; font-size: 13px; font-weight: 650; letter-spacing: 0.01em; color: var(--_muted); }
  h1 { margin: 0 0 6px; font-size: 21px; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
  /* It is focused so that it is read out, and there is nothing to do with it. */
  h1:focus-visible { outline: none; }
  .lead { margin: 0 0 20px; color: var(--_muted); overflow-wrap: anywhere; }
  .lead strong { color: var(--_text); font-weight: 600; }
  form { display: grid; gap: 16px; margin: 20px 0 0; }
  .field { display: grid; gap: 5px; }
  label { font-size: 13px; font-weight: 600; }
  input { inline-size: 100%; min-block-size: 40px; padding: 8px 11px; border: 1px solid light-dark(#8b8f9e, #727788); border-radius: 8px; background: var(--_ground); color: var(--_text); font: inherit; font-size: 16px; text-align: start; }
  input:focus-visible { outline-offset: 0; }
  input:read-only { color: var(--_muted); background: none; }
  input[aria-invalid='true'] { border-color: var(--_bad); }
  .hint { font-size: 12.5px; color: var(--_muted); }
  .fault { font-size: 12.5px; color: var(--_bad); }
  .primary, .secondary { inline-size: 100%; min-block-size: 42px; padding: 8px 16px; border-radius: 8px; font-weight: 600; cursor: pointer; overflow-wrap: anywhere; }
  .primary { border: 1px solid transparent; background: var(--_accent); color: var(--_on-accent); }
  .primary:hover { filter: brightness(1.08); }
  .primary[aria-disabled='true'] { opacity: 0.65; cursor: progress; }
  .secondary { border: 1px solid light-dark(#8b8f9e, #727788); background: var(--_surface); }
  .secondary:hover { border-color: var(--_text); }
  .or { display: flex; align-items: center; gap: 12px; margin: 20px 0 0; color: var(--_muted); font-size: 12.5px; }
  .or::before, .or::after { content: ''; flex: 1; border-block-start: 1px solid var(--_line); }
  .provider { margin-block-start: 20px; }
  .below { display: flex; flex-wrap: wrap; gap: 8px 20px; margin-block-start: 20px; }
  .link { padding: 3px 0; border: 0; background: none; color: var(--_accent); font-weight: 600; font-size: 13px; text-align: start; cursor: pointer; }
  .link:hover { text-decoration: underline; text-underline-offset: 3px; }
  ul { display: grid; gap: 8px; margin: 0; padding: 0; list-style: none; }
  .place { display: flex; align-items: center; gap: 10px; inline-size: 100%; padding: 10px 14px; border: 1px solid var(--_line); border-radius: 10px; background: none; text-align: start; }
  button.place { cursor: pointer; border-color: light-dark(#8b8f9e, #727788); }
  button.place:hover { border-color: var(--_text); }
  .place .name { flex: 1; font-weight: 600; overflow-wrap: anywhere; }
  .place .role { color: var(--_muted); font-size: 12.5px; }
  a { color: var(--_accent); font-weight: 600; }
  .key, .codes { padding: 12px 14px; border: 1px solid var(--_line); border-radius: 8px; background: var(--_ground); font: 600 14px / 1.6 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  .key { margin: 0 0 20px; }
  .codes { grid-template-columns: repeat(auto-fit, minmax(112px, 1fr)); gap: 2px 12px; font-weight: 500; }
  .trouble { margin: 14px 0 16px; padding: 10px 12px; border: 1px solid var(--_bad); border-radius: 8px; color: var(--_bad); font-size: 13px; overflow-wrap: anywhere; }
  .done { margin: 14px 0 16px; padding: 10px 12px; border: 1px solid var(--_good); border-radius: 8px; color: var(--_good); font-size: 13px; overflow-wrap: anywhere; }
  .bones { display: grid; gap: 16px; }
  .bones span { block-size: 40px; border-radius: 8px; background: var(--_line); }
  .bones span:first-child { inline-size: 60%; block-size: 24px; }
  @media (max-width: 400px) { main { padding: 20px; } }
  @media (forced-colors: active) { .primary { border-color: ButtonText; } }
`
