// What the server tells by itself: documents, calls, database requests, faults.

const mostCalls = 500, mostWire = 2000;

export const live = {
  online: null, // null until it is known
  state: null, // what the server is and has; see state in api.go
  collections: {}, // by name: {total, documents}
  calls: [], // the newest last
  wire: [], // the newest last
  faults: [],
  trtc: { rooms: [] }, // who is in a call: see GET /trtc/rooms
};

let received = 0;
const listeners = new Map(); // kind → Set of functions

// on calls f after each change of a kind, until the returned function is called.
export function on(kind, f) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(f);
  return () => listeners.get(kind).delete(f);
}

const pending = new Set();
function tell(kind) {
  // Many entries come at once when the stream begins: one picture for all of them.
  if (pending.has(kind)) return;
  pending.add(kind);
  setTimeout(() => {
    pending.delete(kind);
    for (const f of [...(listeners.get(kind) ?? [])]) f();
  });
}

// addCall keeps a call, which the stream and the answer to the page both tell of.
export function addCall(call) {
  if (live.calls.some((one) => one.id === call.id)) return;
  live.calls.push(call);
  live.calls.sort((a, b) => a.at - b.at);
  live.calls.splice(0, live.calls.length - mostCalls);
  tell("calls");
}

export const wireOf = (id) => live.wire.filter((one) => one.requestId === id);

export function clearCalls() {
  live.calls.length = 0;
  tell("calls");
}

export function clearWire() {
  live.wire.length = 0;
  tell("wire");
}

function setOnline(online) {
  if (live.online === online) return;
  live.online = online;
  tell("online");
}

let source;

// connect listens to the server, and begins again whenever it was gone.
export function connect() {
  source?.close();
  source = new EventSource("/api/events");
  live.wire.length = 0; // this stream tells of all of them again
  const handlers = {
    hello({ state, faults, collections, trtc }) {
      if (live.state?.run !== state.run) {
        live.wire.length = 0; // of a server that is gone
        tell("wire");
        live.state = state;
        tell("state");
      }
      live.faults = faults;
      live.collections = collections;
      live.trtc = trtc;
      tell("faults");
      tell("data");
      setOnline(true);
    },
    data({ collections }) {
      live.collections = collections;
      tell("data");
    },
    call: addCall,
    wire(request) {
      request.key = ++received;
      live.wire.push(request);
      live.wire.sort((a, b) => a.at - b.at); // those that were slow are told late
      live.wire.splice(0, live.wire.length - mostWire);
      tell("wire");
    },
    trtc(state) {
      live.trtc = state;
      tell("data");
    },
    faults(switches) {
      live.faults = switches;
      tell("faults");
    },
  };
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  source.onerror = () => {
    setOnline(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500);
  };
}

// A browser keeps a page for those who come back to it, with its connection to the server.
// Six such pages would be all that it has for one server.
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", ({ persisted }) => persisted && connect());
