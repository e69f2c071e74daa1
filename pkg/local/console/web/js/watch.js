// Small live pictures of those who are in a call in a tab of this browser, of the rooms
// that are watched. See watched.js, which is the other side.
import { h } from "./dom.js";

const channel = new BroadcastChannel("watch");
const watched = new Set(); // ids of rooms: none at first
const pictures = new Map(); // by user and room: {id, pc, video}
let lost = 0; // pictures

const keyOf = (room, user) => JSON.stringify([room, user]);

// watching is 0 for a room that isn't watched, and another number after a picture was lost.
export const watching = (room) => (watched.has(room) ? 1 + lost : 0);

export function watch(room, on) {
  if (on) watched.add(room);
  else watched.delete(room);
}

// picture is an element with the picture of somebody, hidden until there is one.
export function picture(room, user) {
  const key = keyOf(room, user);
  if (!pictures.has(key)) {
    const id = crypto.randomUUID();
    const video = Object.assign(h("video", { playsinline: true, hidden: true, onplaying: () => { video.hidden = false; } }), { muted: true }); // what isn't muted may not play
    const pc = new RTCPeerConnection();
    pc.onconnectionstatechange = () => {
      if (!["disconnected", "failed"].includes(pc.connectionState)) return;
      end(key); // such as for a page that is loaded again: it can be asked again
      lost++;
    };
    pictures.set(key, { id, pc, video });
    channel.postMessage({ id, room, user });
  }
  return pictures.get(key).video;
}

// endOthers ends all pictures but those that are wanted: pairs of a room and a user.
export function endOthers(wanted) {
  const keys = new Set(wanted.map(([room, user]) => keyOf(room, user)));
  for (const key of pictures.keys()) if (!keys.has(key)) end(key);
}

function end(key) {
  const { id, pc, video } = pictures.get(key);
  pictures.delete(key);
  pc.close();
  video.remove();
  channel.postMessage({ id, end: true });
}

channel.onmessage = async ({ data: { id, offer } }) => {
  const { pc, video } = [...pictures.values()].find((one) => one.id === id) ?? {};
  if (!offer || !pc || pc.signalingState === "closed") return;
  pc.ontrack = ({ track }) => {
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => {}); // it was ended meanwhile; and autoplay waits until a video can be seen
  };
  await pc.setRemoteDescription(offer);
  const gathered = new Promise((resolve) => { pc.onicecandidate = ({ candidate }) => candidate ?? resolve(); });
  await pc.setLocalDescription();
  await gathered;
  channel.postMessage({ id, answer: pc.localDescription.toJSON() });
};
