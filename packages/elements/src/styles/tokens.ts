import { css } from 'lit'

/**
 * The look, as custom properties that a host may set on any ancestor. Colours follow `color-scheme` by `light-dark()`; every pair
 * of text and ground meets WCAG AA.
 */
export const tokens = css`
  :host {
    --_font: var(--flowstate-font, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif);
    --_accent: var(--flowstate-accent, light-dark(#4650d8, #9aa2ff));
    --_on-accent: var(--flowstate-on-accent, light-dark(#ffffff, #14162e));
    --_ground: var(--flowstate-ground, light-dark(#f6f6f8, #131419));
    --_surface: var(--flowstate-surface, light-dark(#ffffff, #1d1f26));
    --_raised: var(--flowstate-raised, light-dark(#ffffff, #262932));
    --_text: var(--flowstate-text, light-dark(#1b1d27, #eceef4));
    --_muted: var(--flowstate-muted, light-dark(#5c6070, #a3a8b8));
    --_line: var(--flowstate-line, light-dark(#e3e4ea, #31343f));
    --_good: var(--flowstate-good, light-dark(#13724a, #5fd6a0));
    --_warn: var(--flowstate-warn, light-dark(#8f5300, #f0b968));
    --_bad: var(--flowstate-bad, light-dark(#b3263a, #ff8d99));
    --_radius: var(--flowstate-radius, 10px);
    --_shadow: 0 1px 2px light-dark(rgb(20 22 40 / 6%), rgb(0 0 0 / 40%));
    --_lift: 0 12px 32px light-dark(rgb(20 22 40 / 18%), rgb(0 0 0 / 60%)), 0 2px 6px light-dark(rgb(20 22 40 / 10%), rgb(0 0 0 / 40%));
    display: block;
    container-type: inline-size;
    color: var(--_text);
    background: var(--_ground);
    font: 400 14px / 1.45 var(--_font);
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]) { display: none; }
  * { box-sizing: border-box; }
  button { font: inherit; color: inherit; }
  :focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
  .visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .connection { display: inline-flex; align-items: center; gap: 6px; color: var(--_muted); font-size: 12px; }
  .connection .dot { inline-size: 7px; block-size: 7px; border-radius: 50%; background: var(--_muted); flex: none; }
  .connection.live .dot { background: var(--_good); }
  .connection.polling .dot { background: var(--_warn); }
  .connection.offline { color: var(--_bad); }
  .connection.offline .dot { background: var(--_bad); }
  .notice { display: grid; place-items: center; gap: 12px; padding: 48px 24px; color: var(--_muted); text-align: center; }
  .plain { border: 1px solid var(--_line); background: var(--_surface); border-radius: 8px; padding: 5px 12px; cursor: pointer; }
  .plain:hover { border-color: var(--_muted); }
  @media (prefers-reduced-motion: no-preference) {
    .connection.connecting .dot, .connection.offline .dot { animation: pulse 1.4s ease-in-out infinite; }
    @keyframes pulse { 50% { opacity: 0.3; } }
  }
`
