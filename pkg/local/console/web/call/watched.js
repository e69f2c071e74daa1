// Shows this page's camera in the local server's console, in the same browser, while the
// console asks for it. Nothing of it goes over the server, and a call doesn't need it: a
// page of your own leaves this module out.
//
// The two tabs talk over a channel of the browser, with messages {id, …}: the console asks
// {user, room}, the page offers a connection, the console answers it, and ends it with {end}.
const channel = new BroadcastChannel("watch");
const connections = new Map(); // by the id that the console has chosen

let own; // finds {user, room, track}

export function watched(find) {
  own = find;
  channel.onmessage = ({ data }) => hear(data).catch((error) => console.warn("watch:", error));
}

// changed shows the track that there is now.
export function changed() {
  for (const pc of connections.values()) pc.getSenders()[0].replaceTrack(own().track);
}

async function hear({ id, user, room, answer, end }) {
  if (end) return close(id);
  if (answer) return connections.get(id)?.setRemoteDescription(answer);
  const { track, ...me } = own();
  if (!track || user !== me.user || room !== me.room) return;
  const pc = new RTCPeerConnection();
  connections.set(id, pc);
  pc.onconnectionstatechange = () => { if (pc.connectionState === "failed") close(id); }; // the console is gone
  pc.addTrack(track);
  const gathered = new Promise((resolve) => { pc.onicecandidate = ({ candidate }) => candidate ?? resolve(); });
  await pc.setLocalDescription();
  await gathered; // the description has all ways through the network then
  channel.postMessage({ id, offer: pc.localDescription.toJSON() });
}

function close(id) {
  connections.get(id)?.close();
  connections.delete(id);
}
