import { css } from 'lit'

export const settingsStyles = css`
  .frame { display: grid; grid-template-columns: 176px minmax(0, 1fr); gap: 0 22px; padding: 18px; }
  .tabs { display: flex; flex-direction: column; gap: 2px; align-self: start; position: sticky; inset-block-start: 12px; }
  [role='tab'] { padding: 7px 12px; border: 0; border-radius: 8px; background: none; color: var(--_muted); text-align: start; font-weight: 500; cursor: pointer; }
  [role='tab']:hover { color: var(--_text); background: light-dark(#ececf1, #1d1f26); }
  [role='tab'][aria-selected='true'] { color: var(--_text); background: light-dark(#e7e8f0, #2b2e39); }
  .panel { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 12px; align-items: center; align-content: start; min-inline-size: 0; }
  .panel > * { grid-column: 1 / -1; min-inline-size: 0; }
  .panel > h3 { grid-column: 1; }
  .panel > .head:not(:has(.search)) { grid-area: 1 / 2; }
  .panel:focus { outline: none; }
  h3 { margin: 0; font-size: 16px; font-weight: 650; letter-spacing: -0.01em; }
  h4 { margin: 10px 0 0; font-size: 13px; font-weight: 600; color: var(--_muted); }
  .head { display: flex; flex-wrap: wrap; align-items: end; gap: 8px; }
  .head > .search { flex: 1 1 200px; }
  .head > button:only-child, .head > .search ~ button { margin-inline-start: auto; }
  .search { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; color: var(--_muted); font-size: 13px; }
  input:not([type='checkbox']), select { font: inherit; color: var(--_text); background: var(--_surface); border: 1px solid light-dark(#8a8e9c, #6b7080); border-radius: 8px; padding: 5px 10px; min-inline-size: 0; max-inline-size: 100%; }
  .search input:not([type='checkbox']) { flex: 1 1 160px; max-inline-size: 320px; }
  input::placeholder { color: var(--_muted); opacity: 1; }
  input[type='checkbox'] { accent-color: var(--_accent); inline-size: 15px; block-size: 15px; margin: 3px 0 0; flex: none; }
  .primary { padding: 6px 14px; border: 1px solid transparent; border-radius: 8px; background: var(--_accent); color: var(--_on-accent); font-weight: 550; cursor: pointer; }
  .primary:hover { filter: brightness(1.08); }
  .primary.grave { background: var(--_bad); color: light-dark(#ffffff, #2b060c); }
  .plain.grave { color: var(--_bad); }
  .plain:disabled { opacity: 0.6; cursor: default; }
  .more { margin-block-start: 8px; }
  .rows { margin: 0; padding: 0; list-style: none; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); box-shadow: var(--_shadow); }
  .row { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 6px 14px; align-items: center; padding: 10px 14px; }
  .row + .row { border-block-start: 1px solid var(--_line); }
  .row:focus { outline: none; }
  .row:focus-visible { outline: 2px solid var(--_accent); outline-offset: -2px; border-radius: var(--_radius); }
  .title { display: flex; flex-wrap: wrap; align-items: center; gap: 3px 8px; }
  .name { font-weight: 600; font-size: 13.5px; overflow-wrap: anywhere; min-inline-size: 0; }
  .over .name { color: var(--_muted); font-weight: 500; }
  .facts { display: flex; flex-wrap: wrap; gap: 1px 14px; color: var(--_muted); font-size: 12.5px; }
  .facts > span { min-inline-size: 0; overflow-wrap: anywhere; }
  .facts time { font-variant-numeric: tabular-nums; }
  .bad { color: var(--_bad); }
  code { font: 12px ui-monospace, 'SF Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  .name code { font-size: 12.5px; font-weight: 600; }
  .chip { padding: 0 7px; border: 1px solid var(--_line); border-radius: 99px; color: var(--_muted); font-size: 11.5px; font-weight: 500; line-height: 18px; }
  .chip.good { color: var(--_good); border-color: currentColor; }
  .chip.warn { color: var(--_warn); border-color: currentColor; }
  .chip.bad { border-color: currentColor; }
  .actions { display: flex; flex-wrap: wrap; justify-content: end; gap: 6px; }
  .small { padding: 2px 9px; border: 1px solid var(--_line); border-radius: 6px; background: none; color: var(--_muted); font-size: 12.5px; cursor: pointer; }
  .small:hover { color: var(--_text); border-color: var(--_muted); }
  .small.grave:hover { color: var(--_bad); border-color: var(--_bad); }
  .small[aria-expanded='true'] { background: light-dark(#ececf1, #31343f); color: var(--_text); }
  .below { grid-column: 1 / -1; display: grid; gap: 8px; padding: 10px; border-radius: 8px; background: var(--_ground); }
  .below .rows { box-shadow: none; }
  .nothing { padding: 18px; border: 1px dashed var(--_line); border-radius: var(--_radius); color: var(--_muted); font-size: 13px; text-align: center; }
  .lock { padding: 12px 14px; border: 1px solid var(--_line); border-inline-start: 3px solid var(--_warn); border-radius: 8px; background: var(--_surface); font-size: 13px; }
  .lock p { margin: 0; }
  .lock p + p { margin-block-start: 4px; color: var(--_muted); }
  a { color: var(--_accent); overflow-wrap: anywhere; }
  .note { margin: 0; color: var(--_muted); font-size: 12.5px; }
  .trouble { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; padding: 10px 12px; border: 1px solid var(--_bad); border-radius: 8px; background: var(--_surface); color: var(--_bad); font-size: 13px; overflow-wrap: anywhere; }
  .trouble .request { color: var(--_muted); font-size: 12px; }
  .trouble .plain { color: var(--_text); }
  .rows + .trouble { margin-block-start: 8px; }
  .toast { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
  .toast .trouble { flex: 1; }
  .waiting { display: grid; gap: 1px; border: 1px solid var(--_line); border-radius: var(--_radius); overflow: hidden; }
  .waiting i { block-size: 56px; background: var(--_surface); }
  dialog { inline-size: min(480px, calc(100vw - 24px)); max-block-size: min(640px, calc(100dvh - 24px)); box-sizing: border-box; margin: auto; padding: 20px; overflow: auto; border: 1px solid var(--_line); border-radius: 14px; background: var(--_raised); color: var(--_text); box-shadow: var(--_lift); }
  dialog::backdrop { background: rgb(10 11 20 / 45%); }
  form, .telling { display: grid; gap: 14px; }
  .text { margin: -8px 0 0; color: var(--_muted); font-size: 13px; }
  .text:empty { display: none; }
  .field { display: grid; gap: 4px; margin: 0; padding: 0; border: 0; min-inline-size: 0; }
  .field > label:not(.check), legend { padding: 0; font-size: 13px; font-weight: 550; }
  legend { margin-block-end: 2px; }
  .check { display: flex; gap: 8px; align-items: start; min-block-size: 26px; padding-block: 2px; font-size: 13.5px; }
  .check:has(:disabled) { color: var(--_muted); }
  .hint { color: var(--_muted); font-size: 12.5px; }
  .field-error { color: var(--_bad); font-size: 12.5px; }
  :is(input, select)[aria-invalid='true']:not([type='checkbox']) { border-color: var(--_bad); }
  .secret { display: flex; gap: 8px; }
  .secret input { flex: 1; font: 13px ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
  .copied { min-block-size: 18px; margin-block-start: -8px; color: var(--_good); font-size: 12.5px; }
  .buttons { display: flex; flex-wrap: wrap; justify-content: end; gap: 8px; }
  [aria-disabled='true'] { opacity: 0.7; cursor: progress; }
  @container (inline-size < 720px) {
    .frame { grid-template-columns: minmax(0, 1fr); gap: 14px; padding: 14px; }
    .tabs { position: static; flex-flow: row wrap; }
    [role='tab'] { padding: 5px 10px; }
  }
  @container (inline-size < 560px) {
    .frame { padding: 12px; }
    .row { grid-template-columns: minmax(0, 1fr); padding: 10px 12px; }
    .actions { justify-content: start; }
  }
  @media (prefers-reduced-motion: no-preference) {
    .waiting i { animation: wait 1.4s ease-in-out infinite; }
    @keyframes wait { 50% { opacity: 0.5; } }
  }
  @media (forced-colors: active) {
    [role='tab'][aria-selected='true'] { outline: 2px solid Highlight; outline-offset: -2px; }
    .primary, .small, .chip, .rows, dialog { border: 1px solid CanvasText; }
  }
`
