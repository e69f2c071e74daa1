package trtc_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/trtc"
)

const (
	secretID  = "AKIDtrtctest"
	secretKey = "secret-key-of-the-role"
	token     = "token-of-the-role"
)

func keys(context.Context) trtc.Credentials {
	return trtc.Credentials{SecretID: secretID, SecretKey: secretKey, Token: token}
}

// signature is that of TC3-HMAC-SHA256, as Tencent Cloud's documentation computes it
// for a POST to "/" with the headers content-type and host signed.
func signature(r *http.Request, body string, at time.Time) string {
	sum := func(text string) string {
		hash := sha256.Sum256([]byte(text))
		return hex.EncodeToString(hash[:])
	}
	sign := func(key []byte, text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	date := at.UTC().Format("2006-01-02")
	canonical := fmt.Sprintf("POST\n/\n\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%s", r.Header.Get("Content-Type"), r.Host, sum(body))
	text := fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s/trtc/tc3_request\n%s", at.Unix(), date, sum(canonical))
	key := sign(sign(sign([]byte("TC3"+secretKey), date), "trtc"), "tc3_request")
	return fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s/trtc/tc3_request, SignedHeaders=content-type;host, Signature=%x", secretID, date, sign(key, text))
}

func open(t *testing.T, endpoint string, keys func(context.Context) trtc.Credentials) *trtc.API {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return trtc.NewAPI(1400000001, u, keys)
}

// serve returns an API whose server answers with reply.
func serve(t *testing.T, reply http.HandlerFunc) *trtc.API {
	t.Helper()
	server := httptest.NewServer(reply)
	t.Cleanup(server.Close)
	return open(t, server.URL, keys)
}

func TestRequests(t *testing.T) {
	var action, body string
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		action, body = r.Header.Get("X-TC-Action"), string(text)
		seconds, _ := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
		at := time.Unix(seconds, 0)
		if age := time.Since(at); age < -time.Minute || age > time.Minute {
			t.Errorf("signed at %v", at)
		}
		for name, want := range map[string]string{
			"Authorization": signature(r, body, at),
			"X-TC-Version":  "2019-07-22",
			"X-TC-Region":   "ap-guangzhou",
			"X-TC-Token":    token,
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		io.WriteString(w, `{"Response":{"RequestId":"r1"}}`)
	})
	for _, tt := range []struct {
		call               func() error
		action, parameters string
	}{
		{func() error { return api.RemoveUser(t.Context(), 4294967294, "alice") }, "RemoveUser", `{"RoomId":4294967294,"SdkAppId":1400000001,"UserIds":["alice"]}`},
		{func() error { return api.DismissRoom(t.Context(), 9527) }, "DismissRoom", `{"RoomId":9527,"SdkAppId":1400000001}`},
	} {
		if err := tt.call(); err != nil || action != tt.action {
			t.Errorf("%s: %q, %v", tt.action, action, err)
		}
		if diff := cmp.Diff(tt.parameters, body); diff != "" {
			t.Errorf("%s: %s", tt.action, diff)
		}
	}
}

func TestReplies(t *testing.T) {
	failed := func(code string) string {
		return `{"Response":{"Error":{"Code":"` + code + `","Message":"names qcs::trtc and ` + secretID + `"},"RequestId":"r1"}}`
	}
	for _, tt := range []struct {
		name, reply string
		status      int
		code        string   // "" for no error
		says        []string // the error
	}{
		{"done", `{"Response":{"RequestId":"r1"}}`, 200, "", nil},
		{"nobody is there", failed("FailedOperation.RoomNotExist"), 200, "", nil},
		{"no policy", failed("UnauthorizedOperation"), 200, "UnauthorizedOperation", []string{"QcloudTRTCFullAccess", "trtc:RemoveUser", "trtc:DismissRoom", "cam/role", "TCB_QcsRole", "r1"}},
		{"no policy, in other words", failed("AuthFailure.UnauthorizedOperation"), 200, "AuthFailure.UnauthorizedOperation", []string{"QcloudTRTCFullAccess"}},
		{"another account's app", failed("UnauthorizedOperation.SdkAppId"), 200, "UnauthorizedOperation.SdkAppId", []string{"TRTC_SDK_APP_ID", "TRTC_API_SECRET_ID", "QcloudTRTCFullAccess"}},
		{"clock", failed("AuthFailure.SignatureExpire"), 200, "AuthFailure.SignatureExpire", []string{"clock", "时钟"}},
		{"key", failed("AuthFailure.SecretIdNotFound"), 200, "AuthFailure.SecretIdNotFound", []string{"TRTC_API_SECRET_KEY"}},
		{"too often", failed("RequestLimitExceeded"), 200, "RequestLimitExceeded", []string{"稍后再试"}},
		{"anything else", failed("InternalError.GetRoomFromCacheError"), 200, "InternalError.GetRoomFromCacheError", []string{"InternalError.GetRoomFromCacheError", "r1"}},
		{"no request id", `{"Response":{}}`, 200, "NoReply", []string{"TRTC_API_ENDPOINT"}},
		{"no response", `{"code":0}`, 200, "NoReply", nil},
		{"no object", `[]`, 200, "NoReply", nil},
		{"nothing", ``, 200, "NoReply", nil},
		{"a page", `<html>` + secretID, 502, "NoReply", nil},
		{"a page with a good status", `<html>`, 200, "NoReply", nil},
		{"a good reply with a bad status", `{"Response":{"RequestId":"r1"}}`, 500, "NoReply", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.reply)
			}).RemoveUser(t.Context(), 9527, "alice")
			var failure *trtc.APIError
			if tt.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, &failure) || failure.Code != tt.code || failure.Action != "RemoveUser" {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			for _, want := range tt.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it doesn't say %s: %v", want, err)
				}
			}
			for _, secret := range []string{secretID, secretKey, token} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, keys(t.Context())), secret) {
					t.Errorf("it says %s: %v", secret, err)
				}
			}
		})
	}
}

// The token goes to the endpoint and nowhere else.
func TestRedirect(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		err := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) }).DismissRoom(t.Context(), 9527)
		var failure *trtc.APIError
		if !errors.As(err, &failure) || elsewhere.Load() != 0 {
			t.Errorf("%d: %v, and %d requests went on", status, err, elsewhere.Load())
		}
	}
}

// A server that doesn't answer holds a function up until its deadline at most.
func TestDeadline(t *testing.T) {
	asked := make(chan struct{}, 1)
	t.Parallel()
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done() // the client hangs up
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	err := api.RemoveUser(ctx, 9527, "alice")
	var failure *trtc.APIError
	if !errors.As(err, &failure) || failure.Code != "NoAnswer" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := api.RemoveUser(t.Context(), 9527, "alice"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a deadline: %v, want the API's own", err)
	}
}

func TestNoCredentials(t *testing.T) {
	api := open(t, "http://127.0.0.1:1", func(context.Context) trtc.Credentials { return trtc.Credentials{} })
	var failure *trtc.APIError
	if err := api.DismissRoom(t.Context(), 9527); !errors.As(err, &failure) || failure.Code != "NoCredentials" {
		t.Errorf("got %v", err)
	}
}
