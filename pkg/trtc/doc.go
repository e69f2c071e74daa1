// Package trtc is TRTC's server side: its reports, which tell a server who entered and
// left a room's call, and its API, with which a server removes people from it.
//
// # Reports
//
// TRTC posts one JSON document per event. It signs the document's bytes with the key
// that the console has for the app's callbacks, and posts it again until it gets a 200
// within 5 seconds. So a report may come late, twice, and after one of something that
// happened later: act on Report.At, not on the order of arrival.
//
//	if err := trtc.VerifyReport(key, body, r.Header.Get("Sign")); err != nil { … }
//	report, err := trtc.ParseReport(body)
//
// The format is in TRTC's documentation, "Room and media callbacks".
//
// # The API
//
// RemoveUser and DismissRoom end the call of one user, or of everybody, in a numeric
// room. The signatures that let them in stay valid: to keep somebody out, give them no
// new ones, and remove them again when TRTC reports that they entered.
//
//	api := trtc.NewAPI(sdkAppID, endpoint, credentials)
//	err := api.RemoveUser(ctx, 9527, "alice")
//
// A call takes 2 seconds at most. TRTC takes 20 calls a second for each action. The
// keys need the policy QcloudTRTCFullAccess, or one with the two actions.
package trtc
