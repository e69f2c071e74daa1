package tcb

import (
	"net/http"
	"testing"

	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// A guarded update as a function makes it: look up the session, encode, sign.
func BenchmarkRequest(b *testing.B) {
	app, err := Init(&Config{})
	if err != nil {
		b.Fatal(err)
	}
	ctx := functioncontext.NewContext(b.Context(), &functioncontext.FunctionContext{
		RequestID: "req-9", Environment: platformVars(map[string]string{"TCB_SOURCE": "wx_client", "WX_API_TOKEN": "wx-token"}),
	})
	filter := M{"_id": "9527", "rev": "0123456789abcdef0123456789abcdef"}
	change := M{"$set": M{"rev": "fedcba9876543210fedcba9876543210"}, "$push": M{"members": "alice"}}
	b.ReportAllocs()
	for b.Loop() {
		s, err := app.session(ctx)
		if err != nil {
			b.Fatal(err)
		}
		query, data, err := encodeChange(filter, change)
		if err != nil {
			b.Fatal(err)
		}
		_, err = app.newRequest(ctx, call{action: "database.modifyDocument", writes: true, params: []param{
			{name: "collectionName", value: "webrtcRooms"}, {name: "query", value: query}, {name: "data", value: data},
		}}, s)
		if err != nil {
			b.Fatal(err)
		}
	}
}

// The whole of Get but the network.
func BenchmarkGet(b *testing.B) {
	const body = `{"requestId":"r","data":{"list":["{\"_id\":\"9527\",\"members\":[\"a\",\"b\",\"c\"],\"createTime\":{\"$date\":{\"$numberLong\":\"1545212109123\"}},\"rev\":\"x\"}"]}}`
	app, err := Init(&Config{EnvID: "e1", SecretID: "AKIDexample", SecretKey: "SECRETexample",
		Transport: roundTripper(func(*http.Request) (*http.Response, error) { return jsonResponse(http.StatusOK, body), nil })})
	if err != nil {
		b.Fatal(err)
	}
	rooms := app.Database().Collection("webrtcRooms")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rooms.Get(b.Context(), "9527"); err != nil {
			b.Fatal(err)
		}
	}
}
