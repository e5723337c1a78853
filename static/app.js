// What every page shares: theme, toasts, forms that are sent once, dialogs, keys, tabs, copying.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const themeSelect = document.getElementById("theme-select");
  if (themeSelect) {
    themeSelect.closest("[data-theme-switch]").hidden = false;
    themeSelect.value = root.dataset.theme || "";
    themeSelect.addEventListener("change", () => {
      const theme = themeSelect.value;
      if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
      try {
        if (theme) localStorage.setItem("theme", theme); else localStorage.removeItem("theme");
      } catch { /* not remembered, still shown */ }
    });
  }

  all("[data-close-toast]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => button.closest("[data-toast]").remove());
  });
  all("[data-focus]").forEach((element) => element.focus());

  // A form that starts something is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.submitter?.formMethod === "dialog") return;
    if (form.dataset.dialog && !form.dataset.confirmed) {
      const dialog = document.getElementById(form.dataset.dialog);
      if (dialog?.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    if (!("once" in form.dataset)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button) {
      if (button.dataset.busy) button.textContent = button.dataset.busy;
      setTimeout(() => { button.disabled = true; });
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && document.querySelector("form[data-sent]")) location.reload();
  });

  all("[data-open]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById(button.dataset.open).showModal());
  });

  function move(step) {
    const links = all("[data-rows] tbody th a");
    if (!links.length) return;
    const now = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, now + step))].focus();
  }
  const keys = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    "n": () => { location.href = document.body.dataset.new; },
    "j": () => move(1),
    "k": () => move(-1),
    "?": () => document.getElementById("help")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && "submit" in event.target.dataset) {
      event.target.form.requestSubmit();
      return;
    }
    const isTyping = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  // The server sends sections with links to them; here they become tabs.
  const tabList = document.querySelector("[data-tabs]");
  if (tabList) {
    const tabs = all("a", tabList);
    const panelOf = (tab) => document.querySelector(tab.hash);
    const strip = document.createElement("div");
    strip.className = tabList.className;
    strip.setAttribute("role", "tablist");
    strip.setAttribute("aria-label", tabList.getAttribute("aria-label"));
    strip.append(...tabs);
    tabList.replaceWith(strip);
    const select = (chosen) => {
      tabs.forEach((tab) => {
        const isChosen = tab === chosen;
        tab.setAttribute("aria-selected", String(isChosen));
        tab.tabIndex = isChosen ? 0 : -1;
        panelOf(tab).classList.toggle("is-selected", isChosen);
      });
      // Along the strip only: the page itself stays where its reader is, at the verdict when it was just opened.
      const [at, room] = [chosen.getBoundingClientRect(), strip.getBoundingClientRect()];
      if (at.left < room.left) strip.scrollLeft += at.left - room.left;
      if (at.right > room.right) strip.scrollLeft += at.right - room.right;
      document.dispatchEvent(new CustomEvent("tab:shown", { detail: chosen.hash.slice(1) }));
    };
    const fromAddress = () => tabs.find((tab) => tab.hash === location.hash);
    tabs.forEach((tab) => {
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", tab.hash.slice(1));
      const panel = panelOf(tab);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        history.replaceState(history.state, "", tab.hash);
        select(tab);
      });
      tab.addEventListener("keydown", (event) => {
        const at = tabs.indexOf(tab);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const next = tabs[(to + tabs.length) % tabs.length];
        next.focus();
        next.click();
      });
    });
    window.addEventListener("hashchange", () => { if (fromAddress()) select(fromAddress()); });
    select(fromAddress() || tabs.find((tab) => tab.hash === `#${document.getElementById("build").dataset.tab}`) || tabs[0]);
  }

  if (navigator.clipboard) {
    const reveal = () => all("[data-copy]").forEach((button) => { button.hidden = false; });
    reveal();
    document.addEventListener("htmx:oobAfterSwap", reveal);
    document.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-copy]");
      if (!button) return;
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      const label = button.textContent;
      button.textContent = document.body.dataset.textCopied;
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }
})();
