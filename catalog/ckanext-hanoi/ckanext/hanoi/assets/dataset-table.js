/* The table of a dataset: sorts, filters and pages in place through datastore_search. Without it, links and the form do the same. */
(function () {
  'use strict';
  const LONGEST = 240;
  const hanoi = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Asia/Ho_Chi_Minh', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
    second: '2-digit', hourCycle: 'h23',
  });

  function say(text, values) {
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  }

  /** Writes values as the server does: 1.234,5 and 31/01/2026. */
  class Values {
    constructor(lang, texts) {
      this.texts = texts;
      this.numbers = new Intl.NumberFormat(lang === 'en' ? 'en-GB' : 'vi-VN', { maximumFractionDigits: 6 });
    }

    count(number) {
      return this.numbers.format(number);
    }

    written(value, column) {
      if (column.drawn) return this.texts.drawn;
      if (value === null || value === undefined) return '';
      if (typeof value === 'boolean') return value ? this.texts.yes : this.texts.no;
      if (typeof value === 'number') return column.form === 'number' ? this.numbers.format(value) : String(value);
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      if (['date', 'moment', 'local'].includes(column.form)) return this.moment(text);
      return text.length > LONGEST ? text.slice(0, LONGEST - 1) + '…' : text;
    }

    moment(text) {
      const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
      if (!parts) return text;
      let [, year, month, day, hour, minute, second] = parts;
      if (!hour) return `${day}/${month}/${year}`;
      if (parts[7]) {
        const at = Object.fromEntries(hanoi.formatToParts(new Date(text)).map((part) => [part.type, part.value]));
        ({ year, month, day, hour, minute, second } = at);
      }
      return `${day}/${month}/${year} ${hour}:${minute}${second === '00' ? '' : ':' + second}`;
    }
  }

  class Table {
    constructor(section) {
      const said = JSON.parse(section.querySelector('.hn-table-texts').textContent);
      this.section = section;
      this.size = said.rows;
      this.columns = said.columns;
      this.texts = said.texts;
      this.asked = said.asked;
      this.values = new Values(section.dataset.lang, this.texts);
      this.form = section.querySelector('form');
      this.status = section.querySelector('[role=status]');
      this.body = section.querySelector('tbody');
      this.pages = section.querySelector('.hn-pages');
      this.region = section.querySelector('.hn-scroll');
      this.latest = null;
      this.form.addEventListener('submit', (event) => {
        event.preventDefault();
        const given = new FormData(this.form);
        this.show({ words: given.get('q').trim(), column: given.get('in'), number: 1 });
      });
      this.form.querySelector('.hn-clear').addEventListener('click', (event) => {
        event.preventDefault();
        this.form.elements.q.value = '';
        this.form.elements.in.value = '';
        this.show({ words: '', column: '', number: 1 }).then(() => this.form.elements.q.focus());
      });
      section.querySelectorAll('thead a').forEach((link) => link.addEventListener('click', (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        const sort = link.closest('th').dataset.column;
        this.show({ sort, descending: this.asked.sort === sort && !this.asked.descending, number: 1 });
      }));
      this.pages.querySelectorAll('a').forEach((link) => link.addEventListener('click', (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.show({ number: this.targets()[link.dataset.page] }).then(() => {
          if (link.hidden) this.region.focus();
          this.region.scrollTop = 0;
        });
      }));
    }

    /** Fetches one row by its number. */
    async row(number) {
      const found = await this.fetch({ filters: JSON.stringify({ _id: number }), limit: 1 });
      return found.records[0];
    }

    async fetch(question, signal) {
      const given = new URLSearchParams({ resource_id: this.section.dataset.resource, ...question });
      given.set('fields', this.columns.filter((column) => !column.drawn).map((column) => column.name).join(','));
      const answer = await fetch(`${this.section.dataset.api}?${given}`, { signal, headers: { Accept: 'application/json' } });
      const said = await answer.json();
      if (!answer.ok || !said.success) throw new Error(`datastore_search: ${answer.status}`);
      return said.result;
    }

    question(asked) {
      const question = { limit: this.size, offset: (asked.number - 1) * this.size };
      if (asked.words) question.q = asked.column ? JSON.stringify({ [asked.column]: asked.words }) : asked.words;
      if (asked.sort) question.sort = `"${asked.sort}" ${asked.descending ? 'desc' : 'asc'} nulls last`;
      return question;
    }

    async show(changed) {
      const asked = { ...this.asked, ...changed };
      if (this.latest) this.latest.abort();
      const mine = (this.latest = new AbortController());
      this.section.setAttribute('aria-busy', 'true');
      this.status.textContent = this.texts.loading;
      try {
        const found = await this.fetch(this.question(asked), mine.signal);
        this.asked = asked;
        this.found = found.total;
        this.write(found.records);
      } catch (error) {
        if (error.name === 'AbortError') return;
        this.status.textContent = this.texts.failed;
      }
      this.section.removeAttribute('aria-busy');
    }

    write(records) {
      const rows = records.map((record) => {
        const row = document.createElement('tr');
        for (const column of this.columns) row.append(this.cell(record[column.name], column));
        return row;
      });
      this.body.replaceChildren(...rows);
      const { number, words } = this.asked;
      const first = (number - 1) * this.size + 1;
      const span = { first: this.values.count(first), last: this.values.count(first + rows.length - 1), total: this.values.count(this.found) };
      this.status.textContent = rows.length ? say(words ? this.texts.found : this.texts.range, span) : this.texts.none;
      this.head();
      this.foot();
      window.history.replaceState(null, '', this.address({}));
    }

    cell(value, column) {
      const cell = document.createElement('td');
      const shown = this.values.written(value, column);
      const label = column.codes && column.codes[String(value)];
      cell.textContent = label ? `${label} ` : shown;
      if (label) cell.append(Object.assign(document.createElement('small'), { textContent: shown }));
      if (['number', 'plain'].includes(column.form)) cell.className = 'hn-number';
      else cell.className = (label || shown).length < 24 ? 'hn-short' : 'hn-long';
      return cell;
    }

    head() {
      const { sort, descending } = this.asked;
      this.section.querySelectorAll('thead th').forEach((head) => {
        const link = head.querySelector('a');
        if (!link) return;
        const sorted = head.dataset.column === sort;
        if (sorted) head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        else head.removeAttribute('aria-sort');
        link.querySelector('.hn-arrow').textContent = sorted ? (descending ? ' ↓' : ' ↑') : '';
        link.href = this.address({ sort: head.dataset.column, descending: sorted && !descending, number: 1 });
      });
    }

    count() {
      return Math.max(1, Math.ceil((this.found ?? this.asked.total) / this.size));
    }

    targets() {
      return { first: 1, before: Math.max(1, this.asked.number - 1), after: Math.min(this.count(), this.asked.number + 1), last: this.count() };
    }

    foot() {
      const pages = this.count();
      const { number, words } = this.asked;
      const targets = this.targets();
      this.pages.hidden = pages === 1;
      this.pages.querySelector('span').textContent = say(this.texts.page, { number: this.values.count(number), pages: this.values.count(pages) });
      this.pages.querySelectorAll('a').forEach((link) => {
        link.hidden = ['first', 'before'].includes(link.dataset.page) ? number === 1 : number === pages;
        link.href = this.address({ number: targets[link.dataset.page] });
      });
      this.form.querySelector('.hn-clear').hidden = !words;
      const these = this.section.querySelector('.hn-these');
      if (!these) return;
      these.hidden = !words;
      these.querySelectorAll('a').forEach((link) => {
        const address = new URL(link.href);
        const { q, sort } = this.question(this.asked);
        for (const [name, value] of [['q', q], ['sort', sort && sort.replace(/"| nulls last/g, '')]]) {
          if (value) address.searchParams.set(name, value);
          else address.searchParams.delete(name);
        }
        link.href = address;
      });
    }

    address(changed) {
      const asked = { ...this.asked, ...changed };
      const address = new URL(window.location.href);
      const given = {
        q: asked.words, in: asked.column, sort: asked.sort && (asked.descending ? '-' : '') + asked.sort,
        page: asked.number > 1 ? String(asked.number) : '',
      };
      for (const [name, value] of Object.entries(given)) {
        if (value) address.searchParams.set(name, value);
        else address.searchParams.delete(name);
      }
      address.hash = 'data';
      return address.href;
    }
  }

  window.hanoiDataset = { Table, say };
})();
