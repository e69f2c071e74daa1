package roomstore

import (
	"errors"
	"fmt"
	"time"
)

// A refusal is an error for the caller. Its reason is the symbol that the
// functions answer with.
type refusal struct{ reason, text string }

func (r *refusal) Error() string  { return r.text }
func (r *refusal) Reason() string { return r.reason }

// Refusals: the call asks for what can't be, and nothing was changed.
var (
	ErrBadRoomID    error = &refusal{"BAD_ROOM_ID", "a room id is a decimal number from 1 to 4294967294"}
	ErrBadUserID    error = &refusal{"BAD_USER_ID", "a user id is 1 to 32 characters of printable ASCII without spaces"}
	ErrBadRoomName  error = &refusal{"BAD_ROOM_NAME", "a room name has at most 64 characters"}
	ErrBadPage      error = &refusal{"BAD_PAGE", "limit is from 1 to 100, and a page is either after a cursor or after as many rooms as skip says"}
	ErrBadBan       error = &refusal{"BAD_PARAM", "a ban lasts from 0 to 604800 seconds"}
	ErrRoomNotFound error = &refusal{"ROOM_NOT_FOUND", "there is no such room"}
	ErrRoomFull     error = &refusal{"ROOM_FULL", "every seat of the room is taken"}
	ErrNotInvited   error = &refusal{"NOT_INVITED", "the room is private, and this isn't its invitation"}
	ErrNotAMember   error = &refusal{"NOT_A_MEMBER", "the user has no seat in the room"}
	ErrMayNotRemove error = &refusal{"USER_ID_MISMATCH", "only a room's creator may remove somebody else from it, or ban them"}
	ErrMayNotClose  error = &refusal{"NOT_ALLOWED", "only a room's creator may close it"}
)

// A BannedError refuses a seat to a user whom the room's creator has banned.
type BannedError struct{ Until time.Time }

func (e *BannedError) Error() string {
	return fmt.Sprintf("the user is banned from the room until %s", e.Until.UTC().Format(time.RFC3339))
}

func (e *BannedError) Reason() string { return "BANNED" }

// A TooManyRoomsError refuses another seat to a user who has as many as
// Options.MaxRooms allows. Rooms are where those are.
type TooManyRoomsError struct{ Rooms []RoomID }

func (e *TooManyRoomsError) Error() string {
	return fmt.Sprintf("the user is in as many rooms as they may be: %v", e.Rooms)
}

func (e *TooManyRoomsError) Reason() string { return "TOO_MANY_ROOMS" }

// Failures: not the caller's doing.
var (
	// ErrOutcomeUnknown means that a write was sent, no reply came, and the
	// record doesn't tell. It may have been applied or may still be.
	ErrOutcomeUnknown = errors.New("数据库没有及时应答，操作可能已生效也可能没有：可以放心地再次进入或退出房间，再次创建前请先查询；" +
		"the database did not answer in time and the change may or may not take effect: to enter or to quit again is safe, but look at the rooms before you create another")

	// ErrBusy means that others changed the room every time before we could, or
	// that the database refused to be asked so often, until time was up. Nothing
	// was changed.
	ErrBusy = errors.New("系统繁忙，没有做任何修改，请稍后再试；too busy, nothing was changed: try again")
)
