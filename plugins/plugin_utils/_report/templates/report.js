"use strict";
(() => {
  const PAGE = 100;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const table = byId("node-table");
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  // Text from records goes through textContent only: nothing in it is ever markup.
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
  const later = (act) => {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(act, 120);
    };
  };

  // Patches: each is stored once and unpacked on first use.
  const unpacked = [];
  const patchAt = (number) => {
    if (!unpacked[number]) {
      const packed = data.patches[number];
      const patch = {};
      data.fields.forEach((field, index) => {
        patch[field] = data.texts[packed[index]] ?? "";
      });
      const rest = data.fields.length;
      patch.waiting = packed[rest] === 1;
      patch.advisories = packed[rest + 1].map((index) => data.texts[index]);
      patch.cves = packed[rest + 2].map((index) => data.texts[index]);
      patch.words = [patch.title, patch.kb_id, patch.reason, ...patch.advisories, ...patch.cves].join("\n").toLowerCase();
      unpacked[number] = patch;
    }
    return unpacked[number];
  };
  const needed = (patch) => patch.status === "NON_COMPLIANT" || patch.waiting;

  // The table of nodes.
  const view = { key: "", descending: false, page: 0, rows };
  const controls = {
    find: byId("find"),
    needs: byId("needs"),
    status: byId("by-status"),
    group: byId("by-group"),
    os: byId("by-os"),
    baseline: byId("by-baseline"),
  };
  const rowWords = new Map(rows.map((row) => [row, row.cells[0].textContent.toLowerCase()]));

  const numbersNeeding = (words) => {
    const numbers = new Set();
    data.patches.forEach((_packed, number) => {
      const patch = patchAt(number);
      if (needed(patch) && patch.words.includes(words)) numbers.add(number);
    });
    return numbers;
  };

  const chosenRows = () => {
    const words = controls.find.value.trim().toLowerCase();
    const needs = controls.needs.value.trim().toLowerCase();
    const numbers = needs ? numbersNeeding(needs) : null;
    const fits = (row) =>
      (!words || rowWords.get(row).includes(words)) &&
      ["status", "group", "os", "baseline"].every((name) => !controls[name].value || controls[name].value === row.dataset[name]) &&
      (!numbers || data.nodes[row.dataset.node].patches.some((number) => numbers.has(number)));
    const chosen = rows.filter(fits);
    if (view.key) {
      const column = headings.findIndex((heading) => heading.dataset.key === view.key);
      const value = (row) => row.cells[column].dataset.sort;
      chosen.sort((one, other) => collator.compare(value(one), value(other)) * (view.descending ? -1 : 1));
    }
    return chosen;
  };

  const showPage = () => {
    const pages = Math.max(1, Math.ceil(view.rows.length / PAGE));
    view.page = Math.min(Math.max(view.page, 0), pages - 1);
    const first = view.page * PAGE;
    body.replaceChildren(...view.rows.slice(first, first + PAGE));
    byId("pages").hidden = pages === 1;
    byId("page").textContent = `Page ${view.page + 1} of ${pages}`;
    byId("previous").disabled = view.page === 0;
    byId("next").disabled = view.page === pages - 1;
    byId("no-match").hidden = view.rows.length > 0 || rows.length === 0;
    const all = counted(rows.length, "node", "nodes");
    byId("count").textContent = view.rows.length === rows.length ? all : `${view.rows.length.toLocaleString("en")} of ${all}`;
  };

  const update = () => {
    view.rows = chosenRows();
    view.page = 0;
    showPage();
  };

  const order = byId("by-order");
  const sortBy = (key, descending) => {
    view.key = key;
    view.descending = descending;
    for (const heading of headings) {
      if (heading.dataset.key === key) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    order.value = key ? `${key} ${descending ? "down" : "up"}` : "";
    update();
  };

  const addSorting = () => {
    order.append(new Option("As reported", ""));
    for (const heading of headings) {
      const label = heading.textContent;
      const key = heading.dataset.key;
      const numeric = heading.classList.contains("number") || key === "status" || key === "captured";
      const button = make("button", "sort", label);
      button.type = "button";
      button.addEventListener("click", () => sortBy(key, view.key === key ? !view.descending : numeric));
      heading.replaceChildren(button);
      for (const way of numeric ? ["down", "up"] : ["up", "down"]) {
        order.append(new Option(`${label}, ${way === "up" ? "ascending" : "descending"}`, `${key} ${way}`));
      }
    }
    order.addEventListener("change", () => {
      const [key, way] = order.value.split(" ");
      sortBy(key, way === "down");
    });
  };

  // The drill-down of one node.
  const dialog = byId("drill");
  const level = (name) => {
    if (!name) return under("not told");
    const tag = make("span", `tag level-${name.toLowerCase()}`, name.charAt(0) + name.slice(1).toLowerCase());
    return tag;
  };
  const stateBadges = (patch) => {
    const badges = [];
    const kind = patch.status === "NON_COMPLIANT" ? "bad" : patch.status === "COMPLIANT" ? "good" : "";
    if (patch.state) badges.push(make("span", `badge plain ${kind}`, data.states[patch.state]));
    if (patch.waiting) badges.push(make("span", "badge plain waiting", "Waiting"));
    if (!badges.length) badges.push(make("span", "badge plain", "Not reported"));
    return badges;
  };
  const when = (text) => (text ? text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, "$1 $2") : "");

  const cell = (label, className, ...parts) => {
    const made = make("td", className);
    made.dataset.label = label;
    made.setAttribute("role", "cell");
    made.append(...parts);
    return made;
  };
  const under = (text) => make("span", "under", text);

  const listed = (values) => {
    if (values.length <= 6) return under(values.join(", "));
    const details = make("details", "under");
    details.append(make("summary", "", `${values.slice(0, 4).join(", ")} and ${values.length - 4} more`));
    details.append(make("span", "", values.slice(4).join(", ")));
    return details;
  };

  const patchRow = (patch, installed) => {
    const row = make("tr");
    row.setAttribute("role", "row");
    const versions = [];
    if (patch.installed_version && patch.version && patch.installed_version !== patch.version) {
      versions.push(under(`has ${patch.installed_version}, offered ${patch.version}`));
    }
    const reason = [make("span", "text", patch.reason)];
    if (patch.approved_on) reason.push(under(`approved on ${when(patch.approved_on)}`));
    if (patch.held) reason.push(under(`held: ${patch.held}`));
    const notices = [];
    if (patch.advisories.length) notices.push(listed(patch.advisories));
    if (patch.cves.length) notices.push(listed(patch.cves));
    const vendor = [patch.classification, patch.severity].filter(Boolean).join(", ");
    const dates = [];
    if (patch.release_date) dates.push(under(`released ${when(patch.release_date)}`));
    if (installed) dates.push(under(`installed ${when(installed)}`));
    row.append(
      cell("Patch", "", make("span", "title", patch.title || patch.kb_id), ...versions),
      cell("State", "", ...stateBadges(patch)),
      cell("Reason", "reason", ...reason),
      cell("Level", "", level(patch.compliance_level), ...(vendor ? [under(vendor)] : [])),
      cell("Advisories and CVE ids", "", ...(notices.length ? notices : [under("none known")])),
      cell("Dates", "", ...(dates.length ? dates : [under("not known")])),
    );
    return row;
  };

  const factList = (facts) => {
    const list = make("dl", "facts");
    for (const [label, value] of facts) {
      const pair = make("div");
      pair.append(make("dt", "", label), make("dd", "", value));
      list.append(pair);
    }
    return list;
  };

  const noteList = (heading, notes) => {
    const part = make("div", "note-list");
    const list = make("ul", "list");
    notes.forEach((note) => list.append(make("li", "", note)));
    part.append(make("h3", "", heading), list);
    return part;
  };

  const facets = (patches) => {
    const all = [["All", () => true]];
    all.push(["Needs attention", needed]);
    for (const state of data.state_order) all.push([data.states[state], (patch) => patch.state === state]);
    all.push(["Waiting", (patch) => patch.waiting]);
    all.push(["Not reported", (patch) => !patch.state && !patch.waiting]);
    return all
      .map(([label, fits]) => ({ label, fits, count: patches.filter(([patch]) => fits(patch)).length }))
      .filter((facet) => facet.count || facet.label === "All");
  };

  const patchList = (node) => {
    const rank = new Map(data.state_order.map((state, index) => [state, index]));
    const urgency = (patch) => (patch.status === "NON_COMPLIANT" ? 0 : patch.waiting ? 20 : 40) + (rank.get(patch.state) ?? 19);
    const patches = node.patches.map((number, index) => [patchAt(number), data.texts[node.installed[index]]]);
    patches.sort(([one], [other]) => urgency(one) - urgency(other) || collator.compare(one.title, other.title));

    const part = make("div", "drill-patches");
    const tools = make("div", "patch-tools");
    const states = make("div", "states");
    states.setAttribute("role", "group");
    states.setAttribute("aria-label", "Show patches by state");
    const field = make("label", "field", "Find in these patches ");
    const find = make("input");
    find.type = "search";
    find.autocomplete = "off";
    find.spellcheck = false;
    field.append(find);
    tools.append(states, field);

    const count = make("p", "hint");
    count.setAttribute("role", "status");
    const list = make("table", "patches stacked");
    list.setAttribute("role", "table");
    const caption = make("caption", "unseen", "Patches of this node with the reason for each");
    const head = make("thead");
    head.setAttribute("role", "rowgroup");
    const headRow = make("tr");
    headRow.setAttribute("role", "row");
    const columns = { Patch: 22, State: 12, Reason: 27, Level: 12, "Advisories and CVE ids": 15, Dates: 12 };
    for (const [label, share] of Object.entries(columns)) {
      const heading = make("th", `wide-${share}`, label);
      heading.scope = "col";
      heading.setAttribute("role", "columnheader");
      headRow.append(heading);
    }
    head.append(headRow);
    const patchBody = make("tbody");
    patchBody.setAttribute("role", "rowgroup");
    list.append(caption, head, patchBody);
    const more = make("button", "more", "");
    more.type = "button";

    let facet = null;
    let chosen = [];
    const showMore = () => {
      const shown = patchBody.rows.length;
      patchBody.append(...chosen.slice(shown, shown + PAGE).map(([patch, installed]) => patchRow(patch, installed)));
      const left = chosen.length - patchBody.rows.length;
      more.hidden = left === 0;
      more.textContent = `Show ${Math.min(left, PAGE)} more of ${left.toLocaleString("en")}`;
    };
    const refresh = () => {
      const words = find.value.trim().toLowerCase();
      chosen = patches.filter(([patch]) => facet.fits(patch) && (!words || patch.words.includes(words)));
      patchBody.replaceChildren();
      list.hidden = chosen.length === 0;
      count.textContent = chosen.length === patches.length ? counted(patches.length, "patch", "patches") : `${chosen.length.toLocaleString("en")} of ${counted(patches.length, "patch", "patches")}`;
      showMore();
    };
    const choose = (picked) => {
      facet = picked;
      for (const button of states.children) button.setAttribute("aria-pressed", String(button.dataset.facet === picked.label));
      refresh();
    };
    for (const one of facets(patches)) {
      const button = make("button", "", one.label);
      button.type = "button";
      button.dataset.facet = one.label;
      button.append(make("span", "count", one.count.toLocaleString("en")));
      button.addEventListener("click", () => choose(one));
      states.append(button);
      if (!facet) facet = one;
    }
    find.addEventListener("input", later(refresh));
    more.addEventListener("click", () => {
      const next = patchBody.rows.length;
      showMore();
      const row = patchBody.rows[next];
      row.tabIndex = -1;
      row.focus();
    });
    choose(facet);
    part.append(tools, count, list, more);
    return part;
  };

  const open = (row) => {
    const node = data.nodes[row.dataset.node];
    byId("drill-title").textContent = row.querySelector(".name").textContent;
    byId("drill-status").replaceChildren(...[...row.cells[1].children].map((element) => element.cloneNode(true)));
    const parts = [];
    if (node.notes.length) parts.push(noteList("About this data", node.notes));
    if (node.facts.length) parts.push(factList(node.facts));
    if (node.problems.length) parts.push(noteList("What could not be read", node.problems));
    if (node.warnings.length) parts.push(noteList("Warnings of the scan", node.warnings));
    if (node.patches.length) parts.push(patchList(node));
    if (node.omitted) parts.push(make("p", "hint", `${counted(node.omitted, "more patch is", "more patches are")} in the full record of this node only.`));
    byId("drill-body").replaceChildren(...parts);
    byId("drill-body").scrollTop = 0;
    dialog.showModal();
    byId("drill-title").focus();
  };

  const addDrillDown = () => {
    for (const row of rows) {
      const name = row.querySelector(".name");
      const button = make("button", "name open", name.textContent);
      button.type = "button";
      button.setAttribute("aria-haspopup", "dialog");
      button.addEventListener("click", () => open(row));
      name.replaceWith(button);
    }
    byId("close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => byId("drill-body").replaceChildren());
  };

  const addFilters = () => {
    const tools = byId("tools");
    tools.hidden = false;
    tools.addEventListener("submit", (event) => event.preventDefault());
    tools.addEventListener("input", later(update));
    tools.addEventListener("change", later(update));
    tools.addEventListener("reset", () => setTimeout(() => sortBy("", false)));
    byId("previous").addEventListener("click", () => { view.page -= 1; showPage(); });
    byId("next").addEventListener("click", () => { view.page += 1; showPage(); });
    addEventListener("beforeprint", () => body.replaceChildren(...view.rows));
    addEventListener("afterprint", showPage);
  };

  addSorting();
  addDrillDown();
  addFilters();
  showPage();
})();
