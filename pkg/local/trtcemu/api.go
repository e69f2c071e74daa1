package trtcemu

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"webrtc-room/pkg/sig"
)

const (
	apiVersion = "2019-07-22"
	apiSkew    = 5 * time.Minute
	mostUsers  = 10 // of one RemoveUser
)

var apiRegions = []string{"ap-beijing", "ap-guangzhou", "ap-singapore"}

// An apiError is an error in the form of Tencent Cloud's API 3.0.
type apiError struct {
	Code    string
	Message string
}

func apiErrorf(code, format string, args ...any) *apiError {
	return &apiError{code, fmt.Sprintf(format, args...)}
}

// serveAPI answers one request of TRTC's server API. Errors have status 200, too.
func (e *Emulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		reply(w, http.StatusBadRequest, problem{Message: err.Error()})
		return
	}
	type response struct {
		Error     *apiError `json:",omitempty"`
		RequestID string    `json:"RequestId"`
	}
	answer := response{e.callAPI(r, body), rand.Text()}
	reply(w, http.StatusOK, map[string]response{"Response": answer})
}

func (e *Emulator) callAPI(r *http.Request, body []byte) *apiError {
	if failed := e.authenticate(r, body, time.Now()); failed != nil {
		return failed
	}
	var act func(*Emulator, []*session, []string)
	name := r.Header.Get("X-TC-Action")
	action, byName := strings.CutSuffix(name, "ByStrRoomId")
	switch action {
	case "RemoveUser":
		act = (*Emulator).removeUsers
	case "DismissRoom":
		act = (*Emulator).dismissRoom
	default:
		return apiErrorf("InvalidAction", "the local TRTC has RemoveUser, DismissRoom and their forms ByStrRoomId, no action %q", name)
	}
	switch version, region := r.Header.Get("X-TC-Version"), r.Header.Get("X-TC-Region"); {
	case version != apiVersion:
		return apiErrorf("NoSuchVersion", "the version of TRTC's API is %s, not %q", apiVersion, version)
	case region == "":
		return apiErrorf("MissingParameter", "X-TC-Region is missing: %s", strings.Join(apiRegions, ", "))
	case !slices.Contains(apiRegions, region):
		return apiErrorf("UnsupportedRegion", "TRTC's API isn't in region %q, but in %s", region, strings.Join(apiRegions, ", "))
	}
	p, failed := readParameters(body, action, byName)
	if failed != nil {
		return failed
	}
	if *p.SDKAppID != e.config.SDKAppID {
		return apiErrorf("UnauthorizedOperation.SdkAppId", "the app here is SdkAppId %d, not %d", e.config.SDKAppID, *p.SDKAppID)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	members := e.rooms[p.room]
	if len(members) == 0 {
		return apiErrorf("FailedOperation.RoomNotExist", "room %v doesn't exist: nobody is in it", p.room)
	}
	act(e, slices.Clone(members), p.UserIDs)
	return nil
}

func (e *Emulator) removeUsers(members []*session, users []string) {
	for _, s := range members {
		if slices.Contains(users, s.user) {
			e.end(s, removed)
		}
	}
}

func (e *Emulator) dismissRoom(members []*session, _ []string) {
	for _, s := range members {
		e.end(s, dismissed)
	}
}

type parameters struct {
	SDKAppID *uint32         `json:"SdkAppId"`
	RoomID   json.RawMessage `json:"RoomId"`
	UserIDs  []string        `json:"UserIds"`
	room     sig.Room
}

func readParameters(body []byte, action string, byName bool) (*parameters, *apiError) {
	var p parameters
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		text := strings.TrimPrefix(err.Error(), "json: ")
		if strings.HasPrefix(text, "unknown field") {
			return nil, apiErrorf("UnknownParameter", "%s", text)
		}
		return nil, apiErrorf("InvalidParameter", "%s", text)
	}
	switch {
	case p.SDKAppID == nil:
		return nil, apiErrorf("MissingParameter.SdkAppId", "SdkAppId is missing")
	case p.RoomID == nil:
		return nil, apiErrorf("MissingParameter.RoomId", "RoomId is missing")
	case action == "RemoveUser" && len(p.UserIDs) == 0:
		return nil, apiErrorf("MissingParameter.UserIds", "UserIds is missing")
	case len(p.UserIDs) > mostUsers:
		return nil, apiErrorf("InvalidParameter.UserIds", "there are %d UserIds, at most %d are accepted", len(p.UserIDs), mostUsers)
	}
	var number uint32
	var name string
	if byName && json.Unmarshal(p.RoomID, &name) == nil && name != "" {
		p.room = sig.RoomName(name)
	} else if !byName && json.Unmarshal(p.RoomID, &number) == nil && number != 0 {
		p.room = sig.RoomNumber(number)
	} else {
		return nil, apiErrorf("InvalidParameter.RoomId", "RoomId is a number, and a string for the actions ByStrRoomId")
	}
	return &p, nil
}

// authenticate checks a request's signature, TC3-HMAC-SHA256 as Tencent Cloud publishes
// it. (CloudBase's, in package tc3, is of other texts.) The path is signed as "/",
// whatever it is.
func (e *Emulator) authenticate(r *http.Request, body []byte, now time.Time) *apiError {
	const algorithm = "TC3-HMAC-SHA256"
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), algorithm+" ")
	part := make(map[string]string)
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		part[name] = value
	}
	credential := strings.Split(part["Credential"], "/")
	headers := strings.Split(part["SignedHeaders"], ";")
	signature, err := hex.DecodeString(part["Signature"])
	if !ok || err != nil || len(credential) != 4 || !slices.Contains(headers, "host") || !slices.Contains(headers, "content-type") {
		return apiErrorf("AuthFailure.InvalidAuthorization", "Authorization must be %s Credential=…, SignedHeaders=content-type;host, Signature=…", algorithm)
	}
	timestamp := r.Header.Get("X-TC-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if at := time.Unix(seconds, 0); err != nil || now.Sub(at).Abs() > apiSkew || at.UTC().Format(time.DateOnly) != credential[1] {
		return apiErrorf("AuthFailure.SignatureExpire", "X-TC-Timestamp is %q, which must be within %v of now, %d, and on the day of Credential, %s: check the clock", timestamp, apiSkew, now.Unix(), credential[1])
	}
	id, service := credential[0], credential[2]
	key, known := e.config.Keys[id]
	if !known {
		return apiErrorf("AuthFailure.SecretIdNotFound", "there is no SecretId %q here", id)
	}

	var request strings.Builder
	fmt.Fprintf(&request, "POST\n/\n%s\n", r.URL.RawQuery)
	for _, name := range headers {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&request, "%s:%s\n", name, strings.ToLower(strings.TrimSpace(value)))
	}
	fmt.Fprintf(&request, "\n%s\n%x", part["SignedHeaders"], sha256.Sum256(body))
	scope := strings.Join(credential[1:], "/")
	text := fmt.Sprintf("%s\n%s\n%s\n%x", algorithm, timestamp, scope, sha256.Sum256([]byte(request.String())))
	derived := []byte("TC3" + key)
	for _, step := range []string{credential[1], service, "tc3_request", text} {
		mac := hmac.New(sha256.New, derived)
		mac.Write([]byte(step))
		derived = mac.Sum(nil)
	}
	switch {
	case service != "trtc" || credential[3] != "tc3_request" || !hmac.Equal(derived, signature):
		return apiErrorf("AuthFailure.SignatureFailure", "the signature is not that of this request with the key of SecretId %s for the service trtc", id)
	case r.Header.Get("X-TC-Token") != e.config.SessionTokens[id]:
		return apiErrorf("AuthFailure.TokenFailure", "X-TC-Token is not that of SecretId %s", id)
	}
	return nil
}
