/* Starts the table and the map of a dataset's page, and answers the forms of chart and map in place. */
(function () {
  'use strict';
  const { Table, map } = window.hanoiDataset;
  const data = document.querySelector('[data-hn-table]');
  const table = data && data.querySelector('form') ? new Table(data) : null;

  function begin(section) {
    section.querySelectorAll('form').forEach((form) => {
      const answer = () => swap(section, form);
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        answer();
      });
      form.addEventListener('change', answer);
    });
    if (section.matches('[data-hn-map]')) map(section, table);
  }

  async function swap(section, form) {
    const address = new URL(window.location.href);
    for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
    address.hash = section.id;
    section.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById(section.id);
      if (!answer.ok || !fresh) throw new Error(String(answer.status));
      const focused = document.activeElement && document.activeElement.id;
      section.replaceWith(fresh);
      begin(fresh);
      const again = focused && document.getElementById(focused);
      if (again) again.focus();
      window.history.replaceState(null, '', address);
    } catch (error) {
      window.location.assign(address); // the server's own page says what is wrong
    }
  }

  document.querySelectorAll('[data-hn-swap], [data-hn-map]').forEach(begin);
})();
