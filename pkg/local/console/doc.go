// Package console is the local server: the whole product in one process, on one
// port of a laptop, without an account.
//
//	server, err := console.Start(ctx, console.Config{Root: root})
//	…
//	defer server.Close()
//	fmt.Println(server.URL)
//
// Start builds the functions of the repository, opens an emulated CloudBase, and
// serves:
//
//	POST /v1/functions/{name}   calls a function, with the body as its event
//	POST /http/{name}           calls a function with the request itself, as its HTTP address does
//	GET  /http/token?user=bob   a bearer token for that, as the app's login service makes them
//	GET  /call?room=9527        the call: a web page that enters a room so
//	POST /admin                 CloudBase's own protocol, for its SDKs and the functions
//	GET  /                      the console, a page for people
//
// # Calling a function
//
// The header X-WX-OPENID says who calls, as WeChat's cloud hosting does; the
// function then sees a mini program's user. Without it, the call is a test from
// the SCF console. X-WX-APPID, X-WX-UNIONID, X-WX-SOURCE, X-WX-FROM-OPENID and
// X-WX-FROM-APPID say more, where that is wanted.
//
// The reply is the function's, as it is, with X-Request-Id, X-Scf-Duration (in
// milliseconds) and X-Scf-Cold-Start. When a function fails, the status is 500
// (504 when it ran out of time) and the body is what SCF shows in that case,
// with SCF's own number as statusCode:
//
//	{"errorCode":-1,"errorMessage":"…","requestId":"…","statusCode":430}
//
// So do all other errors look: 404 unknown function or address, 413 the event is
// too large, 503 the server is stopping. A request with X-Scf-Log-Type: Tail gets
// the last 4 KB of what the function printed, in base64, as X-Scf-Log-Result.
//
// # The console
//
// The page is in the folder web: HTML, CSS and JavaScript modules as they are
// written, embedded in the binary. The styles are sent inside the page, in the
// language and the theme that were chosen, so that it is painted before anything
// else is asked for. Then come the modules, first those of the rooms; a module
// in js/sections is what stands behind a tab. What the page asks for is under
// /api, which is the page's own and changes with it. It learns of all that
// happens, whoever made it happen, from one stream of events (events.go): calls
// and database requests from a journal in memory, documents from the emulator.
// Every database request passes a gate (gate.go), which counts it for its call
// and makes it fail where the page's switches say so.
//
// # The call
//
// The page of the call is in web/call, and is there to be copied, too: what a web
// client of the functions and of TRTC needs, in plain modules. It imports Tencent's Web
// SDK from /call/sdk.js. What stands there is a module of the same interface over
// package trtcemu; or, where TRTC_WEB_SDK names the file trtc.js of the npm package
// trtc-sdk-v5, that file, and the call is a real one.
//
// The functions never see any of this. The algorithm of 2018, which the page
// shows breaking (race2018.go), runs on a database of its own.
//
// Package browser_test, in the folder browser, drives the page in Chromium.
//
// # The data folder
//
// .local in the repository, unless Config.Data names another one:
//
//	documents.db     the documents
//	keys.json        the key pair of the emulated CloudBase, and the throw-away
//	                 SDKAppID with its key; both are made once
//	cloudbase.json   while the server runs: what @cloudbase/node-sdk's init wants
//	bin, build       the built functions, and what it takes to build them
//	lock             keeps a second server out
//
// The files with keys can be read by their owner only. In the same folder, the
// official SDK gets at the emulator like so:
//
//	const app = require("@cloudbase/node-sdk").init(require("./.local/cloudbase.json"))
//
// # Who may talk to it
//
// It listens on the loopback interface unless Config.Addr says otherwise, and
// refuses what a foreign web page can make a browser send: requests under a
// host name that isn't the server's own (DNS rebinding), and from another origin
// (cross-site request forgery). Programs that send no Origin pass.
package console
