// Keeps a conversation up to date: the socket says that something changed, the server sends the parts anew, and what is
// as it was stays untouched, with its focus, its open folds and what was typed into it.
(() => {
  const page = document.querySelector("[data-chat]");
  if (!page) return;
  const REFRESH_EVERY = 330;
  const POLL_EVERY = 5000;
  const LOOK_EVERY = 20_000;
  const LONGEST_REFRESH = 10_000;
  const LONGEST_OUTPUT = 20_000;
  const LONGEST_SAID = 400;
  const byId = (id) => document.getElementById(id);
  const turns = byId("chat-turns");
  const live = byId("chat-live");
  const end = () => byId("composer") || byId("chat-work");

  let socket = null;
  let failures = 0;
  let retryTimer = 0;
  let isOver = false;

  // -- what is there already ---------------------------------------------------------------------------------------
  // Tokens of forms and ages differ in every answer; they are no change.
  const signature = (element) => element.outerHTML
    .replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1")
    .replace(/(<time[^>]*>)[^<]*/g, "$1");
  const signatures = new Map();
  const remember = (element) => signatures.set(element.id, signature(element));
  const parts = () => [...["chat-facts", "chat-work", "approvals-waiting"].map(byId), ...turns.children];
  parts().filter(Boolean).forEach(remember);

  function replace(old, fresh) {
    const within = (selector) => [...old.querySelectorAll(selector)];
    const folds = within("details[id]").map((fold) => [fold.id, fold.open]);
    const typed = within("textarea[id], input[id]").filter((field) => field.value !== field.defaultValue);
    const focus = old.contains(document.activeElement) ? document.activeElement.id : null;
    remember(fresh);
    old.replaceWith(fresh);
    folds.forEach(([id, open]) => { if (byId(id)) byId(id).open = open; });
    typed.forEach((field) => { if (byId(field.id)) byId(field.id).value = field.value; });
    if (focus === null) return;
    const next = (focus && byId(focus)) || fresh;
    if (next === fresh) fresh.tabIndex = -1;
    next.focus({ preventScroll: true });
  }

  function merge(old, fresh) {
    if (signatures.get(fresh.id) !== signature(fresh)) {
      replace(old, fresh);
      return;
    }
    const times = fresh.querySelectorAll("time");
    old.querySelectorAll("time").forEach((time, at) => {
      if (times[at] && time.textContent !== times[at].textContent) time.textContent = times[at].textContent;
    });
  }

  function mergeTurns(fresh) {
    const came = [];
    const wanted = [...fresh.children];
    const names = new Set(wanted.map((each) => each.id));
    [...turns.children].filter((each) => !names.has(each.id)).forEach((each) => each.remove());
    wanted.forEach((each, at) => {
      const old = byId(each.id);
      if (old) {
        merge(old, each);
        return;
      }
      remember(each);
      turns.insertBefore(each, turns.children[at] || null);
      came.push(each);
    });
    return came;
  }

  // -- the reader's place ------------------------------------------------------------------------------------------
  const isAtEnd = () => end().getBoundingClientRect().top < window.innerHeight;

  function keepingPlace(act) {
    const follows = isAtEnd() && !turns.contains(document.activeElement);
    const seen = [...turns.children].find((each) => each.getBoundingClientRect().bottom > 0);
    const before = seen?.getBoundingClientRect().top;
    act();
    if (follows) toEnd();
    else if (seen?.isConnected) window.scrollBy({ top: seen.getBoundingClientRect().top - before, behavior: "instant" });
  }

  function toEnd() {
    const below = end().getBoundingClientRect().bottom + 16 - window.innerHeight;
    if (below > 0) window.scrollBy({ top: below, behavior: "instant" });
  }

  // -- refreshing --------------------------------------------------------------------------------------------------
  let refreshTimer = 0;
  let refreshedAt = performance.now();
  let isRefreshing = false;
  let isWanted = false;

  function refresh() {
    isWanted = true;
    if (isOver || refreshTimer || isRefreshing) return;
    refreshTimer = setTimeout(load, Math.max(0, refreshedAt + REFRESH_EVERY - performance.now()));
  }

  async function load() {
    refreshTimer = 0;
    isWanted = false;
    isRefreshing = true;
    refreshedAt = performance.now();
    try {
      const answer = await fetch(page.dataset.panel, { signal: AbortSignal.timeout(LONGEST_REFRESH) });
      if (answer.redirected || answer.status === 404) stop();
      else if (answer.ok) take(await answer.text());
    } catch { /* the next look tries again */ }
    isRefreshing = false;
    if (isWanted) refresh();
  }

  function take(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = (id) => holder.content.querySelector(`#${id}`);
    keepingPlace(() => {
      const came = mergeTurns(fresh("chat-turns"));
      ["chat-facts", "chat-work", "approvals-waiting"].forEach((id) => {
        if (byId(id) && fresh(id)) merge(byId(id), fresh(id));
      });
      const answers = came.filter((each) => each.dataset.role === "assistant");
      if (answers.length || !document.querySelector("[data-busy-agent]")) write("");
      announce(answers);
    });
  }

  function announce(answers) {
    if (!answers.length) return;
    const said = answers.map((each) => each.querySelector(".turn-text").textContent).join(" ");
    byId("announcer").textContent = `${byId("chat-live-title").textContent}: ${said.slice(0, LONGEST_SAID)}`;
  }

  // -- what is being written ---------------------------------------------------------------------------------------
  const plain = (text) => text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");

  function write(text) {
    const box = live.querySelector(".turn-text");
    box.textContent = text && (box.textContent + plain(text)).slice(-LONGEST_OUTPUT);
    live.hidden = !text;
  }

  // -- the socket --------------------------------------------------------------------------------------------------
  function tellConnection(text) {
    const shown = byId("connection");
    shown.textContent = text;
    shown.hidden = !text;
  }

  function stop() {
    isOver = true;
    clearTimeout(retryTimer);
    tellConnection(page.dataset.textGone);
    socket?.close(1000);
  }

  function hear(message) {
    if (message.type === "output") keepingPlace(() => write(String(message.text)));
    if (message.type === "changed") refresh();
  }

  function connect() {
    clearTimeout(retryTimer);
    if (isOver || (socket && socket.readyState < WebSocket.CLOSING)) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${page.dataset.socket}`);
    socket.addEventListener("message", (event) => {
      failures = 0;
      tellConnection("");
      try {
        hear(JSON.parse(event.data));
      } catch { /* not one of ours */ }
    });
    socket.addEventListener("close", (event) => {
      if (isOver) return;
      if (event.code === 4401 || event.code === 4404) {
        stop();
        return;
      }
      failures += 1;
      if (failures > 1) tellConnection(page.dataset.textLost);
      const most = Math.min(15_000, 250 * 2 ** failures);
      retryTimer = setTimeout(connect, most * (0.5 + Math.random() / 2));
    });
  }

  // Without a socket the page asks by itself; with one it asks now and then, for news that nobody could send.
  setInterval(() => {
    if (isOver || document.hidden) return;
    const longest = socket?.readyState === WebSocket.OPEN ? LOOK_EVERY : POLL_EVERY;
    if (performance.now() - refreshedAt >= longest - 500) refresh();
  }, 1000);

  window.addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  if (!location.hash) toEnd();
  connect();
})();
