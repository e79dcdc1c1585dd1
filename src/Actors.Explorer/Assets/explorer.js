// What a page can't do from the server: colours that are remembered, keys, the clipboard, scrolling.
window.logExplorer = (() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const stored = () => { try { return localStorage.getItem('logExplorer.dark'); } catch { return null; } };
  const apply = on => { document.documentElement.dataset.theme = on ? 'dark' : 'light'; };
  const isDark = () => stored() === null ? dark.matches : stored() === 'true';
  apply(isDark());
  let went = 0;
  const typing = e => e.target.closest && e.target.closest('input, textarea, select, [contenteditable]');
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e)) return;
    const click = selector => { const found = document.querySelector(selector); if (found) { found.click(); e.preventDefault(); } };
    if (e.key === '/') {
      const search = document.querySelector('[data-search]');
      if (search) { search.focus(); e.preventDefault(); }
    } else if (e.key === '?') click('[data-help]');
    else if (e.key === 'g') went = Date.now();
    else if (Date.now() - went < 1500 && /^[a-z]$/.test(e.key)) { went = 0; click(`[data-go="${e.key}"]`); }
    else if (e.key === 'ArrowLeft') click('[data-step="-1"]:not([disabled])');
    else if (e.key === 'ArrowRight') click('[data-step="1"]:not([disabled])');
  });
  return {
    isDark,
    setDark: on => { try { localStorage.setItem('logExplorer.dark', on); } catch { /* it is not remembered */ } apply(on); },
    copy: async text => { try { await navigator.clipboard.writeText(text); return true; } catch { return false; } },
    // The list grows to its height only after it was drawn.
    scrollTo: (id, top) => {
      const until = Date.now() + 3000;
      const step = () => {
        const list = document.getElementById(id);
        if (list) list.scrollTop = Math.max(0, top - list.clientHeight / 3);
        if ((!list || list.scrollHeight < top) && Date.now() < until) requestAnimationFrame(step);
      };
      step();
    },
  };
})();
