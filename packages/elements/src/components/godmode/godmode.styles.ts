import { css } from 'lit'

export const godmodeStyles = css`
  .frame { display: grid; gap: 14px; padding: 14px 18px 18px; }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; }
  h2 { margin: 0; font-size: 16px; font-weight: 650; letter-spacing: -0.01em; }
  .connection { margin-inline-start: auto; }
  h3 { margin: 0 0 8px; font-size: 12px; font-weight: 600; color: var(--_muted); }
  .counters { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 1px; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_line); overflow: hidden; margin: 0; }
  .counters div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: 10px 14px; background: var(--_surface); }
  .counters dt { color: var(--_muted); font-size: 12px; }
  .counters dd { margin: 0; font-size: 21px; font-weight: 620; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
  .counters .bad dd { color: var(--_bad); }
  .halves { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 18px; align-items: start; }
  ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 6px; }
  .agent, .task { padding: 10px 12px; border: 1px solid var(--_line); border-radius: 8px; background: var(--_surface); box-shadow: var(--_shadow); }
  .agent { display: grid; grid-template-columns: auto 1fr auto; gap: 0 10px; align-items: center; }
  .face { grid-row: span 2; inline-size: 32px; block-size: 32px; display: grid; place-items: center; border-radius: 9px; background: light-dark(#eceefc, #2c3052); color: light-dark(#333cae, #c3c8ff); font-size: 12.5px; font-weight: 650; position: relative; }
  .face::after { content: ''; position: absolute; inset-block-end: -2px; inset-inline-end: -2px; inline-size: 10px; block-size: 10px; border: 2px solid var(--_surface); border-radius: 50%; background: var(--_muted); }
  .agent.working .face::after { background: var(--_accent); }
  .agent.idle .face::after { background: var(--_good); }
  .agent.stale .face::after { background: var(--_bad); }
  .agent.stale .face, .agent.offline .face { filter: grayscale(1); opacity: 0.75; }
  [dir='auto'] { text-align: -webkit-match-parent; text-align: match-parent; }
  .name { font-weight: 600; font-size: 13.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .state { font-size: 12px; color: var(--_muted); }
  .agent.working .state { color: var(--_accent); }
  .agent.stale .state { color: var(--_bad); font-weight: 600; }
  .doing { grid-column: 2 / 4; color: var(--_muted); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .groups { display: grid; gap: 16px; }
  .task { display: grid; gap: 6px; }
  .task .line { display: flex; align-items: baseline; gap: 8px; min-inline-size: 0; }
  .kind { font-weight: 600; font-size: 13.5px; white-space: nowrap; }
  .who { color: var(--_muted); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .percent { margin-inline-start: auto; color: var(--_muted); font-size: 12.5px; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .message { color: var(--_muted); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; }
  .error { color: var(--_bad); font-size: 12.5px; overflow-wrap: anywhere; }
  progress { appearance: none; -webkit-appearance: none; inline-size: 100%; block-size: 6px; border: 0; border-radius: 3px; overflow: hidden; background: light-dark(#e6e7ee, #343845); color: var(--_accent); }
  progress::-webkit-progress-bar { background: light-dark(#e6e7ee, #343845); }
  progress::-webkit-progress-value { background: var(--_accent); border-radius: 3px; }
  progress::-moz-progress-bar { background: var(--_accent); border-radius: 3px; }
  .task.compact { grid-template-columns: 1fr auto; padding-block: 7px; }
  .badge { font-size: 12px; color: var(--_muted); white-space: nowrap; }
  .badge.succeeded { color: var(--_good); }
  .badge.dead { color: var(--_bad); }
  .badge.paused { color: var(--_warn); }
  .controls { display: flex; gap: 6px; margin-inline-start: auto; }
  .controls button { padding: 1px 8px; border: 1px solid var(--_line); border-radius: 6px; background: none; font-size: 12px; cursor: pointer; color: var(--_muted); }
  .controls button:hover { color: var(--_text); border-color: var(--_muted); }
  .nothing { padding: 14px; border: 1px dashed var(--_line); border-radius: 8px; color: var(--_muted); font-size: 12.5px; text-align: center; }
  .trouble { color: var(--_bad); font-size: 13px; }
  @container (inline-size < 720px) { .halves { grid-template-columns: minmax(0, 1fr); } .connection { margin-inline-start: 0; flex-basis: 100%; } }
  @container (inline-size < 480px) { .frame { padding: 12px; } .counters { grid-template-columns: repeat(3, 1fr); } .counters div { padding: 8px 10px; } .counters dd { font-size: 18px; } }
  @media (prefers-reduced-motion: no-preference) { progress::-webkit-progress-value { transition: inline-size 300ms ease-out; } }
  @media (forced-colors: active) { .agent, .task { border: 1px solid CanvasText; } progress { border: 1px solid CanvasText; } }
`
