/* Completion for the search box: a combobox with a list of datasets, agencies and topics, from this site alone.
   Without this script the box is a plain search form. */
(function () {
  "use strict";

  var PAUSE = 160; // milliseconds of rest before asking
  var KINDS = ["datasets", "organizations", "topics"];

  function element(name, attributes, text) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text) { made.textContent = text; }
    return made;
  }

  function complete(input) {
    var list = element("div", { id: input.id + "-list", role: "listbox", "class": "hn-suggest", "aria-label": input.dataset.label });
    var told = element("span", { "class": "hn-hidden", role: "status" });
    var known = {};
    var asking = null;
    var waiting = null;
    var active = -1;
    list.hidden = true;
    var box = element("span", { "class": "hn-suggest-box" });
    input.parentNode.insertBefore(box, input);
    box.appendChild(input);
    box.appendChild(list);
    box.appendChild(told);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("autocomplete", "off");

    function options() { return Array.prototype.slice.call(list.querySelectorAll("[role=option]")); }

    function close() {
      list.hidden = true;
      active = -1;
      told.textContent = "";
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark(place) {
      var all = options();
      active = all.length ? (place + all.length) % all.length : -1;
      all.forEach(function (option, i) { option.setAttribute("aria-selected", String(i === active)); });
      if (active >= 0) {
        input.setAttribute("aria-activedescendant", all[active].id);
        all[active].scrollIntoView({ block: "nearest" });
      }
    }

    function show(found) {
      var number = 0;
      list.textContent = "";
      KINDS.forEach(function (kind) {
        if (!found[kind].length) { return; }
        var heading = input.id + "-" + kind;
        var group = element("div", { role: "group", "aria-labelledby": heading });
        group.appendChild(element("div", { id: heading, "class": "hn-suggest-kind", role: "presentation" }, input.dataset[kind]));
        found[kind].forEach(function (one) {
          var option = element("div", { role: "option", id: input.id + "-option-" + number, "aria-selected": "false", "data-url": one.url });
          option.appendChild(element("span", {}, one.title));
          if (one.count) { option.appendChild(element("small", {}, String(one.count))); }
          group.appendChild(option);
          number += 1;
        });
        list.appendChild(group);
      });
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = number === 0;
      input.setAttribute("aria-expanded", String(number > 0));
      told.textContent = number ? input.dataset.told.replace("{number}", String(number)) : "";
    }

    function ask() {
      var text = input.value.trim();
      if (asking) { asking.abort(); asking = null; }
      if (text.length < 2) { close(); return; }
      if (known[text]) { show(known[text]); return; }
      asking = new AbortController();
      fetch(input.dataset.suggest + "&q=" + encodeURIComponent(text), { signal: asking.signal, headers: { Accept: "application/json" } })
        .then(function (answer) { return answer.ok ? answer.json() : null; })
        .then(function (body) {
          if (!body || !body.success) { return; }
          known[text] = body.result;
          if (input.value.trim() === text && document.activeElement === input) { show(body.result); }
        })
        .catch(function () { /* the form still searches */ });
    }

    input.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(ask, PAUSE);
    });
    input.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { ask(); return; }
        mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
      } else if (event.key === "Enter" && !list.hidden && active >= 0) {
        event.preventDefault();
        window.location.assign(options()[active].dataset.url);
      }
    });
    input.addEventListener("blur", function () { clearTimeout(waiting); close(); });
    // Before the box loses the focus, which would close the list.
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
    list.addEventListener("click", function (event) {
      var option = event.target.closest("[role=option]");
      if (option) { window.location.assign(option.dataset.url); }
    });
  }

  function begin() { document.querySelectorAll("input[data-suggest]").forEach(complete); }
  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})();
