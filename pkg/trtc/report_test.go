package trtc_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/trtc"
)

// TestSignatures checks bodies and signatures made with OpenSSL, among them the
// example of TRTC's documentation.
func TestSignatures(t *testing.T) {
	text, err := os.ReadFile("testdata/callback_sign.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name, Key, Sign, Expect string
			Body                    []byte `json:"body_base64"`
		}
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	verdicts := map[string]error{
		"ok":                    nil,
		"ok_signature_bad_json": nil,
		"bad_signature":         trtc.ErrBadSignature,
		"missing_signature":     trtc.ErrNoSignature,
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			want, known := verdicts[c.Expect]
			if !known {
				t.Fatalf("unknown verdict %q", c.Expect)
			}
			if err := trtc.VerifyReport(c.Key, c.Body, c.Sign); err != want {
				t.Errorf("Verify: %v, want %v", err, want)
			}
			if _, err := trtc.ParseReport(c.Body); errors.Is(err, trtc.ErrBadReport) != (c.Expect == "ok_signature_bad_json") {
				t.Errorf("Parse: %v", err)
			}
		})
	}
	if err := trtc.VerifyReport("", []byte("{}"), "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0="); err != trtc.ErrBadSignature {
		t.Errorf("without a key: %v", err)
	}
}

func TestParse(t *testing.T) {
	ms := time.UnixMilli(1700000000100).UTC()
	for body, want := range map[string]trtc.Report{
		`{"EventGroupId":1,"EventType":104,"EventInfo":{"RoomId":9527,"EventTs":1700000000,"EventMsTs":1700000000100,"UserId":"alice","Reason":2}}`: {Type: trtc.Left, Room: 9527, User: "alice", At: ms, Reason: 2},
		`{"EventGroupId":1,"EventType":102,"EventInfo":{"RoomId":"my-room","EventMsTs":1700000000100}}`:                                             {Type: trtc.Dismissed, At: ms},
		`{"EventGroupId":1,"EventType":103,"EventInfo":{"RoomId":4294967294,"EventTs":1700000000,"New":{}}}`:                                        {Type: trtc.Entered, Room: 4294967294, At: time.Unix(1700000000, 0).UTC()},
		`{"EventGroupId":2,"EventType":104,"EventInfo":{"RoomId":1,"EventMsTs":1700000000100}}`:                                                     {Room: 1, At: ms},
		`{}`: {At: time.Unix(0, 0).UTC()},
	} {
		got, err := trtc.ParseReport([]byte(body))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", body, err, diff)
		}
	}
	for _, body := range []string{``, `[]`, `"x"`, `{"EventInfo":{"RoomId":-1}}`, `{"EventInfo":{"RoomId":1.5}}`, `{"EventInfo":{"RoomId":{"$gt":""}}}`, `{"EventInfo":{"UserId":1}}`, `{"EventType":"104"}`} {
		if e, err := trtc.ParseReport([]byte(body)); !errors.Is(err, trtc.ErrBadReport) {
			t.Errorf("%s: %+v, %v", body, e, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"EventGroupId":1,"EventType":104,"EventInfo":{"RoomId":9527,"EventMsTs":1700000000100,"UserId":"alice"}}`))
	f.Add([]byte(`{"EventInfo":{"RoomId":null}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if e, err := trtc.ParseReport(body); err != nil && e != (trtc.Report{}) {
			t.Errorf("%+v with %v", e, err)
		}
	})
}
