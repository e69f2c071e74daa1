// What comes of things that take a while and go on when their section is left, by
// key. Each is drawn where it is in the page then, if it is.
export function kept() {
  const values = new Map(), draws = new Map();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value);
      draws.get(key)?.();
    },
    // drawn has draw called now and after each change, until the returned function is
    // called.
    drawn(key, draw) {
      draws.set(key, draw);
      draw();
      return () => { if (draws.get(key) === draw) draws.delete(key); };
    },
  };
}
