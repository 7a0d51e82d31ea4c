// The portal's pages: tabs that load on the first click, the side panel,
// dialogs, and a timeline that keeps itself fresh.
"use strict";

(() => {
  const el = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  };

  window.toast = (text) => {
    let box = document.querySelector(".toasts");
    if (!box) { box = el("div", "toasts"); box.setAttribute("role", "status"); document.body.append(box); }
    const t = el("div", "", text);
    box.append(t);
    setTimeout(() => t.remove(), 6000);
  };

  // The side panel: several may lie on each other.
  const panels = [];
  window.sidePanel = {
    open({ owner, title, width, leftBoundary, onClose, fill }) {
      const shade = el("div", "shade");
      const panel = el("div", "panel");
      panel.setAttribute("role", "dialog");
      if (typeof width === "number") panel.style.width = `min(${width}px, 100vw)`;
      if (typeof leftBoundary === "number") panel.style.width = `calc(100vw - ${leftBoundary}px)`;
      const bar = el("div", "bar");
      const h = el("h2", "", title || "");
      const x = el("button", "btn s", "Close");
      x.type = "button";
      x.addEventListener("click", () => this.close());
      bar.append(h, x);
      const inside = el("div", "inside");
      panel.append(bar, inside);
      shade.append(panel);
      shade.addEventListener("click", (e) => { if (e.target === shade) this.close(); });
      document.body.append(shade);
      const self = { owner, shade, onClose, setTitle: (t) => { h.textContent = t; }, frame: null };
      panels.push(self);
      Promise.resolve(fill(inside, self)).then((frame) => { self.frame = frame; });
    },
    openPath(path, onClose) {
      this.open({
        owner: null, onClose, fill: (box) => {
          const f = el("iframe");
          f.src = path + (path.includes("?") ? "&" : "?") + "IFRAME=Y";
          box.append(f);
        },
      });
    },
    owner() { return panels.length ? panels[panels.length - 1].owner : undefined; },
    close(done) {
      const top = panels.pop();
      if (!top) return;
      if (top.frame && top.frame.destroy) top.frame.destroy();
      top.shade.remove();
      if (top.onClose) top.onClose();
      if (done) done();
    },
  };
  document.addEventListener("keydown", (e) => { if (e.key === "Escape" && !document.querySelector("dialog[open]")) window.sidePanel.close(); });

  // Dialogs that an app may ask for. Whoever cancels gives no answer.
  const initials = (name) => name.split(/\s+/).map((w) => w[0] || "").slice(0, 2).join("");
  function choose(title, rows, multiple, chosen, done) {
    const d = el("dialog", "chooser");
    d.append(el("h2", "", title));
    const find = el("input");
    find.type = "text";
    find.placeholder = "Search";
    find.setAttribute("aria-label", "Search");
    const box = el("div", "list");
    for (const row of rows) {
      const line = el(multiple ? "label" : "button");
      line.dataset.id = row.id;
      if (multiple) {
        const c = el("input");
        c.type = "checkbox";
        c.checked = chosen.includes(row.id);
        line.append(c);
      } else {
        line.type = "button";
        line.addEventListener("click", () => { d.close(); done([row]); });
      }
      line.append(el("span", "avatar s", initials(row.name)), el("span", "", row.name), el("span", "muted small", row.position || ""));
      box.append(line);
    }
    find.addEventListener("input", () => {
      for (const line of box.children) line.hidden = !line.textContent.toLowerCase().includes(find.value.toLowerCase());
    });
    const foot = el("div", "row");
    if (multiple) {
      const ok = el("button", "btn primary", "Select");
      ok.type = "button";
      ok.addEventListener("click", () => {
        const ids = [...box.children].filter((l) => l.querySelector("input").checked).map((l) => l.dataset.id);
        d.close();
        done(rows.filter((r) => ids.includes(r.id)));
      });
      foot.append(ok);
    }
    const cancel = el("button", "btn", "Cancel");
    cancel.type = "button";
    cancel.addEventListener("click", () => d.close());
    foot.append(cancel);
    d.append(find, box, foot);
    d.addEventListener("close", () => d.remove());
    document.body.append(d);
    d.showModal();
  }
  const data = (what) => fetch("/portal/data/" + what).then((r) => r.json());
  window.portalDialogs = {
    async users(multiple, done) {
      choose(multiple ? "Choose people" : "Choose a person", await data("users"), multiple, [], (r) => done(multiple ? r : r[0]));
    },
    async access(value, done) {
      const people = (await data("users")).map((u) => ({ id: "U" + u.id, name: u.name, provider: "user" }));
      const rows = [{ id: "AU", name: "All authorized users", provider: "other" }, ...people];
      choose("Choose who", rows, true, value, (r) => done(r.map(({ id, name, provider }) => ({ id, name, provider }))));
    },
    async crm(q, done) {
      const types = q.entityType || ["deal"];
      const rows = await data("crm?types=" + encodeURIComponent(types.join(",")));
      choose("Choose from CRM", rows, !!q.multiple, [], (r) => {
        const out = {};
        for (const t of types) out[t] = r.filter((x) => x.type === t);
        done(out);
      });
    },
  };

  // The card: tabs, refresh after reloadData, a timeline that looks again.
  const card = document.querySelector("[data-card]");
  async function refresh(part) {
    const res = await fetch(location.pathname + "?part=" + part);
    if (!res.ok) return;
    const html = await res.text();
    const box = document.getElementById("part_" + part);
    if (box && box.dataset.seen !== html) {
      if (box.dataset.seen !== undefined || part === "general") box.innerHTML = html;
      box.dataset.seen = html;
    }
  }
  window.reloadCard = async (done) => { await Promise.all([refresh("general"), refresh("timeline")]); done(); };

  function showTab(tab) {
    for (const t of card.querySelectorAll(".tab")) {
      const on = t === tab;
      t.setAttribute("aria-selected", String(on));
      document.getElementById(t.getAttribute("aria-controls")).hidden = !on;
    }
    const box = document.getElementById(tab.getAttribute("aria-controls"));
    if (!tab.dataset.app || box.dataset.loaded) return;
    box.dataset.loaded = "1"; // once: coming back does not load again
    window.appFrames.load(box, {
      ID: tab.dataset.app, PLACEMENT: tab.dataset.placement, PLACEMENT_ID: tab.dataset.placementId, PLACEMENT_OPTIONS: { ID: card.dataset.id },
    }, "tab", { setTitle() {}, reloadData: window.reloadCard });
  }
  if (card) {
    card.addEventListener("click", (e) => {
      const tab = e.target.closest(".tab");
      if (tab) showTab(tab);
    });
    refresh("timeline");
    setInterval(() => { if (!document.hidden) refresh("timeline"); }, 3000);
  }

  // The app's own page.
  const page = document.querySelector("[data-app-page]");
  if (page) {
    const options = Object.fromEntries([...new URLSearchParams(location.search)].filter(([k]) => k !== "install_finished"));
    window.appFrames.load(page, { ID: page.dataset.appPage, PLACEMENT: "DEFAULT", PLACEMENT_OPTIONS: options }, "page", {
      setTitle(t) { document.getElementById("pagetitle").textContent = t; },
      reloadData: (done) => done(),
    });
  }

  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-open-app]");
    if (!b) return;
    e.preventDefault();
    window.appFrames.openApplication(Number(b.dataset.openApp), JSON.parse(b.dataset.params || "{}"), null, JSON.parse(b.dataset.extra || "{}"));
  });
  document.addEventListener("change", (e) => { if (e.target.matches("input[type=file][data-send]")) e.target.form.submit(); });

  // A phone's codes.
  const phone = document.querySelector("[data-phone]");
  if (phone) setInterval(async () => {
    const res = await fetch(location.pathname.replace(/\/$/, "") + "?part=codes");
    if (res.ok) phone.innerHTML = await res.text();
  }, 1000);
})();
