// Package tcbemu is CloudBase (云开发) on a laptop: the document database and the
// calling of functions, behind the wire protocol of the official Node SDK. It is for
// local runs and tests; no deployed function contains it.
//
//	emulator, err := tcbemu.Open(tcbemu.Config{
//		Path:  "documents.db", // "" keeps nothing
//		EnvID: "local",
//		Keys:  map[string]string{secretID: secretKey},
//	})
//	http.Handle("/admin", emulator)
//
// An Emulator answers POST /admin as @cloudbase/node-sdk 2 and 3 and wx-server-sdk from
// 2.1 on speak it. In memory it has no goroutines and needs no socket, so a test can
// call ServeHTTP itself, in a testing/synctest bubble too.
//
// # What it does as CloudBase does
//
// It checks each request's signature and its age, and the environment. Collections
// must be created. A query sorts all documents, unless Config.Indexes has an index in
// that order, as users of CloudBase make it in its console. Documents keep their types.
// Filters, updates, projections and orders are MongoDB's. What one request does to one
// document happens at once or not at all, even if the caller has hung up.
// {"$tcb_server_date": …} becomes Config.Now. A query gets 100 documents unless it has a
// limit, and never more than 1000. Errors come with HTTP status 200, as {code, message,
// requestId}. The codes are CloudBase's, and so are the words of the common ones.
//
// # What it refuses
//
// Transactions, aggregation, API keys (Bearer), the protocol of tcb-admin-node, other
// databases of the environment, and operators for places, text and code. Each is
// refused by its name. Where CloudBase's behaviour is unknown, this package has decided: an
// update that changes nothing isn't counted in "updated" (but is in modifyAndReturnDoc),
// and a duplicate key is reported as DATABASE_REQUEST_FAILED with MongoDB's E11000.
//
// # What is kept
//
// What was answered with success is in the file, and survives the process being killed
// at any moment. A power cut may cost the last seconds, or the file; Config.Sync
// prevents that and makes writes several times as slow. When the file can't be written,
// everything is refused from then on: no answer is given for what isn't stored.
//
// A request may have 32 MB, a document 16 MB, and the documents of a reply 16 MB.
//
// # Around it
//
// Export, Import, Put, Remove and Changed are for a console and for tests, without
// signatures. Config.Observe sees every request. Package faults stands between a client
// and an Emulator, and makes requests fail.
package tcbemu
