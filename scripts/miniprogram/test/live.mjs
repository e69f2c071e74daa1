// What is in the place of <live-pusher>, and of TRTC behind it: the local server's TRTC, entered with
// the address in the template. What that reports comes back as WeChat's status codes.

/** read takes a room:// address apart as it stands: the SDK escapes nothing in it. */
export function read(url) {
  const [address, query] = url.split("?");
  if (address !== "room://cloud.tencent.com/rtc") throw new Error(`not TRTC's address: ${url}`);
  return Object.fromEntries(query.split("&").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

export class LivePusher {
  /**
   * @param screen the page that it is on
   * @param server the local server's address
   */
  constructor(screen, server) {
    this.screen = screen;
    this.server = server;
    this.calls = [];
  }

  post(path, body) {
    return fetch(`${this.server}/trtc/${path}`, { method: "POST", body: JSON.stringify({ session: this.session, ...body }) });
  }

  /** start enters the room. What the page's user sees and hears of the others follows. */
  async start() {
    this.calls.push("start");
    const { url, enableCamera, enableMic } = this.screen.attributes("#pusher");
    const { sdkappid, userid, usersig, roomid, privatemapkey } = read(url);
    this.end = new AbortController();
    const { signal } = this.end;
    const response = await this.post("enter", {
      sdkAppId: Number(sdkappid), userId: userid, userSig: usersig, roomId: Number(roomid), privateMapKey: privatemapkey,
    });
    const reply = await response.json();
    if (signal.aborted) return;
    if (response.status !== 200) return this.screen.live(reply.code === -100018 ? reply.code : -3301, reply.message);
    this.session = reply.session;
    await this.screen.live(1018, "enter room success");
    for (const member of reply.members) await this.entered(member);
    await this.post("media", { audio: enableMic, video: enableCamera, screen: false });
    this.listen(signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }

  async listen(signal) {
    const { body } = await fetch(`${this.server}/trtc/events?session=${this.session}`, { signal });
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const events = (text += chunk).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const name = event.match(/^event: (.*)$/m)?.[1];
        const data = event.match(/^data: (.*)$/m)?.[1];
        if (name) await this.happens(name, JSON.parse(data ?? "{}"));
      }
    }
  }

  async happens(name, data) {
    if (name === "beat") await this.post("beat");
    if (name === "entered") await this.entered(data);
    if (name === "media") await this.media(data);
    if (name === "left") await this.screen.live(1032, JSON.stringify({ userlist: [{ userid: data.userId }] }));
    if (name === "kicked") await this.screen.live(1019, `exit room, reason[${{ banned: 1, room_disband: 2 }[data.reason] ?? 3}]`);
  }

  async entered(member) {
    await this.screen.live(1031, JSON.stringify({ userlist: [{ userid: member.userId }] }));
    if (member.audio || member.video) await this.media(member);
  }

  async media({ userId: userid, audio, video }) {
    const playurl = `room://cloud.tencent.com/rtc?userid=${userid}&streamtype=main`;
    await this.screen.live(1034, JSON.stringify({ userlist: [{ userid, hasaudio: audio, playurl }] }));
    await this.screen.live(1033, JSON.stringify({ userlist: [{ userid, streamtype: "main", hasvideo: video, playurl }] }));
  }

  stop() {
    this.calls.push("stop");
    this.end?.abort();
    if (this.session) this.stopped = this.post("leave");
    this.session = undefined;
  }

  resume() {
    this.calls.push("resume");
  }

  switchCamera() {
    this.calls.push("switchCamera");
  }
}
