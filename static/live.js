// Keeps a build's page up to date: events say that something changed, the server sends the parts anew, output streams in.
(() => {
  const page = document.querySelector("[data-live]");
  if (!page) return;
  const REFRESH_AFTER = 200;
  const REFRESH_EVERY = 330;
  const LONGEST_REFRESH = 10_000;
  const LONGEST_OUTPUT = 100_000;
  const FINAL_KINDS = new Set(["build.completed", "build.failed", "build.cancelled"]);
  const byId = (id) => document.getElementById(id);
  const head = () => document.querySelector("#summary .summary-head");
  const isFinal = () => head()?.dataset.final === "true";

  let lastSeq = Number(page.dataset.after);
  let socket = null;
  let failures = 0;
  let retryTimer = 0;
  let isOver = false;

  // -- the parts of the page ---------------------------------------------------------------------------------------
  const lastHtml = new Map();
  let refreshTimer = 0;
  let refreshedAt = 0;
  let isRefreshing = false;
  let isWanted = false;
  const finishedNodes = new Set();

  function refresh() {
    isWanted = true;
    if (refreshTimer || isRefreshing) return;
    const wait = Math.max(REFRESH_AFTER, refreshedAt + REFRESH_EVERY - performance.now());
    refreshTimer = setTimeout(load, wait);
  }

  async function load() {
    refreshTimer = 0;
    isWanted = false;
    isRefreshing = true;
    refreshedAt = performance.now();
    const finished = [...finishedNodes];
    try {
      const answer = htmx.ajax("GET", page.dataset.panels + location.search, { source: page, target: page, swap: "none" });
      await Promise.race([answer, new Promise((_, late) => { setTimeout(late, LONGEST_REFRESH); })]);
      finished.forEach(forgetLive);
      takeState();
    } catch { /* the next event or reconnect tries again */ }
    isRefreshing = false;
    if (isWanted) refresh();
  }

  // A place in the queue changes without an event of this build; and a page that heard nothing for long asks once more.
  setInterval(() => {
    const longest = head()?.dataset.state === "pending" ? 5000 : 15_000;
    if (!isOver && !document.hidden && performance.now() - refreshedAt > longest) refresh();
  }, 2500);

  function takeState() {
    const shown = head();
    if (!shown) return;
    const { state, title, said } = shown.dataset;
    document.title = title;
    const icons = { waiting: "running", running: "running", completed: "completed", failed: "failed" };
    const name = icons[state] || "other";
    byId("favicon").href = page.dataset[`icon${name[0].toUpperCase()}${name.slice(1)}`];
    const announcer = byId("announcer");
    if (announcer.textContent !== said) announcer.textContent = said;
    readClocks();
    if (isFinal()) end();
  }

  function end() {
    if (isOver) return;
    isOver = true;
    byId("cancel-dialog")?.close();
    byId("output-live").replaceChildren();
    tellConnection("");
    clearTimeout(retryTimer);
    socket?.close(1000);
  }

  // What a swap must not disturb: unchanged parts, open folds, scroll positions, the focus.
  let kept = null;
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const html = fragment.innerHTML ?? "";
    if (lastHtml.get(target.id) === html) {
      event.detail.shouldSwap = false;
      return;
    }
    lastHtml.set(target.id, html);
    const within = (selector) => [...target.querySelectorAll(selector)];
    kept = {
      folds: within("details[id]").map((fold) => [fold.id, fold.open]),
      scrolls: within("[data-scroll][id]").map((box) => [box.id, box.scrollTop, box.scrollLeft]),
      focus: target.contains(document.activeElement) ? document.activeElement.id : "",
      follows: target.id === "output-blocks" && isFollowing(),
    };
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    if (!kept) return;
    kept.folds.forEach(([id, open]) => { if (byId(id)) byId(id).open = open; });
    kept.scrolls.forEach(([id, top, left]) => byId(id)?.scrollTo({ top, left, behavior: "instant" }));
    if (kept.focus) byId(kept.focus)?.focus({ preventScroll: true });
    if (kept.follows) follow();
    kept = null;
  });

  // -- output ------------------------------------------------------------------------------------------------------
  const log = byId("output-log");
  const jump = byId("jump");
  let follows = !isFinal();
  const isFollowing = () => follows && !isOver;

  function follow() {
    log.scrollTop = log.scrollHeight;
  }
  log.addEventListener("scroll", () => {
    follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    if (follows) jump.hidden = true;
  }, { passive: true });
  jump.addEventListener("click", () => { follows = true; jump.hidden = true; follow(); });
  document.addEventListener("tab:shown", (event) => { if (event.detail === "output" && isFollowing()) follow(); });

  const plain = (text) => text.replace(/\x1b\[[0-9;:?]{0,40}[@-~]/g, "").replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");

  function write(node, text) {
    const live = byId("output-live");
    let block = [...live.children].find((each) => each.dataset.node === node);
    if (!block) {
      block = document.createElement("article");
      block.className = "block";
      block.dataset.node = node;
      const title = document.createElement("h3");
      title.textContent = node;
      block.append(title, document.createElement("pre"));
      live.append(block);
    }
    byId("output-blocks").querySelector("[data-nothing]")?.remove();
    const box = block.lastElementChild;
    box.append(document.createTextNode(plain(text)));
    if (box.textContent.length > LONGEST_OUTPUT) {
      box.textContent = `${page.dataset.textCut}\n${box.textContent.slice(-LONGEST_OUTPUT / 2)}`;
    }
    if (isFollowing()) follow(); else jump.hidden = false;
  }

  function forgetLive(node) {
    finishedNodes.delete(node);
    [...byId("output-live").children].filter((each) => each.dataset.node === node).forEach((each) => each.remove());
  }

  // -- clocks ------------------------------------------------------------------------------------------------------
  let clocks = [];
  function readClocks() {
    const now = performance.now();
    clocks = [...document.querySelectorAll("[data-elapsed]")].map((shown) => {
      shown.began ??= now - Number(shown.dataset.elapsed) * 1000;
      return shown;
    });
  }
  function shownTime(seconds) {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const minutes = `${Math.floor(whole / 60) % 60}`;
    return whole >= 3600 ? `${Math.floor(whole / 3600)}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  }
  setInterval(() => clocks.forEach((shown) => {
    if (shown.isConnected) shown.textContent = shownTime((performance.now() - shown.began) / 1000);
  }), 500);

  // -- the socket --------------------------------------------------------------------------------------------------
  function tellConnection(text) {
    const shown = byId("connection");
    shown.textContent = text;
    shown.hidden = !text;
  }

  function take(message) {
    if (message.type === "output") write(String(message.node), String(message.text));
    if (message.type === "reset") {
      lastSeq = message.last_seq;
      refresh();
    }
    if (message.type !== "event") return;
    const { seq, kind, node } = message.event;
    if (seq <= lastSeq) return;
    if (seq !== lastSeq + 1) {
      socket.close(4000);
      return;
    }
    lastSeq = seq;
    if (kind === "node.finished" || FINAL_KINDS.has(kind)) finishedNodes.add(node);
    refresh();
  }

  function connect() {
    clearTimeout(retryTimer);
    if (isOver || (socket && socket.readyState < WebSocket.CLOSING)) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${page.dataset.socket}?after=${lastSeq}`);
    socket.addEventListener("message", (event) => {
      failures = 0;
      tellConnection("");
      try {
        take(JSON.parse(event.data));
      } catch { /* not one of ours */ }
    });
    socket.addEventListener("open", () => tellConnection(""));
    socket.addEventListener("close", (event) => {
      if (isOver) return;
      if (event.code === 4401 || event.code === 4404) {
        tellConnection(page.dataset.textGone);
        return;
      }
      failures += 1;
      if (failures > 1) {
        tellConnection(page.dataset.textLost);
        refresh();
      }
      const most = Math.min(15_000, 250 * 2 ** failures);
      retryTimer = setTimeout(connect, most * (0.5 + Math.random() / 2));
    });
  }

  readClocks();
  if (isFinal()) {
    isOver = true;
    return;
  }
  follow();
  window.addEventListener("online", connect);
  connect();
})();
