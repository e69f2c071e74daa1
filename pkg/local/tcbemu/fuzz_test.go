package tcbemu_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/tcb/tc3"
)

// FuzzServe sends anything, signed if that is possible. Whatever it is, the answer must
// have CloudBase's shape, and the emulator must still work.
func FuzzServe(f *testing.F) {
	for _, c := range readCaptures(f) {
		var p map[string]any
		if err := json.Unmarshal([]byte(c.Body), &p); err != nil {
			f.Fatal(err)
		}
		p["envName"] = envID
		body, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	f.Add(`{"action":"database.modifyDocument","collectionName":"games","queryType":"DOC","query":"{\"_id\":\"a\"}","merge":false,"upsert":true,"data":"{}"}`)
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, body string) {
		e := open(t, tcbemu.Config{})
		if err := e.Import(tcbemu.Snapshot{"games": {Documents: raw(`{"_id":"room-1","v":3,"a":[{"b":1}]}`)}}); err != nil {
			t.Fatal(err)
		}
		var r *http.Request
		if _, err := tc3.Params([]byte(body)); err == nil && utf8.ValidString(body) {
			r = sign(t, []byte(body), time.Now())
		} else {
			r = httptest.NewRequest(http.MethodPost, "/admin", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
		}
		answer := send(t, e, r)
		if strings.Contains(answer.Message, "a bug in the local emulator") {
			t.Error(answer.Message)
		}
		if answer.Code == "" && r.Header.Get("Authorization") == "" {
			t.Error("carried out without a signature")
		}
		if _, err := e.Export(); err != nil {
			t.Errorf("afterwards it can't export: %v", err)
		}
	})
}
