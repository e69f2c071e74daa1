package tc3

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// vector is an input and an output of @cloudbase/signature-nodejs 2.2.0, with what
// lies between them.
type vector struct {
	Name  string
	Input struct {
		SecretID  string
		SecretKey string
		Timestamp int64
		URL       string
		Params    json.RawMessage
		Headers   map[string]any
	}
	Intermediates struct {
		HashedPayloadInput string
		CanonicalRequest   string
		StringToSign       string
		SecretDateHex      string
		SecretServiceHex   string
		SecretSigningHex   string
		Signature          string
		Authorization      string
	}
}

// capturedRequest is a whole request of one of the SDKs.
type capturedRequest struct {
	SDK        string
	Name       string
	SecretKey  string
	URL        string
	RawHeaders []string
	RawBody    string
}

func readVectors(t *testing.T) (vectors []vector, captured []capturedRequest) {
	t.Helper()
	var file struct {
		Vectors  []vector          `json:"vectors"`
		Captured []capturedRequest `json:"captured_requests"`
	}
	readJSON(t, "testdata/signature.json", &file)
	if len(file.Vectors) == 0 || len(file.Captured) == 0 {
		t.Fatal("testdata/signature.json holds no vectors")
	}
	return file.Vectors, file.Captured
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func (v vector) message(t *testing.T) Message {
	t.Helper()
	u, err := url.Parse(v.Input.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := Message{Host: u.Host, Path: u.EscapedPath(), Query: u.RawQuery}
	for name, value := range v.Input.Headers {
		if number, ok := value.(float64); ok {
			value = strconv.FormatFloat(number, 'f', -1, 64)
		}
		m.Header = append(m.Header, Field{name, fmt.Sprint(value)})
	}
	if m.Params, err = Params(v.Input.Params); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSignVectors(t *testing.T) {
	vectors, _ := readVectors(t)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			m, at, want := v.message(t), time.Unix(v.Input.Timestamp, 0), v.Intermediates
			c := canonicalize(m)
			dateKey, serviceKey, signingKey := deriveKeys(v.Input.SecretKey, at.UTC().Format(time.DateOnly))
			got := want
			got.HashedPayloadInput = string(c.payload)
			got.CanonicalRequest = string(c.request)
			got.StringToSign = string(c.stringToSign(v.Input.Timestamp, scopeOf(at)))
			got.SecretDateHex = hex.EncodeToString(dateKey)
			got.SecretServiceHex = hex.EncodeToString(serviceKey)
			got.SecretSigningHex = hex.EncodeToString(signingKey)
			got.Signature = hex.EncodeToString(c.signature(signingKey, v.Input.Timestamp, scopeOf(at)))
			got.Authorization = Sign(m, Key{v.Input.SecretID, v.Input.SecretKey}, at)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("signature (-SDK +ours):\n%s", diff)
			}
		})
	}
}

// One Signer signs with any secret, on any day, as many do that keep nothing.
func TestSignerKeepsRightKey(t *testing.T) {
	m := Message{Host: "127.0.0.1", Path: "/admin", Header: []Field{{"host", "127.0.0.1"}, {"content-type", "application/json"}}}
	var s Signer
	for _, day := range []int{0, 0, 1, 1, 0} {
		for _, secret := range []string{"one", "one", "other", "one"} {
			key, at := Key{"AKIDexample", secret}, captureTime.AddDate(0, 0, day)
			if got, want := s.Sign(m, key, at), Sign(m, key, at); got != want {
				t.Errorf("secret %q, day %d: got %s, want %s", secret, day, got, want)
			}
		}
	}
	s.Sign(m, Key{"AKIDexample", "hush-hush"}, captureTime)
	if text := fmt.Sprintf("%+v %#v", &s, &s); strings.Contains(text, "hush-hush") {
		t.Errorf("the Signer prints its secret: %s", text)
	}
}

// request makes the request as a server sees it.
func (c capturedRequest) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, c.URL, strings.NewReader(c.RawBody))
	r.Header = http.Header{}
	for i := 0; i < len(c.RawHeaders); i += 2 {
		r.Header.Add(c.RawHeaders[i], c.RawHeaders[i+1])
	}
	return r
}

// captureTime is when the SDKs' clocks were frozen.
var captureTime = time.UnixMilli(1700000000123)

func TestVerifyAcceptsSDKRequests(t *testing.T) {
	_, captured := readVectors(t)
	var more []struct {
		Name      string
		SecretKey string
		Path      string
		Headers   map[string]string
		Body      json.RawMessage
	}
	readJSON(t, "../testdata/captures.json", &more)
	for _, m := range more {
		c := capturedRequest{Name: m.Name, SecretKey: m.SecretKey, URL: "http://" + m.Headers["Host"] + m.Path, RawBody: string(m.Body)}
		for name, value := range m.Headers {
			c.RawHeaders = append(c.RawHeaders, name, value)
		}
		captured = append(captured, c)
	}
	for _, c := range captured {
		t.Run(c.Name, func(t *testing.T) {
			secretKey := func(id string) (string, bool) {
				return c.SecretKey, id == "AKIDexample" || id == "AKIDtmp"
			}
			if err := Verify(c.request(), []byte(c.RawBody), secretKey, captureTime); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	_, captured := readVectors(t)
	sample := captured[0]
	good := func(id string) (string, bool) { return sample.SecretKey, id == "AKIDexample" }
	authorize := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			auth := r.Header.Get("Authorization")
			if !strings.Contains(auth, old) {
				t.Fatalf("Authorization doesn't hold %q: %s", old, auth)
			}
			r.Header.Set("Authorization", strings.Replace(auth, old, new, 1))
		}
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	same := func(*http.Request) {}
	tests := []struct {
		name      string
		change    func(*http.Request)
		body      string
		secretKey func(string) (string, bool)
		now       time.Time
		want      error
		says      string
	}{
		{name: "NoAuthorization", change: func(r *http.Request) { r.Header.Del("Authorization") }, want: ErrNotSigned},
		{name: "Bearer", change: set("Authorization", "Bearer token"), want: ErrNotSigned},
		{name: "Method", change: func(r *http.Request) { r.Method = "PUT" }, want: ErrMalformed, says: "PUT"},
		{name: "NoCredential", change: authorize("Credential=AKIDexample/2023-11-14/tcb/tc3_request, ", ""), want: ErrMalformed, says: "no Credential"},
		{name: "NoSignature", change: authorize(", Signature=", ", Signature=,"), want: ErrMalformed},
		{name: "SignatureNotHex", change: authorize("Signature=", "Signature=zz"), want: ErrMalformed, says: "hexadecimal"},
		{name: "UnknownPart", change: authorize("SignedParams", "SignedBody"), want: ErrMalformed, says: "SignedBody"},
		{name: "HostNotSigned", change: authorize("content-type;host;", "content-type;"), want: ErrMalformed, says: "host"},
		{name: "HeaderMissing", change: func(r *http.Request) { r.Header.Del("X-Tcb-Source") }, want: ErrMalformed, says: "x-tcb-source"},
		{name: "HeaderTwice", change: func(r *http.Request) { r.Header.Add("X-Tcb-Source", "scf") }, want: ErrMalformed, says: "2 times"},
		{name: "HeaderChanged", change: set("X-Tcb-Source", ",scf"), want: ErrMismatch},
		{name: "HostChanged", change: func(r *http.Request) { r.Host = "elsewhere" }, want: ErrMismatch},
		{name: "PathChanged", change: func(r *http.Request) { r.URL.Path = "/other" }, want: ErrMismatch},
		{name: "QueryChanged", change: func(r *http.Request) { r.URL.RawQuery += "&x=1" }, want: ErrMismatch},
		{name: "NoTimestamp", change: func(r *http.Request) { r.Header.Del(HeaderTimestamp) }, want: ErrMalformed, says: HeaderTimestamp},
		{name: "TimestampChanged", change: set(HeaderTimestamp, "1699999998"), want: ErrMismatch},
		{name: "OtherDay", change: set(HeaderTimestamp, "1700006400"), now: time.Unix(1700006400, 0), want: ErrMalformed, says: "2023-11-15/tcb"},
		{name: "OtherService", change: authorize("/tcb/", "/scf/"), want: ErrMalformed, says: "/tcb/"},
		{name: "TooLate", change: same, now: time.Unix(1699999999+601, 0), want: ErrExpired, says: "clock"},
		{name: "TooEarly", change: same, now: time.Unix(1699999999-601, 0), want: ErrExpired},
		{name: "ShorterExpiry", change: set(HeaderExpires, "1"), now: time.Unix(1699999999+2, 0), want: ErrExpired},
		{name: "LongerExpiryIsNotObeyed", change: set(HeaderExpires, "86400"), now: time.Unix(1699999999+601, 0), want: ErrExpired},
		{name: "ExpiryNotANumber", change: set(HeaderExpires, "soon"), want: ErrMalformed, says: "soon"},
		{name: "UnknownKey", change: same, secretKey: func(string) (string, bool) { return "", false }, want: ErrUnknownKey, says: "AKIDexample"},
		{name: "WrongKey", change: same, secretKey: func(string) (string, bool) { return "other", true }, want: ErrMismatch},
		{name: "BodyChanged", change: same, body: strings.Replace(sample.RawBody, "games", "rooms", 1), want: ErrMismatch},
		{name: "UnsignedParam", change: same, body: strings.Replace(sample.RawBody, "{", `{"multi":true,`, 1), want: ErrMalformed, says: `"multi" is not signed`},
		{name: "ParamGone", change: same, body: strings.Replace(sample.RawBody, "collectionName", "collection", 1), want: ErrMalformed, says: `"collectionname" is not in the body`},
		{name: "ParamTwice", change: same, body: strings.Replace(sample.RawBody, "{", `{"ACTION":"x",`, 1), want: ErrMalformed, says: "two parameters"},
		{name: "BodyNotJSON", change: same, body: "action=1", want: ErrMalformed, says: "JSON"},
		{name: "BodyArray", change: same, body: "[]", want: ErrMalformed},
		{name: "BodyEmpty", change: same, body: " ", want: ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, body, keys, now := sample.request(), sample.RawBody, good, captureTime
			tt.change(r)
			if tt.body != "" {
				body = tt.body
			}
			if tt.secretKey != nil {
				keys = tt.secretKey
			}
			if !tt.now.IsZero() {
				now = tt.now
			}
			err := Verify(r, []byte(body), keys, now)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Verify = %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Verify = %q, doesn't say %q", err, tt.says)
			}
			if strings.Contains(err.Error(), sample.SecretKey) {
				t.Errorf("Verify = %q, which tells the secret", err)
			}
		})
	}
}

// A body may be encoded anew on its way: the signature covers what it means.
func TestVerifyIgnoresEncoding(t *testing.T) {
	_, captured := readVectors(t)
	for _, c := range captured {
		t.Run(c.SDK+"/"+c.Name, func(t *testing.T) {
			var fields map[string]any
			dec := json.NewDecoder(strings.NewReader(c.RawBody))
			dec.UseNumber()
			if err := dec.Decode(&fields); err != nil {
				t.Fatal(err)
			}
			body, err := json.MarshalIndent(fields, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(body, []byte(c.RawBody)) {
				t.Fatal("the body is the same")
			}
			secretKey := func(string) (string, bool) { return c.SecretKey, true }
			if err := Verify(c.request(), body, secretKey, captureTime); err != nil {
				t.Error(err)
			}
		})
	}
}

// A request that was made for a client, and never went over a wire, is verified as
// it is; the list of parameters may be left out; a form loses its boundary.
func TestVerifyInMemory(t *testing.T) {
	const body = `{"action":"x","empty":"","n":1.50}`
	key, at := Key{"AKIDexample", "SECRETexample"}, captureTime
	for _, contentType := range []string{"application/json", "multipart/form-data; boundary=x"} {
		r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:9527/a%2Fb?env=e", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "" // then the URL's counts
		m := Message{Host: "127.0.0.1:9527", Path: "/a%2Fb", Query: "env=e",
			Header: []Field{{"Host", "127.0.0.1:9527"}, {"Content-Type", contentType}},
			Params: []Field{{"action", "x"}, {"empty", " "}, {"n", "1.5"}}}
		auth := Sign(m, key, at)
		r.Header.Set("Content-Type", contentType)
		r.Header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
		for _, auth := range []string{auth, strings.Replace(auth, " SignedParams=action;n,", "", 1), strings.Replace(auth, "action;n", "action;empty;n", 1)} {
			r.Header.Set("Authorization", auth)
			secretKey := func(string) (string, bool) { return key.SecretKey, true }
			if err := Verify(r, []byte(body), secretKey, at); err != nil {
				t.Errorf("%s: %v", auth, err)
			}
		}
		r.Header.Set("Authorization", strings.Replace(auth, "action;n", "", 1))
		if err := Verify(r, []byte(body), nil, at); !errors.Is(err, ErrMalformed) {
			t.Errorf("nothing signed: %v", err)
		}
	}
}

// No request breaks Verify, and none that nobody signed is accepted.
func FuzzVerify(f *testing.F) {
	f.Add("TC3-HMAC-SHA256 Credential=AKIDexample/2023-11-14/tcb/tc3_request, SignedParams=action, SignedHeaders=content-type;host, Signature=00",
		"1699999999", "600", []byte(`{"action":"x","data":["{}",1.0,null,{"a":[]}],"x":"\ud800"}`))
	f.Add("TC3-HMAC-SHA256 Credential=/,SignedParams=;,SignedHeaders=;host;content-type,Signature=", "x", "-1", []byte(`{"a":1,"A":2}`))
	f.Fuzz(func(t *testing.T, auth, timestamp, expires string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/admin?env=e", nil)
		r.Header = http.Header{"Authorization": {auth}, "Content-Type": {"application/json"}, HeaderTimestamp: {timestamp}, HeaderExpires: {expires}}
		secretKey := func(string) (string, bool) { return "a key that the fuzzer can't know", true }
		if err := Verify(r, body, secretKey, captureTime); err == nil {
			t.Errorf("accepted %q", auth)
		}
	})
}

func TestKeyPrintsNoSecret(t *testing.T) {
	key := Key{"AKIDexample", "hush"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, key); strings.Contains(text, "hush") || !strings.Contains(text, "AKIDexample") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	if text := key.LogValue().String(); strings.Contains(text, "hush") {
		t.Errorf("logged as %s", text)
	}
}

func BenchmarkSign(b *testing.B) {
	m := Message{
		Host: "env.internal.ap-shanghai.tcb-api.tencentcloudapi.com", Path: "/admin", Query: "env=env&seqId=18bcfe5687b_1",
		Header: []Field{{"host", "env.internal.ap-shanghai.tcb-api.tencentcloudapi.com"}, {"content-type", "application/json"}, {"x-tcb-source", "wx_client,scf"}},
		Params: []Field{{"action", "database.getDocument"}, {"collectionName", "rooms"}, {"query", `{"_id":"room-1"}`}, {"envName", "env"}},
	}
	b.ReportAllocs()
	for b.Loop() {
		Sign(m, Key{"AKIDexample", "SECRETexample"}, captureTime)
	}
}
