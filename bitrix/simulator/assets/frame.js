// The portal's side of an app's frame: what window.postMessage from the app
// may ask for. A message is heard only when it comes from the app's origin and
// bears the id of this frame (APP_SID); unknown commands are passed over in silence.
"use strict";

(() => {
  const ajaxURL = "/bitrix/components/bitrix/app.layout/lazyload.ajax.php";
  const allowedPath = /^\/(crm\/(deal|lead|contact|company|type)|marketplace|company\/personal\/user\/[0-9]+|workgroups\/group\/[0-9]+)\//;
  const deniedInPlacement = ["setTitle", "setScroll", "reloadWindow"];

  // post sends nested values as PHP reads them.
  function post(values) {
    const body = new URLSearchParams();
    const add = (name, v) => {
      if (v === undefined) return;
      if (v !== null && typeof v === "object") for (const k of Object.keys(v)) add(`${name}[${k}]`, v[k]);
      else body.append(name, v === null ? "" : v);
    };
    const all = { sessid: document.body.dataset.sessid, site: "s1", ...values };
    for (const k of Object.keys(all)) add(k, all[k]);
    return fetch(ajaxURL, { method: "POST", body });
  }

  class Frame {
    // root is the wrapper that the server has rendered; where tells how the
    // frame is shown: "page", "tab" or "panel".
    constructor(root, where, hooks) {
      this.root = root;
      this.where = where;
      this.hooks = hooks;
      this.params = JSON.parse(root.dataset.layout);
      this.origin = new URL(this.params.action).origin;
      this.iframe = root.querySelector("iframe");
      this.denied = this.params.placement === "DEFAULT" ? [] : deniedInPlacement.slice();
      if (where === "panel") this.denied.push("resizeWindow");
      this.listener = (e) => this.receive(e);
      window.addEventListener("message", this.listener);
    }

    submit() { this.root.querySelector("form").submit(); }

    destroy() {
      window.removeEventListener("message", this.listener);
      this.root.remove();
    }

    receive(e) {
      if (e.origin !== this.origin) return;
      let method, params, key, sid;
      if (typeof e.data === "string") {
        const parts = e.data.split(":");
        method = parts[0];
        sid = parts[parts.length - 1];
        key = parts[parts.length - 2];
        const json = parts.slice(1, -2).join(":");
        try { params = json ? JSON.parse(json) : {}; } catch { return; }
      } else if (e.data !== null && typeof e.data === "object") {
        ({ method, params = {}, callback: key, appSid: sid } = e.data);
      } else {
        return;
      }
      if (sid !== this.params.sid || this.denied.includes(method)) return;
      const commands = this.commands();
      if (!Object.hasOwn(commands, method)) return;
      commands[method](params, (answer) => this.reply(key, answer));
    }

    reply(key, answer) {
      if (!key || !this.iframe.contentWindow) return;
      this.iframe.contentWindow.postMessage(key + ":" + (answer === undefined ? "" : JSON.stringify(answer)), this.origin);
    }

    query(values) { return post({ PARAMS: { params: { ID: this.params.id } }, ...values }).then((r) => r.json()); }

    commands() {
      const all = { ...this.general() };
      if (this.params.placement !== "DEFAULT") {
        all.placementBindEvent = () => {}; // cards expose no events
        Object.assign(all, this.special());
      }
      return all;
    }

    // special are the commands of the place the frame is in.
    special() {
      if (!/_DETAIL_(TAB|TOOLBAR|ACTIVITY)$/.test(this.params.placement)) return {};
      const own = { reloadData: (_, cb) => this.hooks.reloadData(() => cb()) };
      if (this.where === "tab") {
        own.resizeWindow = (p, cb) => { // the height only, however small
          const h = parseInt(p.height, 10);
          if (h >= 0) this.root.style.height = h + "px";
          cb(this.size());
        };
      }
      return own;
    }

    size() {
      const r = this.root.getBoundingClientRect();
      return { width: Math.round(r.width), height: Math.round(r.height) };
    }

    general() {
      const p = this.params;
      return {
        getInitData: (_, cb) => {
          cb({
            LANG: p.lang, DOMAIN: location.host, PROTOCOL: p.proto, PATH: "/rest",
            AUTH_ID: p.authId, AUTH_EXPIRES: p.authExpires, REFRESH_ID: p.refreshId, MEMBER_ID: p.memberId,
            FIRST_RUN: p.firstRun, IS_ADMIN: p.isAdmin, INSTALL: p.install,
            USER_OPTIONS: p.userOptions, APP_OPTIONS: p.appOptions,
            PLACEMENT: p.placement, PLACEMENT_OPTIONS: p.placementOptions,
          });
          p.firstRun = false;
        },
        getInterface: (_, cb) => {
          const command = Object.keys(this.special()).filter((c) => c !== "resizeWindow" && !this.denied.includes(c));
          cb({ command, event: [] });
        },
        refreshAuth: async (_, cb) => {
          const d = await this.query({ action: "access_refresh" });
          if (!d.access_token) { window.toast("Unable to get new token! Reload page, please!"); return; }
          p.authId = d.access_token;
          p.authExpires = String(d.expires_in);
          p.refreshId = d.refresh_token;
          cb({ AUTH_ID: p.authId, AUTH_EXPIRES: p.authExpires, REFRESH_ID: p.refreshId });
        },
        resizeWindow: (q, cb) => {
          this.root.style.width = q.width === "100%" ? "100%" : (parseInt(q.width, 10) || 100) + "px";
          const h = parseInt(q.height, 10);
          if (h) this.root.style.height = h + "px";
          cb(this.size());
        },
        setTitle: (q, cb) => { this.hooks.setTitle(String(q.title)); cb(q); },
        setScroll: (q, cb) => { if (q && q.scroll >= 0) window.scrollTo(window.scrollX, parseInt(q.scroll, 10)); cb(q); },
        reloadWindow: () => window.location.reload(),
        setUserOption: async (q, cb) => {
          p.userOptions = { ...p.userOptions, [q.name]: q.value };
          await this.query({ action: "set_user_option", name: q.name, value: JSON.stringify(q.value) });
          cb(q);
        },
        setAppOption: async (q, cb) => {
          if (!p.isAdmin) return;
          cb(await this.query({ action: "set_option", options: [{ name: q.name, value: JSON.stringify(q.value) }] }));
        },
        setInstall: async (q, cb) => { await this.query({ action: "set_install", v: q.install ? "Y" : "N" }); cb(q); },
        setInstallFinish: async (q) => {
          const d = await this.query({ action: "set_installed", v: q && q.value === false ? "N" : "Y" });
          const u = new URL(window.location.href);
          u.searchParams.set("install_finished", d.result ? "Y" : "N");
          window.location.href = u.href;
        },
        selectUser: (q, cb) => window.portalDialogs.users(parseInt(q && q.mult + 0, 10) > 0, cb),
        selectAccess: (q, cb) => window.portalDialogs.access((q && q.value) || [], cb),
        selectCRM: (q, cb) => window.portalDialogs.crm(q || {}, cb),
        imCallTo: (q) => window.toast(`The portal would call user ${q.userId}.`),
        imPhoneTo: (q) => window.toast(`The portal would dial ${q.phone}.`),
        imOpenMessenger: (q) => window.toast(`The portal would open the chat ${q.dialogId || ""}.`),
        imOpenHistory: (q) => window.toast(`The portal would open the history of ${q.dialogId || ""}.`),
        openApplication: (q, cb) => openApplication(p.id, { ...q }, () => cb()),
        closeApplication: (_, cb) => { if (window.sidePanel.owner() === p.id) window.sidePanel.close(() => cb()); },
        openPath: (q, cb) => {
          const path = q && typeof q.path === "string" ? q.path : "";
          if (!allowedPath.test(path)) { cb({ result: "error", errorCode: "PATH_NOT_AVAILABLE" }); return; }
          window.sidePanel.openPath(path, () => cb({ result: "close" }));
        },
      };
    }
  }

  // load asks the server for a fresh frame and puts it into box.
  async function load(box, params, where, hooks) {
    box.innerHTML = '<div class="loading">Loading the app…</div>';
    const res = await post({ PARAMS: { template: "", params } });
    box.innerHTML = await res.text();
    const root = box.querySelector(".app-frame-layout");
    if (!root) return null;
    const frame = new Frame(root, where, hooks);
    frame.submit();
    return frame;
  }

  // openApplication shows the app's main page, or one of its placements, in a side panel.
  function openApplication(id, params, onClose, extra) {
    const look = {};
    for (const k of Object.keys(params)) {
      if (k.startsWith("bx24_")) { look[k.slice(5)] = params[k]; delete params[k]; }
    }
    const options = params.options && typeof params.options === "object" && params.params ? params.params : params;
    window.sidePanel.open({
      owner: id, title: look.title || "", width: look.width, leftBoundary: look.leftBoundary, onClose,
      fill: (box, panel) => load(box, { ID: id, PLACEMENT_OPTIONS: options, POPUP: 1, ...extra }, "panel", {
        setTitle: (t) => panel.setTitle(t),
        reloadData: (done) => (window.reloadCard ? window.reloadCard(done) : done()),
      }),
    });
  }

  window.appFrames = { load, openApplication, Frame };
})();
