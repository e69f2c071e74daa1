package roomapi

import (
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
)

// A Room is a room in a reply.
type Room struct {
	DocumentID    string             `json:"_id,omitempty"`
	Creator       roomstore.UserID   `json:"creator"`
	RoomID        roomstore.RoomID   `json:"roomID"`
	RoomName      string             `json:"roomName"`
	Members       []roomstore.UserID `json:"members"`
	MemberCount   int                `json:"memberCount"`
	CreateTime    scf.Date           `json:"createTime"`
	PrivateMapKey *string            `json:"privateMapKey,omitempty"`
	Private       bool               `json:"private,omitempty"`
	Invitation    string             `json:"invitation,omitempty"`
}

// ToMaker shows a room to the user who just made it. The JavaScript demo had no _id
// to show there, and clients may go by it. privateMapKey is there in any case, "" where
// the function can't sign.
func ToMaker(r roomstore.Room) Room {
	room := ToMember(r, r.Creator)
	room.DocumentID, room.PrivateMapKey = "", &r.PrivateMapKey
	return room
}

// ToMember shows a room to a user who is in it. The privateMapKey is its creator's:
// nobody else sees it, and the creator only while it is valid.
func ToMember(r roomstore.Room, member roomstore.UserID) Room {
	room := Room{
		DocumentID:  string(r.ID),
		Creator:     r.Creator,
		RoomID:      r.ID,
		RoomName:    r.Name,
		Members:     append([]roomstore.UserID{}, r.Members...), // [] rather than null
		MemberCount: len(r.Members),
		CreateTime:  scf.Date(r.CreateTime),
		Private:     r.Private(),
		Invitation:  r.Invitation,
	}
	if member == r.Creator && r.PrivateMapKey != "" {
		room.PrivateMapKey = &r.PrivateMapKey
	}
	return room
}

// A View shows rooms to whoever asks.
type View struct {
	hideMembers bool
}

// OpenView returns the view that the settings describe.
func OpenView(lookup settings.Lookup) (View, error) {
	hide, err := lookup.Bool("HIDE_MEMBERS")
	return View{hideMembers: hide}, err
}

// To shows a room to a user, who need not be in it.
func (v View) To(viewer roomstore.UserID, r roomstore.Room) Room {
	room := ToMember(r, viewer)
	if r.Has(viewer) {
		return room
	}
	room.Invitation = ""
	if v.hideMembers {
		room.Members, room.Creator = []roomstore.UserID{}, ""
	}
	return room
}
