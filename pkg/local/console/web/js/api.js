// What the page asks of the server.

// ask sends a request and returns the JSON of the answer. An error has the
// server's words, or says that there is no server.
export async function ask(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", ...headers },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
  } catch {
    throw new Error("offline");
  }
  const text = await response.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { /* not JSON: an error page */ }
  if (!response.ok) throw new Error(answer?.errorMessage ?? `${response.status} ${text}`);
  return answer;
}

// invoke calls a function. The event is text, so that what is no JSON can be
// sent, too. caller "" is the console's test button. It returns a call record.
export function invoke(name, event, caller, source) {
  const headers = {};
  if (caller) headers["X-WX-OPENID"] = caller;
  if (source) headers["X-WX-SOURCE"] = source;
  return ask("POST", `/api/calls/${encodeURIComponent(name)}`, typeof event === "string" ? event : JSON.stringify(event), headers);
}

// setFaults has the emulated database fail from now on, as the switches say.
export const setFaults = (switches) => ask("PUT", "/api/faults", switches);

// answerOf is what a call answered, as an object, null when it failed; with the
// status when it is an answer to an HTTP request, as function URLs take it.
export function answerOf(call) {
  try {
    const reply = call.error ? null : JSON.parse(call.reply);
    const status = typeof reply?.body === "string" ? reply.statusCode : undefined;
    return status ? { status, reply: JSON.parse(reply.body) } : { reply };
  } catch {
    return { reply: null };
  }
}

export const replyOf = (call) => answerOf(call).reply;
