import Base
import FoundationEssentials
import Networking

/// A whole page in one file: it opens from disk, needs no network, and its policy forbids any.
struct Page {
    /// A part of the page: the element's name in it, its title and what it holds.
    typealias Section = (id: String, title: String, content: Markup)

    var title: String
    /// What comes before the first section.
    var head: Markup
    /// Those without content are left out.
    var sections: [Section]

    var html: String {
        let shown = sections.filter { !$0.content.isEmpty }
        let page: Markup = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="chatload">
            <meta name="referrer" content="no-referrer">
            <link rel="icon" href="data:,">
            <title>\(title)</title>
            <style>\(.verbatim(Self.style))\(.verbatim(Self.chartStyle))</style>
            </head>
            <body>
            <main>
            \(head)\(Self.contents(shown))\(shown.map(Self.part))</main>
            <div id="tip" role="status" hidden></div>
            <script>\(.verbatim(Self.script))</script>
            </body>
            </html>

            """
        return page.text
    }

    /// Nothing may be loaded or sent, and no script runs but the page's own, known by its digest.
    private static var policy: String {
        let digest = SHA256.hash(Array("\(Self.script)".utf8))
        return [
            "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:",
            "script-src 'sha256-\(Data(digest).base64EncodedString())'", "base-uri 'none'",
            "form-action 'none'",
        ].joined(separator: "; ")
    }

    private static func contents(_ sections: [Section]) -> Markup {
        let items = sections.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" as Markup }
        return "<nav aria-label=\"Contents\"><ul>\(items)</ul></nav>\n"
    }

    private static func part(_ section: Section) -> Markup {
        """
        <section id="\(section.id)" aria-labelledby="\(section.id)-title">
        <h2 id="\(section.id)-title">\(section.title)</h2>
        \(section.content)</section>

        """
    }
}

extension Page {
    /// The style. Colours reach a contrast of 4.5 to 1 on their ground for text and 3 to 1 for
    /// lines, in light and dark (WCAG 2.2, AA), and nothing is told by colour alone.
    private static let style: StaticString = """

        :root{--ground:#fff;--card:#f6f7f9;--ink:#1b1e23;--soft:#59606b;--rule:#dfe2e7;
        --good:#1b6e3c;--warn:#8f5200;--bad:#b3261e;--on:#fff;--focus:#1d5fb8;
        --c0:#1d5fb8;--c1:#b4540a;--c2:#6b4fb3;--c3:#b3261e;--c4:#1b6e3c;--c5:#59606b;
        --h0:#d6e4f5;--h1:#b3cfee;--h2:#89b4e3;--h3:#5c95d4;--h4:#3674bd;--h5:#1f5596;--h6:#0f3566}
        @media (prefers-color-scheme:dark){
        :root{--ground:#14161a;--card:#1d2026;--ink:#e8eaed;--soft:#a6adb8;--rule:#363b44;
        --good:#7ccf9b;--warn:#f0b45e;--bad:#ff9d94;--on:#14161a;--focus:#7db2f5;
        --c0:#7db2f5;--c1:#f0a35e;--c2:#bda6f5;--c3:#ff9d94;--c4:#7ccf9b;--c5:#a6adb8;
        --h0:#1d3048;--h1:#254468;--h2:#2f5c8f;--h3:#4179b8;--h4:#639ad6;--h5:#94bdeb;--h6:#d3e5fa}}
        *{box-sizing:border-box}
        html{color-scheme:light dark;scroll-behavior:smooth;-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--ground);color:var(--ink);
        font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
        font-variant-numeric:tabular-nums}
        main{max-width:1120px;margin:0 auto;padding:24px 24px 64px}
        h1{font-size:24px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
        h2{font-size:19px;margin:48px 0 16px;padding-bottom:6px;border-bottom:1px solid var(--rule)}
        h3{font-size:15px;margin:24px 0 8px}
        p{margin:8px 0;max-width:80ch;overflow-wrap:anywhere}
        a{color:var(--focus)}
        code{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
        .soft,.note{color:var(--soft)}.note{font-size:13px}
        :focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:2px}
        nav ul{display:flex;flex-wrap:wrap;gap:4px 16px;margin:16px 0 0;padding:0;list-style:none;
        font-size:14px}
        .verdict{margin:16px 0;padding:12px 16px;border:1px solid var(--rule);
        border-left:6px solid var(--soft);border-radius:4px;background:var(--card)}
        .verdict p,.verdict ul{margin:4px 0 0}.verdict ul{padding-left:20px}
        .verdict b{font-size:17px}
        .valid{border-left-color:var(--good)}.suspect{border-left-color:var(--warn)}
        .invalid{border-color:var(--bad);border-left-color:var(--bad);border-width:2px 2px 2px 10px}
        .invalid b{font-size:22px;color:var(--bad)}
        .slos{margin:20px 0 0;border:0;padding:0;font-size:15px}
        .notes{padding-left:20px;color:var(--warn)}
        .badges{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0;padding:0;list-style:none}
        .badges li{padding:4px 10px;border:1px solid var(--rule);border-radius:14px;
        background:var(--card);font-size:14px;overflow-wrap:anywhere}
        .badges .failed{border:2px solid var(--bad)}
        .badges .failed b,.alarm{color:var(--bad)}.badges .passed b{color:var(--good)}
        .alarm{font-weight:600}
        .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(158px,1fr));gap:12px;
        margin:16px 0}
        .tiles div{padding:10px 14px;border:1px solid var(--rule);border-radius:4px;
        background:var(--card)}
        .tiles dt{font-size:13px;color:var(--soft)}
        .tiles dd{margin:0;font-size:21px;line-height:1.3;overflow-wrap:anywhere}
        .tiles small{display:block;font-size:13px;font-weight:400;color:var(--soft)}
        .scroll{overflow-x:auto;margin:16px 0}
        table{border-collapse:collapse;width:100%;font-size:14px}
        caption{text-align:left;font-weight:600;padding:0 0 6px}
        .narrow{width:auto;min-width:min(100%,480px)}
        th,td{padding:5px 8px;border-bottom:1px solid var(--rule);text-align:left;
        vertical-align:top}
        th:first-child{padding-left:0}
        thead th{font-size:13px;font-weight:600;color:var(--soft);vertical-align:bottom}
        th:first-child{position:sticky;left:0;background:var(--ground)}
        tbody th{font-weight:500;overflow-wrap:anywhere;min-width:8em;max-width:28em}
        td{max-width:44em;overflow-wrap:anywhere}
        td code{display:block;min-width:22em}
        .n{text-align:right;white-space:nowrap;overflow-wrap:normal}
        thead .n{white-space:normal}
        th button{all:unset;cursor:pointer;padding:2px}
        th button:hover{color:var(--ink);text-decoration:underline}
        th button:focus-visible{outline:2px solid var(--focus)}
        th button::after{content:"\\2195";margin-left:4px;opacity:.45}
        th[aria-sort] button::after{opacity:1}
        th[aria-sort=ascending] button::after{content:"\\2191"}
        th[aria-sort=descending] button::after{content:"\\2193"}

        """
}

extension Page {
    /// The script: what a chart tells where the pointer or the arrow keys are, and tables that sort.
    /// Without it everything is there but these two. It reads nothing but attributes of the page and
    /// writes nothing but text.
    private static let script: StaticString = """

        'use strict';
        (() => {
        const tip = document.getElementById('tip');
        let at = null;
        const hide = () => {
          if (at) at.classList.remove('on');
          at = null;
          tip.hidden = true;
        };
        const show = (mark, x, y) => {
          if (mark !== at) {
            hide();
            at = mark;
            mark.classList.add('on');
            tip.textContent = mark.dataset.t;
          }
          tip.hidden = false;
          const box = tip.getBoundingClientRect();
          const left = x + 14 + box.width > innerWidth ? x - 14 - box.width : x + 14;
          const top = y + 14 + box.height > innerHeight ? y - 14 - box.height : y + 14;
          tip.style.left = Math.max(4, left) + 'px';
          tip.style.top = Math.max(4, top) + 'px';
        };
        const follow = event => {
          const mark = event.target.closest ? event.target.closest('.m') : null;
          tip.setAttribute('aria-live', 'off');
          if (mark) show(mark, event.clientX, event.clientY);
          else if (!tip.hidden && event.type === 'pointermove') hide();
        };
        document.addEventListener('pointermove', follow);
        document.addEventListener('pointerdown', follow);
        document.addEventListener('scroll', hide, true);

        const middle = (mark, axis) => mark[axis].baseVal.value
          + (axis === 'x' ? mark.width : mark.height).baseVal.value / 2;
        const nearest = (marks, from, axis, sign) => {
          const other = axis === 'x' ? 'y' : 'x';
          const [here, aside] = [middle(from, axis), middle(from, other)];
          let best = null, least = [Infinity, Infinity];
          for (const mark of marks) {
            const ahead = (middle(mark, axis) - here) * sign;
            const beside = Math.abs(middle(mark, other) - aside);
            const isBetter = ahead < least[0] - 0.001
              || ahead < least[0] + 0.001 && beside < least[1];
            if (ahead > 0.001 && isBetter) { best = mark; least = [ahead, beside]; }
          }
          return best;
        };
        const point = mark => {
          const box = mark.getBoundingClientRect();
          tip.setAttribute('aria-live', 'polite');
          show(mark, box.left + box.width / 2, box.top + Math.min(box.height / 2, 40));
        };
        const steps = { ArrowRight: ['x', 1], ArrowLeft: ['x', -1], ArrowDown: ['y', 1],
          ArrowUp: ['y', -1] };
        for (const plot of document.querySelectorAll('.plot')) {
          const marks = Array.from(plot.querySelectorAll('.m'));
          const own = () => at && plot.contains(at) ? at : null;
          plot.addEventListener('keydown', event => {
            if (event.key === 'Escape') return hide();
            const step = steps[event.key];
            let next = null;
            if (step) next = own() ? nearest(marks, own(), step[0], step[1]) : marks[0];
            else if (event.key === 'Home') next = marks[0];
            else if (event.key === 'End') next = marks[marks.length - 1];
            else return;
            event.preventDefault();
            if (next) point(next);
          });
          plot.addEventListener('focus', () => {
            if (plot.matches(':focus-visible') && marks.length && !own()) point(marks[0]);
          });
          plot.addEventListener('blur', hide);
        }

        const key = (row, column) => {
          const cell = row.cells[column], value = cell.dataset.v;
          return value === undefined ? cell.textContent : value === '' ? null : +value;
        };
        const order = (left, right) => typeof left === 'string'
          ? left.localeCompare(right, 'en', { numeric: true }) : left - right;
        document.addEventListener('click', event => {
          const head = event.target.closest('th');
          if (!head || !event.target.closest('th button')) return;
          const body = head.closest('table').tBodies[0], column = head.cellIndex;
          const first = head.classList.contains('n') ? 'descending' : 'ascending';
          const other = first === 'ascending' ? 'descending' : 'ascending';
          const way = head.getAttribute('aria-sort') === first ? other : first;
          for (const each of head.parentNode.cells) each.removeAttribute('aria-sort');
          head.setAttribute('aria-sort', way);
          const sign = way === 'ascending' ? 1 : -1;
          const rows = Array.from(body.rows, row => [key(row, column), row]);
          rows.sort(([left], [right]) => left === null || right === null
            ? (left === null) - (right === null) : sign * order(left, right));
          body.append(...rows.map(pair => pair[1]));
        });
        const open = [];
        addEventListener('beforeprint', () => {
          for (const part of document.querySelectorAll('details:not([open])')) {
            part.open = true;
            open.push(part);
          }
        });
        addEventListener('afterprint', () => { while (open.length) open.pop().open = false; });
        })();

        """
}
