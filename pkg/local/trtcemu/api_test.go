package trtcemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	sdkhttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	"webrtc-room/pkg/sig"
)

// inMemory carries the SDK's requests to the emulator.
type inMemory struct {
	handler http.Handler
	change  func(*http.Request) // on the way
}

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.change != nil {
		m.change(r)
	}
	recorder := httptest.NewRecorder()
	m.handler.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// callAPI calls the server API with Tencent Cloud's own SDK, and returns the code of its
// error, "" for none.
func (w *world) callAPI(credential common.CredentialIface, region, action, parameters string, change func(*http.Request)) string {
	w.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint, p.HttpProfile.Scheme = "127.0.0.1:9527/trtc", "HTTP"
	client := common.NewCommonClient(credential, region, p)
	client.WithHttpTransport(inMemory{w.mux, change})
	request := sdkhttp.NewCommonRequest("trtc", "2019-07-22", action)
	if err := request.SetActionParameters([]byte(parameters)); err != nil {
		w.Fatal(err)
	}
	response := sdkhttp.NewCommonResponse()
	if err := client.Send(request, response); err != nil {
		failed, ok := err.(*sdkerrors.TencentCloudSDKError)
		if !ok || failed.RequestId == "" || failed.Message == "" {
			w.Errorf("%s %s: %v", action, parameters, err)
			return err.Error()
		}
		return failed.Code
	}
	var reply struct{ Response map[string]any }
	if err := json.Unmarshal(response.GetBody(), &reply); err != nil || len(reply.Response) != 1 || reply.Response["RequestId"] == "" {
		w.Errorf("%s %s: %s", action, parameters, response.GetBody())
	}
	return ""
}

var user = common.NewCredential("AKIDuser", "secret-of-user")

func TestRemoveUser(t *testing.T) {
	inBubble(t, func(w *world) {
		alice, bob, carol := w.enter("alice", room), w.enter("bob", room), w.enter("carol", room)
		alice.got()
		bob.got()
		role := common.NewTokenCredential("AKIDrole", "secret-of-role", "token")
		if code := w.callAPI(role, "ap-guangzhou", "RemoveUser", `{"SdkAppId":1400000001,"RoomId":9527,"UserIds":["bob","carol","dave"]}`, nil); code != "" {
			t.Fatal(code)
		}
		wantEvents(t, "alice", alice.got(), `left {"connection":"c2","reason":2,"userId":"bob"}`, `left {"connection":"c3","reason":2,"userId":"carol"}`)
		wantEvents(t, "bob", bob.got(), `kicked {"reason":"banned"}`)
		<-bob.ended
		<-carol.ended
		w.enterOnly("bob", room) // TRTC doesn't keep them out
		if code := w.callAPI(user, "ap-beijing", "DismissRoom", `{"SdkAppId":1400000001,"RoomId":9527}`, nil); code != "" {
			t.Fatal(code)
		}
		wantEvents(t, "alice", alice.got(), `entered {"userId":"bob","connection":"c4","role":"anchor","audio":false,"video":false,"screen":false}`, `kicked {"reason":"room_disband"}`)
		w.wantConnected()
		w.wantReports(`[101,9527,"alice",0]`, `[103,9527,"alice",1]`, `[103,9527,"bob",1]`, `[103,9527,"carol",1]`,
			`[104,9527,"bob",3]`, `[104,9527,"carol",3]`, `[103,9527,"bob",1]`, `[104,9527,"alice",3]`, `[104,9527,"bob",3]`, `[102,9527,"",0]`)
	})
}

func TestByStrRoomID(t *testing.T) {
	inBubble(t, func(w *world) {
		w.enterOnly("alice", room)
		w.enterOnly("bob", sig.RoomName("9527"))
		w.enterOnly("carol", sig.RoomName("9527"))
		if code := w.callAPI(user, "ap-guangzhou", "RemoveUserByStrRoomId", `{"SdkAppId":1400000001,"RoomId":"9527","UserIds":["alice","bob"]}`, nil); code != "" {
			t.Error(code)
		}
		w.wantConnected(`"9527": carol`, "9527: alice")
		if code := w.callAPI(user, "ap-guangzhou", "DismissRoomByStrRoomId", `{"SdkAppId":1400000001,"RoomId":"9527"}`, nil); code != "" {
			t.Error(code)
		}
		w.wantConnected("9527: alice")
	})
}

func TestAPIRefuses(t *testing.T) {
	const good = `{"SdkAppId":1400000001,"RoomId":9527,"UserIds":["alice"]}`
	tokenless := common.NewCredential("AKIDrole", "secret-of-role")
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	inBubble(t, func(w *world) {
		w.enterOnly("alice", room)
		for _, test := range []struct {
			name       string
			credential common.CredentialIface
			region     string
			action     string
			parameters string
			change     func(*http.Request)
			want       string
		}{
			{name: "unknown key", credential: common.NewCredential("AKIDother", "x"), want: "AuthFailure.SecretIdNotFound"},
			{name: "wrong key", credential: common.NewCredential("AKIDuser", "x"), want: "AuthFailure.SignatureFailure"},
			{name: "temporary key without its token", credential: tokenless, want: "AuthFailure.TokenFailure"},
			{name: "token where there is none", credential: common.NewTokenCredential("AKIDuser", "secret-of-user", "token"), want: "AuthFailure.TokenFailure"},
			{name: "no signature", change: func(r *http.Request) { delete(r.Header, "Authorization") }, want: "AuthFailure.InvalidAuthorization"},
			{name: "CloudBase's signature", change: header("Authorization", "TC3-HMAC-SHA256 Credential=AKIDuser/2000-01-01/tcb/tc3_request, SignedHeaders=content-type;host, Signature=00"), want: "AuthFailure.SignatureFailure"},
			{name: "old", change: header("X-TC-Timestamp", "946684499"), want: "AuthFailure.SignatureExpire"},
			{name: "of the future", change: header("X-TC-Timestamp", "946685101"), want: "AuthFailure.SignatureExpire"},
			{name: "changed body", change: func(r *http.Request) {
				r.Body = http.NoBody
			}, want: "AuthFailure.SignatureFailure"},
			{name: "changed host", change: func(r *http.Request) { r.Host = "127.0.0.1:9528" }, want: "AuthFailure.SignatureFailure"},
			{name: "unknown action", action: "CreateCloudRecording", want: "InvalidAction"},
			{name: "no action", change: header("X-TC-Action", ""), want: "InvalidAction"},
			{name: "another version", change: header("X-TC-Version", "2018-01-01"), want: "NoSuchVersion"},
			{name: "no region", change: header("X-TC-Region", ""), want: "MissingParameter"},
			{name: "region of the function", region: "ap-shanghai", want: "UnsupportedRegion"},
			{name: "another app", parameters: strings.Replace(good, "001", "002", 1), want: "UnauthorizedOperation.SdkAppId"},
			{name: "no app", parameters: `{"RoomId":9527,"UserIds":["alice"]}`, want: "MissingParameter.SdkAppId"},
			{name: "no room", parameters: `{"SdkAppId":1400000001,"UserIds":["alice"]}`, want: "MissingParameter.RoomId"},
			{name: "no users", parameters: `{"SdkAppId":1400000001,"RoomId":9527}`, want: "MissingParameter.UserIds"},
			{name: "11 users", parameters: `{"SdkAppId":1400000001,"RoomId":9527,"UserIds":["1","2","3","4","5","6","7","8","9","10","11"]}`, want: "InvalidParameter.UserIds"},
			{name: "name for a number", parameters: strings.Replace(good, "9527", `"9527"`, 1), want: "InvalidParameter.RoomId"},
			{name: "number for a name", action: "RemoveUserByStrRoomId", want: "InvalidParameter.RoomId"},
			{name: "app as a string", parameters: strings.Replace(good, "1400000001", `"1400000001"`, 1), want: "InvalidParameter"},
			{name: "unknown parameter", parameters: strings.Replace(good, "UserIds", "UserId", 1), want: "UnknownParameter"},
			{name: "room that isn't there", parameters: strings.Replace(good, "9527", "9528", 1), want: "FailedOperation.RoomNotExist"},
			{name: "room with that name", action: "RemoveUserByStrRoomId", parameters: strings.Replace(good, "9527", `"9527"`, 1), want: "FailedOperation.RoomNotExist"},
			{name: "good", want: ""},
			{name: "nobody is left", want: "FailedOperation.RoomNotExist"},
		} {
			if test.credential == nil {
				test.credential = user
			}
			if test.region == "" {
				test.region = "ap-singapore"
			}
			if test.action == "" {
				test.action = "RemoveUser"
			}
			if test.parameters == "" {
				test.parameters = good
			}
			if got := w.callAPI(test.credential, test.region, test.action, test.parameters, test.change); got != test.want {
				t.Errorf("%s: %q, want %q", test.name, got, test.want)
			}
		}
		if diff := cmp.Diff([]string(nil), w.connected()); diff != "" {
			t.Error(diff)
		}
		if status, _ := w.post("/trtc", fmt.Sprint(strings.Repeat("x", mostBody))); status != http.StatusBadRequest {
			t.Errorf("too large: %d", status)
		}
	})
}
