// The functions, as web pages call them: at their HTTP addresses, with a token that
// one's own login service has made. Here the local server plays that service.
export function backend(user) {
  let headers;
  const login = async () => {
    const response = await fetch(`/http/token?user=${encodeURIComponent(user)}`);
    // Without tokens, the call comes from a mini program's user: on a laptop, everybody may say who that is.
    headers = response.ok ? { Authorization: `Bearer ${await response.text()}` } : { "X-WX-OPENID": user };
  };
  const send = (name, event, more) => fetch(`${headers.Authorization ? "/http" : "/v1/functions"}/${name}`, { method: "POST", headers, body: JSON.stringify(event), ...more });

  // call returns the function's reply. A refusal is an error with the reply's reason.
  return async function call(name, event, more) {
    if (!headers) await login();
    let response = await send(name, event, more);
    if (response.status === 401) { // the token has expired
      await login();
      response = await send(name, event, more);
    }
    const reply = await response.json();
    if (reply.reason && reply.code || !response.ok) throw Object.assign(new Error(reply.msg ?? reply.errorMessage), { reason: reply.reason, code: reply.code ?? response.status, reply });
    return reply;
  };
}
