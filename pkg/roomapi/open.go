package roomapi

import (
	"context"
	"time"

	"github.com/tencentyun/scf-go-lib/functioncontext"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/tcb"
	"webrtc-room/pkg/trtc"
)

// Collection is the name of the collection that the rooms are in.
const Collection = "webrtcRooms"

// Indexes returns the indexes that the collection wants, as CloudBase's console and
// the local server take them. Without the first, a list of rooms costs as much as there
// are rooms. Without the second, so does an enter where MAX_ROOMS_PER_USER is set.
func Indexes() []string {
	return []string{`{"createTime":-1,"_id":-1}`, `{"members":1}`}
}

// OpenStore returns the rooms of the environment that the function runs in.
func OpenStore(lookup settings.Lookup) (*roomstore.Store, error) {
	seats, err := lookup.Int("ROOM_MAX_MEMBERS")
	if err != nil {
		return nil, err
	}
	ttl, err := lookup.Int("MEMBER_TTL_SECONDS")
	if err != nil {
		return nil, err
	}
	rooms, err := lookup.Int("MAX_ROOMS_PER_USER")
	if err != nil {
		return nil, err
	}
	app, err := tcb.Init(&tcb.Config{})
	if err != nil {
		return nil, err
	}
	return roomstore.New(app.Database().Collection(Collection), roomstore.Options{
		MaxMembers: seats,
		MemberTTL:  time.Duration(ttl) * time.Second,
		MaxRooms:   rooms,
	}), nil
}

// OpenMedia returns what removes people from TRTC's calls. It is nil where TRTC_KICK
// isn't set: then nobody is removed there.
func OpenMedia(lookup settings.Lookup) (*trtc.API, error) {
	kick, err := lookup.Bool("TRTC_KICK")
	if !kick || err != nil {
		return nil, err
	}
	app, err := lookup.AppID()
	if err != nil {
		return nil, err
	}
	endpoint, err := lookup.URL("TRTC_API_ENDPOINT")
	if err != nil {
		return nil, err
	}
	var given trtc.Credentials
	if given.SecretID, err = lookup.Text("TRTC_API_SECRET_ID"); err != nil {
		return nil, err
	}
	if given.SecretKey, err = lookup.Text("TRTC_API_SECRET_KEY"); err != nil {
		return nil, err
	}
	return trtc.NewAPI(app, endpoint, func(ctx context.Context) trtc.Credentials {
		if given.SecretID != "" {
			return given
		}
		return ofTheRole(ctx)
	}), nil
}

// ofTheRole returns the temporary credentials of the function's execution role, which
// come with each invocation.
func ofTheRole(ctx context.Context) trtc.Credentials {
	invocation, ok := functioncontext.FromContext(ctx)
	if !ok || invocation == nil {
		return trtc.Credentials{}
	}
	environment := invocation.Environment
	return trtc.Credentials{
		SecretID:  environment["TENCENTCLOUD_SECRETID"],
		SecretKey: environment["TENCENTCLOUD_SECRETKEY"],
		Token:     environment["TENCENTCLOUD_SESSIONTOKEN"],
	}
}
