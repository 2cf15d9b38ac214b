/** The look of the reference, light and dark by the reader's own setting. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f24, #e4e8ec);
  --soft: light-dark(#59636e, #9aa6b2);
  --page: light-dark(#ffffff, #14181d);
  --panel: light-dark(#f5f7f9, #1c2229);
  --edge: light-dark(#d8dee4, #333c46);
  --link: light-dark(#0a5fb4, #79b8ff);
  --get: light-dark(#0a5fb4, #79b8ff);
  --change: light-dark(#146c43, #6fd39b);
  --remove: light-dark(#a40e26, #ff9aa2);
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body {
  margin: 0; color: var(--ink); background: var(--page);
  font: 16px/1.55 system-ui, sans-serif;
  display: grid; grid-template-columns: minmax(14rem, 18rem) minmax(0, 1fr);
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem;
  border-right: 1px solid var(--edge); background: var(--panel); font-size: .9rem;
}
nav strong { display: block; font-size: 1.1rem; margin-bottom: .75rem; }
nav h2 { margin: 1.25rem 0 .25rem; font-size: .75rem; letter-spacing: .06em;
  text-transform: uppercase; color: var(--soft); border: 0; padding: 0; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { padding: .15rem 0; }
main { padding: 2rem clamp(1rem, 4vw, 4rem) 6rem; max-width: 70rem; outline: none; }
h1 { margin: 0 0 .5rem; line-height: 1.2; }
h2 { margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--edge); }
h3 { margin: 2.5rem 0 .25rem; }
h4 { margin: 1.25rem 0 .25rem; font-size: .95rem; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--page); z-index: 1; }
code, pre { font: .875em/1.5 ui-monospace, Menlo, Consolas, monospace; }
code { background: var(--panel); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--edge); border-radius: 8px;
  padding: .9rem 1rem; overflow-x: auto; margin: .5rem 0; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.call { font: 600 1rem/1.5 ui-monospace, Menlo, Consolas, monospace; margin: .25rem 0 .5rem; }
.method { display: inline-block; min-width: 4.2em; }
.GET { color: var(--get); } .DELETE { color: var(--remove); }
.POST, .PUT, .PATCH { color: var(--change); }
.soft { color: var(--soft); }
table { width: 100%; border-collapse: collapse; font-size: .9rem; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem .4rem 0;
  border-bottom: 1px solid var(--edge); }
th { color: var(--soft); font-weight: 600; }
td:first-child { white-space: nowrap; }
summary { cursor: pointer; padding: .35rem 0; color: var(--link); }
.errors { padding-left: 1.1rem; margin: .25rem 0; columns: 2 18rem; font-size: .9rem; }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--edge); }
  td:first-child { white-space: normal; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
