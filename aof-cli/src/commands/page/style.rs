//! How the page looks: on a screen of any width, light or dark, and on paper.

pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fcfcfb;--ink:#1d1d1b;--quiet:#5c5c57;--line:#dcdcd6;--panel:#f3f3ef;\
--bar:#2a6fb0;--whole:#2f8f5b;--repeated:#c79a1e;--missing:#7a4fc0;--damaged:#c8372d}\
@media(prefers-color-scheme:dark){:root{--page:#161615;--ink:#ecece7;--quiet:#a9a9a2;--line:#3a3a37;--panel:#21211f;\
--bar:#6aa9e4;--whole:#58b985;--repeated:#dcb549;--missing:#b294ec;--damaged:#f0736a}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--page);color:var(--ink);\
font:16px/1.45 system-ui,sans-serif}\
h1{font-size:1.35rem;margin:.5rem 0 1rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2rem 0 .5rem}\
p{margin:.5rem 0}\
.verdict{border-left:.4rem solid var(--whole);background:var(--panel);padding:.75rem 1rem}\
.verdict.bad{border-color:var(--damaged)}.verdict strong{font-size:1.15rem}\
.verdict ol{margin:.5rem 0;padding-left:1.4rem}.verdict li{margin:.35rem 0;overflow-wrap:anywhere}\
.kind{font-weight:600;color:var(--damaged)}\
pre{margin:.5rem 0 0;padding:.5rem .75rem;background:var(--page);border:1px solid var(--line);white-space:pre-wrap;\
overflow-wrap:anywhere;font-size:.85rem}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}dt{color:var(--quiet)}\
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\
svg{display:block;width:100%;height:auto}svg line{stroke:var(--line)}\
.bars rect,td.bar rect{fill:var(--bar)}\
.whole{fill:var(--whole)}.repeated{fill:var(--repeated)}.missing{fill:var(--missing)}.damaged{fill:var(--damaged)}\
.none{fill:var(--line)}\
.map svg{height:2.5rem}.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;margin:.5rem 0;list-style:none;\
font-size:.85rem}.legend svg{display:inline-block;width:.9rem;height:.9rem;vertical-align:-.1rem;margin-right:.35rem}\
.plot{display:grid;grid-template-columns:max-content 1fr;gap:0 .5rem}\
.plot svg{height:12rem}.scale{display:flex;flex-direction:column;justify-content:space-between;text-align:right}\
.scale,.axis{color:var(--quiet);font-size:.8rem;font-variant-numeric:tabular-nums}\
.scale span{line-height:1;transform:translateY(-.4rem)}.scale span:last-child{transform:translateY(.4rem)}\
.axis{display:flex;justify-content:space-between;gap:1rem;grid-column:2;margin-top:.6rem}\
.axis span:last-child{text-align:right}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}\
caption{text-align:left;color:var(--quiet);padding:.25rem 0;font-size:.85rem}\
th,td{padding:.25rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}\
th{color:var(--quiet);font-weight:500}th:first-child,td:first-child{text-align:left;padding-left:0}\
tbody th{color:var(--ink);font-weight:400}\
td.bar{width:35%;min-width:5rem;padding-right:0}td.bar svg{height:.8rem}\
table.text th,table.text td{text-align:left;vertical-align:top;padding-left:0}\
table.text tbody th{min-width:0}table.text td:last-child{white-space:normal;min-width:9rem;overflow-wrap:anywhere}\
code{font-size:.85em}details{margin:.5rem 0}summary{cursor:pointer;color:var(--quiet);font-size:.9rem}\
@media(max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}\
tbody th{white-space:normal;overflow-wrap:anywhere;min-width:7rem}td.bar{display:none}\
th.bar{display:none}th,td{padding:.25rem .35rem;font-size:.85rem}}\
footer{margin:2rem 0 1rem;color:var(--quiet);font-size:.85rem;overflow-wrap:anywhere}\
@media print{:root{color-scheme:light;--page:#fff;--ink:#000;--panel:#fff}body{max-width:none;padding:0}\
h2,svg,tr{break-inside:avoid}h2{break-after:avoid}details>*{display:block}.scroll{overflow:visible}\
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";
