/// The page's script: what a chart tells where the pointer or the arrow keys are, and tables that
/// sort. Without it everything is there but these two. It reads nothing but attributes of the page
/// and writes nothing but text.
enum PageScript {
    static let text: StaticString = """

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
