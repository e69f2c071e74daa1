// A report of TRTC about a room, as webrtc-room-events gets it: an HTTP request,
// signed with the key of the app's callbacks.
import { ask } from "../api.js";
import { allRooms } from "./rooms.js";

export const reportFunction = "webrtc-room-events";

// eventTypes are those that mean something for a seat.
export const eventTypes = [104, 103, 102];

// likely is a report that would change something: of whoever is in a room.
export function likely() {
  const room = allRooms()[0];
  return { EventType: 104, RoomId: room?.id ?? "9527", UserId: room?.members[0] ?? "alice" };
}

// signed is the event for a report of something that happens now.
export async function signed({ EventType, RoomId, UserId }) {
  const now = Date.now();
  const room = /^\d{1,10}$/.test(RoomId) ? Number(RoomId) : RoomId;
  const body = JSON.stringify({
    EventGroupId: 1, EventType: Number(EventType) || eventTypes[0], CallbackTs: now,
    EventInfo: { RoomId: room, EventTs: Math.floor(now / 1000), EventMsTs: now, UserId },
  });
  const headers = await ask("POST", "/api/reports", body);
  return { httpMethod: "POST", path: "/", headers: { "content-type": "application/json", ...headers }, body, isBase64Encoded: false };
}

// fieldsOf are the form's fields of an event that is a report.
export function fieldsOf(event) {
  try {
    const { EventType, EventInfo } = JSON.parse(event.body);
    return { EventType, RoomId: EventInfo.RoomId, UserId: EventInfo.UserId };
  } catch {
    return {};
  }
}
