import { css } from 'lit'

export const pipelineStyles = css`
  :host { block-size: var(--flowstate-pipeline-height, 640px); }
  .frame { display: flex; flex-direction: column; block-size: 100%; min-block-size: 0; }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; padding: 14px 18px 10px; }
  h2 { margin: 0; font-size: 16px; font-weight: 650; letter-spacing: -0.01em; }
  .totals { color: var(--_muted); font-variant-numeric: tabular-nums; }
  .connection { margin-inline-start: auto; }
  .columns { flex: 1; min-block-size: 0; display: grid; grid-auto-flow: column; grid-auto-columns: minmax(248px, 1fr); gap: 10px; padding: 0 18px 18px; overflow-x: auto; overscroll-behavior-x: contain; }
  section { display: flex; flex-direction: column; min-block-size: 0; border-radius: var(--_radius); background: light-dark(#ececf1, #191b21); border: 1px solid transparent; }
  section.target { border-color: var(--_accent); }
  .column-head { display: flex; align-items: baseline; gap: 8px; padding: 10px 12px 8px; }
  .column-head h3 { margin: 0; font-size: 13px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .column-head .count { color: var(--_muted); font-size: 12px; font-variant-numeric: tabular-nums; }
  .column-head .sum { margin-inline-start: auto; color: var(--_muted); font-size: 12px; font-variant-numeric: tabular-nums; }
  .stage-mark { inline-size: 8px; block-size: 8px; border-radius: 50%; flex: none; background: var(--_accent); opacity: 0.75; align-self: center; }
  .stage-mark.won { background: var(--_good); opacity: 1; }
  .stage-mark.lost { background: var(--_bad); opacity: 1; }
  .cards { position: relative; flex: 1; min-block-size: 72px; overflow-y: auto; padding: 0 8px; scrollbar-width: thin; overscroll-behavior-y: contain; }
  .card { position: relative; display: grid; grid-template-rows: auto auto 1fr; gap: 1px; block-size: 86px; margin-block-end: 8px; padding: 10px 12px 9px; border: 1px solid var(--_line); border-radius: 8px; background: var(--_surface); box-shadow: var(--_shadow); cursor: grab; user-select: none; -webkit-user-select: none; touch-action: pan-x pan-y; contain: strict; contain-intrinsic-size: auto 86px; }
  .card:hover { border-color: light-dark(#c9cbd6, #454957); }
  .card.lifted { outline: 2px solid var(--_accent); box-shadow: var(--_lift); }
  .card.dragged { opacity: 0.35; }
  .card.ghost { position: fixed; inset: 0 auto auto 0; z-index: 10; margin: 0; cursor: grabbing; box-shadow: var(--_lift); pointer-events: none; background: var(--_raised); }
  [dir='auto'] { text-align: -webkit-match-parent; text-align: match-parent; }
  /* Room for the menu, on the side of the card's direction: the title has one of its own. */
  .first { padding-inline-end: 22px; min-inline-size: 0; }
  .title { font-weight: 550; font-size: 13.5px; line-height: 1.35; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .company { color: var(--_muted); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .meta { display: flex; align-items: end; justify-content: space-between; gap: 8px; font-size: 12.5px; font-variant-numeric: tabular-nums; }
  .meta .value { font-weight: 600; }
  .meta .value.none { color: var(--_muted); font-weight: 400; }
  .meta time { color: var(--_muted); }
  .meta time.overdue { color: var(--_warn); }
  .more { position: absolute; inset-block-start: 6px; inset-inline-end: 6px; inline-size: 24px; block-size: 24px; display: grid; place-items: center; padding: 0; border: 0; border-radius: 6px; background: none; color: var(--_muted); cursor: pointer; opacity: 0; }
  .card:hover .more, .card:focus-within .more, .more[aria-expanded='true'] { opacity: 1; }
  @media (hover: none) { .more { opacity: 1; } }
  .more:hover { background: light-dark(#f0f0f5, #30333e); color: var(--_text); }
  .drop-line { block-size: 3px; margin-block: -5.5px 2.5px; border-radius: 2px; background: var(--_accent); }
  .empty { padding: 18px 8px; color: var(--_muted); font-size: 12.5px; text-align: center; }
  .menu { position: fixed; z-index: 20; inset: 0 auto auto 0; min-inline-size: 208px; max-block-size: 320px; overflow-y: auto; margin: 0; padding: 6px; list-style: none; border: 1px solid var(--_line); border-radius: 10px; background: var(--_raised); box-shadow: var(--_lift); }
  .menu p { margin: 0; padding: 4px 8px 6px; color: var(--_muted); font-size: 12px; }
  .menu button { display: flex; align-items: center; gap: 8px; inline-size: 100%; padding: 6px 8px; border: 0; border-radius: 6px; background: none; text-align: start; cursor: pointer; font-size: 13px; }
  .menu button:hover, .menu button:focus-visible { background: light-dark(#f0f0f6, #343845); outline-offset: -2px; }
  .menu hr { margin: 6px 8px; border: 0; border-block-start: 1px solid var(--_line); }
  .toast { position: absolute; inset-inline: 16px; inset-block-end: 16px; z-index: 15; display: flex; align-items: center; gap: 14px; max-inline-size: 520px; margin-inline: auto; padding: 10px 12px 10px 14px; border: 1px solid var(--_bad); border-radius: 10px; background: var(--_raised); box-shadow: var(--_lift); font-size: 13px; }
  .toast button { margin-inline-start: auto; }
  .frame { position: relative; }
  @container (inline-size < 480px) {
    header { padding: 12px 12px 8px; }
    .columns { grid-auto-columns: 84%; gap: 8px; padding: 0 12px 12px; scroll-snap-type: x proximity; scroll-padding-inline: 12px; }
    section { scroll-snap-align: start; }
    .connection { margin-inline-start: 0; flex-basis: 100%; }
  }
  @media (forced-colors: active) { .card, section, .menu, .toast { border: 1px solid CanvasText; } .drop-line { background: Highlight; } }
  @media (prefers-reduced-motion: no-preference) { .card { transition: border-color 120ms, box-shadow 120ms; } .more { transition: opacity 120ms; } }
`
