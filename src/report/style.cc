#include "report/style.h"

namespace fcn {

const std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2326; --soft: #5b666b; --rule: #e3e0d8; --accent: #0b6e6e;
  --accent-soft: #0b6e6e1f; --shadow: 0 1px 2px #1d23260f, 0 8px 28px #1d232612;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --card: #1c2225; --ink: #e9ecea; --soft: #a3adb0; --rule: #30393d; --accent: #5cc8c0;
    --accent-soft: #5cc8c026; --shadow: 0 1px 2px #0006, 0 8px 28px #0004;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main, footer { max-width: 72rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { padding: clamp(2rem, 6vw, 4rem) 0 1.25rem; }
h1, h2 {
  font-family: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "Noto Serif", Georgia, "DejaVu Serif", serif;
  font-weight: 600; line-height: 1.15; letter-spacing: -0.012em; text-wrap: balance;
}
h1 { font-size: clamp(1.9rem, 5vw, 3.1rem); margin: 0; overflow-wrap: anywhere; }
h2 { font-size: clamp(1.35rem, 3vw, 1.75rem); margin: 0 0 0.35rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 0 0 0.5rem; }
p { margin: 0; max-width: 46rem; }
.lead { font-size: 1.125rem; color: var(--soft); margin-top: 0.75rem; }
.note { color: var(--soft); margin-bottom: 1.1rem; }
section { padding: 1.25rem 0 1.75rem; }
section + section { border-top: 1px solid var(--rule); padding-top: 2rem; }
figure { margin: 0; min-width: 0; }
img { display: block; width: 100%; height: auto; border-radius: 0.5rem; background: var(--rule); }
figcaption { color: var(--soft); font-size: 0.875rem; margin-top: 0.45rem; overflow-wrap: anywhere; }
.pair { display: grid; gap: 1.25rem; grid-template-columns: repeat(2, minmax(0, 1fr)); }
.pair img { box-shadow: var(--shadow); }
.plots { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 0.75rem; padding: 1rem 1.1rem; min-width: 0; }
.unit { color: var(--soft); font-weight: 400; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.4rem 1.25rem; margin: 1.1rem 0 0; padding: 0; }
.legend li { display: flex; align-items: center; gap: 0.5rem; font-size: 0.9375rem; }
.legend b { font-weight: 600; font-variant-numeric: tabular-nums; }
.swatch {
  flex: none; width: 0.95rem; height: 0.95rem; border-radius: 0.25rem; display: inline-block;
  box-shadow: inset 0 0 0 1px #0003, 0 0 0 1px #fff3;
}
.rows { display: grid; gap: 1.5rem; }
.row { display: grid; gap: 0.75rem; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.row img { image-rendering: auto; }
.heads { display: grid; gap: 0.75rem; grid-template-columns: repeat(3, minmax(0, 1fr)); margin: 1.4rem 0 0.5rem;
  font-weight: 600; }
.tiles { display: grid; gap: 0.9rem; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); margin: 0 0 1.1rem; }
.tile dt { font-size: 0.875rem; color: var(--soft); }
.tile dd { margin: 0; font-size: 1.75rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile.first dd { color: var(--accent); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.4rem 0; text-align: left; font-weight: 400; vertical-align: middle; }
thead th { color: var(--soft); font-size: 0.875rem; }
tbody tr { border-top: 1px solid var(--rule); }
tbody th { width: 1%; white-space: nowrap; padding-right: 1.25rem; }
tbody th .swatch { margin-right: 0.6rem; vertical-align: -0.1rem; }
.value { width: 4.75rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { height: 0.6rem; border-radius: 0.3rem; background: var(--accent-soft); overflow: hidden; }
.bar span { display: block; height: 100%; border-radius: 0.3rem; background: var(--accent); }
.plot { display: block; width: 100%; height: auto; }
.plot text { font-family: inherit; fill: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.plot-grid { stroke: var(--rule); }
.plot-axis { stroke: var(--soft); }
.plot-line { fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.plot-faint { fill: none; stroke: var(--accent); stroke-opacity: 0.3; stroke-linejoin: round; }
.plot-area { fill: var(--accent-soft); }
.plot-dot { fill: var(--card); stroke: var(--accent); stroke-width: 2; }
.plot-hidden { fill: var(--accent); opacity: 0; }
.plot-hit { fill: transparent; }
.plot-mark:hover circle:first-of-type { opacity: 1; fill: var(--accent); }
footer { color: var(--soft); font-size: 0.875rem; padding-top: 1.5rem; padding-bottom: 3rem; }
footer dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.15rem 1.25rem; margin: 0 0 1.25rem; }
footer dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  .pair { grid-template-columns: minmax(0, 1fr); }
  .row, .heads { gap: 0.4rem; }
  .row img { border-radius: 0.3rem; }
  .heads { font-size: 0.875rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .card { padding: 0.8rem; }
  .plot text { font-size: 17px; }
}
@media print {
  section { break-inside: avoid; }
  body { background: none; }
}
)css";

const std::string_view kComparisonStyle = R"css(
:root { --wrong: #b4541a; }
@media (prefers-color-scheme: dark) { :root { --wrong: #f0a06a; } }
.scroll { overflow-x: auto; }
h2 + .card { margin-top: 0.9rem; }
.legend + h3 { margin-top: 1.25rem; }
.figures { border-collapse: separate; border-spacing: 0; }
.figures th, .figures td { padding: 0.4rem 0 0.4rem 1.25rem; }
.figures tbody tr { border: 0; }
.figures tbody th, .figures tbody td { border-top: 1px solid var(--rule); }
.figures th:first-child { padding-left: 0; }
.figures thead th { vertical-align: bottom; }
.figures .value { width: auto; }
.figures thead .value { white-space: normal; }
.figures .bar { margin-top: 0.2rem; height: 0.3rem; min-width: 3.5rem; }
.figures tbody th { position: sticky; left: 0; background: var(--card); }
.figures .unit { white-space: nowrap; }
.models tbody th { width: auto; min-width: 5.25rem; padding-right: 0; white-space: normal; overflow-wrap: anywhere; }
.mistakes { flex: 1 1 18rem; max-width: 26rem; font-size: 0.9375rem; }
.mistakes tbody th { white-space: normal; width: auto; }
.compared { display: grid; gap: 2rem; margin-top: 1.75rem; }
.compared h3 { overflow-wrap: anywhere; }
.shots {
  display: grid; gap: 0.75rem;
  grid-template-columns: repeat(auto-fill, minmax(max(7.5rem, calc((100% - (var(--shots) - 1) * 0.75rem) / var(--shots))), 1fr));
}
.shots + .unit { margin-top: 0.75rem; }
.matrices { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
.matrices .card { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1.25rem 2rem; }
.matrices h3 { flex: 1 0 100%; margin: 0; overflow-wrap: anywhere; }
.matrix { display: flex; align-items: flex-start; max-width: 100%; }
.matrix svg { display: block; flex: none; }
.matrix .scroll { min-width: 0; }
.matrix text { font-variant-numeric: tabular-nums; }
.matrix-name { fill: var(--ink); }
.matrix-ground { fill: none; }
.matrix-grid { fill: none; stroke: var(--rule); }
.matrix-right { fill: var(--accent); }
.matrix-wrong { fill: var(--wrong); }
.matrix-figure { fill: var(--ink); }
.matrix-on { fill: var(--card); }
@media (max-width: 40rem) {
  .figures th, .figures td { padding-left: 0.4rem; font-size: 0.8125rem; }
  .figures thead th { font-size: 0.75rem; }
  .classes tbody th { min-width: 7rem; padding-right: 0; white-space: normal; overflow-wrap: anywhere; }
}
@media print {
  .scroll { overflow: visible; }
  .figures tbody th { position: static; }
  .matrix, .compared > div, tr { break-inside: avoid; }
  h2, h3, .note { break-after: avoid; }
}
)css";

}  // namespace fcn
