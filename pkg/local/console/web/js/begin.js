// Asks for the modules once the first picture is there, which so has the
// processors to itself.
(() => {
  let begun = false;
  const begin = () => {
    if (!begun) document.head.append(document.getElementById("modules").content);
    begun = true;
  };
  if (document.hidden) return begin(); // such a page isn't painted
  new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  setTimeout(begin, 300);
})();
